//! Numbers with units, as people read them.

/// `64 B`, `4 KiB`, `1 MiB`: exact, so what is not a multiple of a unit is told in a smaller one.
pub fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = UNITS
        .iter()
        .find(|(size, _)| count >= *size && count.is_multiple_of(*size));
    unit.map_or(format!("{count} B"), |(size, name)| {
        format!("{} {name}", count / size)
    })
}

/// Three digits, and M or k for millions and thousands.
pub fn short(value: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, " G"), (1e6, " M"), (1e3, " k")];
    // What would be rounded up to a thousand of a unit is one of the next.
    let unit = UNITS.iter().find(|(size, _)| value.abs() >= size * 0.9995);
    let (size, name) = unit.copied().unwrap_or((1.0, ""));
    format!("{}{name}", three_digits(value / size))
}

/// `0.123`, `4.56`, `12.3`, `617`, and whatever is above in full.
pub fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        size if size < 0.9995 => 3,
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// A value of a measure, whose last word is its unit: `47.0 M/s` of `messages/s`, `15.2 us` of `p50 us`.
pub fn measured(value: f64, measure: &str) -> String {
    match unit(measure) {
        "messages/s" => match short(value) {
            text if text.contains(' ') => format!("{text}/s"),
            text => format!("{text} /s"),
        },
        "B" if value.abs() >= 9999.5 => match value {
            value if value.abs() < 1_023_500.0 => format!("{} KiB", three_digits(value / 1024.0)),
            value => format!("{} MiB", three_digits(value / (1024.0 * 1024.0))),
        },
        "B" => format!("{value:.0} B"),
        "ns" if value >= 9999.5 => format!("{} us", three_digits(value / 1000.0)),
        "ns" => format!("{} ns", three_digits(value)),
        "us" if value >= 9999.5 => format!("{} ms", three_digits(value / 1000.0)),
        "us" => format!("{} us", three_digits(value)),
        unit => format!("{} {unit}", three_digits(value)),
    }
}

/// What is measured, where values come with their units: `p50` of `p50 us`, `time per message` of `ns per message`.
pub fn quantity(measure: &str) -> String {
    match measure.strip_prefix("ns ") {
        Some(rest) => format!("time {rest}"),
        None => {
            let short = measure.strip_suffix(" us").or(measure.strip_suffix(" B"));
            short.unwrap_or(measure).into()
        }
    }
}

/// `us` of `p50 us`, `ns` of `ns per message`.
pub fn unit(measure: &str) -> &str {
    let measure = measure.strip_suffix(" per message").unwrap_or(measure);
    measure.rsplit(' ').next().unwrap_or(measure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_exact() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(16), "16 B");
        assert_eq!(bytes(1025), "1025 B");
        assert_eq!(bytes(64 << 10), "64 KiB");
        assert_eq!(bytes(1 << 20), "1 MiB");
    }

    #[test]
    fn every_measure_has_its_unit() {
        assert_eq!(measured(12_345_678.0, "messages/s"), "12.3 M/s");
        assert_eq!(measured(999_999.0, "messages/s"), "1.00 M/s");
        assert_eq!(measured(219_400.0, "messages/s"), "219 k/s");
        assert_eq!(measured(42.0, "messages/s"), "42.0 /s");
        assert_eq!(measured(4.5649, "ns per message"), "4.56 ns");
        assert_eq!(measured(25_000.0, "ns per message"), "25.0 us");
        assert_eq!(measured(617.2, "waiting B"), "617 B");
        assert_eq!(measured(23_502.0, "after 64 KiB B"), "23.0 KiB");
        assert_eq!(measured(2_097_152.0, "heap B"), "2.00 MiB");
        assert_eq!(measured(15.21, "p50 us"), "15.2 us");
        assert_eq!(measured(15_210.0, "p99.9 us"), "15.2 ms");
    }

    #[test]
    fn a_quantity_has_no_unit() {
        assert_eq!(quantity("p99.9 us"), "p99.9");
        assert_eq!(quantity("after 64 KiB B"), "after 64 KiB");
        assert_eq!(quantity("messages/s"), "messages/s");
        assert_eq!(quantity("ns per message"), "time per message");
    }

    #[test]
    fn rounding_does_not_add_a_digit() {
        assert_eq!(three_digits(9.996), "10.0");
        assert_eq!(three_digits(99.96), "100");
        assert_eq!(three_digits(0.9996), "1.00");
        assert_eq!(short(999_600.0), "1.00 M");
    }
}
