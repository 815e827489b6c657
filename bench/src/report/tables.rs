//! Tables in Markdown: medians, and ratios to what is compared with.

use connect_bench::Failure;
use connect_bench::results::Results;
use connect_bench::units::measured;

use crate::comparison::{Baseline, higher_is_better, measures};
use crate::measurements::{Measurements, SOURCES, Source};
use crate::{about, targets};

/// What stands where nothing was measured yet.
pub const NOT_MEASURED: &str = "Not measured yet.";

/// The table with this name: `targets`, `machine`, a source (`codec`), or a source and one of its groups (`throughput
/// unix-tls`).
pub fn named(name: &str, measurements: &Measurements) -> Result<String, Failure> {
    match name {
        "targets" => return Ok(targets::table(measurements)),
        "machine" => return Ok(about::table(measurements)),
        _ => {}
    }
    let of = |source: &Source, group: &str| format!("{} {group}", source.name) == name;
    let source = SOURCES
        .iter()
        .find(|source| source.name == name || source.groups.iter().any(|group| of(source, group)));
    let source = source.ok_or_else(|| format!("table {name}: there is none with this name"))?;
    let Some(results) = measurements.results(source.name) else {
        return Ok(NOT_MEASURED.into());
    };
    let mut text = String::new();
    for group in results.groups() {
        if source.name == name {
            text += &format!("#### {group}\n\n");
        }
        if source.name == name || of(source, group) {
            text += &of_group(source, results, group);
        }
    }
    Ok(if text.is_empty() {
        NOT_MEASURED.into()
    } else {
        text
    })
}

/// For each measure the medians, and the ratios to each baseline.
fn of_group(source: &Source, results: &Results, group: &str) -> String {
    let mut text = String::new();
    for measure in measures(results, group) {
        let rounds = rounds(results, group, measure);
        let better = if higher_is_better(measure) {
            "higher"
        } else {
            "lower"
        };
        let table = |cell: &dyn Fn(&str, u64) -> Option<String>| grid(source, results, group, cell);
        text += &format!("{measure}, median of {rounds} (the {better}, the better):\n\n");
        text += &table(&|contender, x| {
            let median = results.median(group, contender, x, measure)?;
            Some(measured(median, measure))
        });
        for baseline in source.baselines {
            if !baseline.was_measured(results, group) {
                continue;
            }
            let other = match baseline {
                Baseline::One(name) => format!("`{name}`"),
                Baseline::BestOf(word) => format!("the best `{word}…` of each column"),
                Baseline::Matching => "the floor that does the same".into(),
            };
            text += &format!("{measure}, as a ratio to {other}:\n\n");
            text += &table(&|contender, x| {
                let other = baseline.of(results, group, contender, x, measure)?;
                results
                    .ratio(group, [contender, other], x, measure)
                    .map(ratio)
            });
        }
    }
    text
}

/// A row for each contender, a column for each x. Ours are bold.
fn grid(
    source: &Source,
    results: &Results,
    group: &str,
    cell: &dyn Fn(&str, u64) -> Option<String>,
) -> String {
    let xs = results.xs(group);
    let labels: Vec<_> = xs.iter().map(|x| source.along.label(*x)).collect();
    let mut text = format!("| {} | {} |\n", source.along.name(), labels.join(" | "));
    text += &format!("| --- |{}\n", " ---: |".repeat(xs.len()));
    for contender in results.contenders(group) {
        let cells: Vec<_> = xs.iter().map(|x| cell(contender, *x)).collect();
        if cells.iter().all(Option::is_none) {
            continue;
        }
        let cells = cells.into_iter().map(|cell| cell.unwrap_or("–".into()));
        let cells = cells.collect::<Vec<_>>().join(" | ");
        let bold = if contender.starts_with("connect") {
            "**"
        } else {
            ""
        };
        text += &format!("| {bold}{contender}{bold} | {cells} |\n");
    }
    text + "\n"
}

/// Two decimals, and one more for what is far below.
pub fn ratio(value: f64) -> String {
    match value {
        value if value < 0.0995 => format!("{value:.3}"),
        value if value < 9.995 => format!("{value:.2}"),
        value => format!("{value:.1}"),
    }
}

/// `5 rounds`, `3 to 5 rounds` where something was not measured as often.
fn rounds(results: &Results, group: &str, measure: &str) -> String {
    let of = |contender, x| results.values(group, contender, x, measure).len();
    let contenders = results.contenders(group).into_iter();
    let counts = contenders.flat_map(|contender| {
        let counts = results.xs(group).into_iter().map(move |x| of(contender, x));
        counts.filter(|count| *count > 0)
    });
    let (least, most) = counts.fold((usize::MAX, 0), |(least, most), count| {
        (least.min(count), most.max(count))
    });
    match most {
        1 => "1 round".into(),
        _ if least == most => format!("{most} rounds"),
        _ => format!("{least} to {most} rounds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::samples;

    fn throughput() -> Measurements {
        let mut results = Results::default();
        // The second round runs on a machine that is ten times as fast.
        for (round, speed) in [1.0, 10.0, 2.0].into_iter().enumerate() {
            let values = [
                ("floor", 16, 40e6),
                ("floor 1m", 16, 80e6),
                ("connect", 16, 30e6),
                ("connect", 1 << 20, 4e3),
                ("zeromq", 16, 2e6),
            ];
            let values = values.map(|(name, x, value)| (name, x, value * speed));
            samples::add(&mut results, "tcp", "messages/s", round, &values);
        }
        Measurements::of(vec![("throughput", results)])
    }

    #[test]
    fn medians_and_ratios_of_a_group() {
        let text = named("throughput tcp", &throughput()).unwrap();
        let expected = "\
messages/s, median of 3 rounds (the higher, the better):

| payload | 16 B | 1 MiB |
| --- | ---: | ---: |
| floor | 80.0 M/s | – |
| floor 1m | 160 M/s | – |
| **connect** | 60.0 M/s | 8.00 k/s |
| zeromq | 4.00 M/s | – |

messages/s, as a ratio to `floor`:

| payload | 16 B | 1 MiB |
| --- | ---: | ---: |
| floor | 1.00 | – |
| floor 1m | 2.00 | – |
| **connect** | 0.75 | – |
| zeromq | 0.050 | – |

messages/s, as a ratio to the best `floor…` of each column:

| payload | 16 B | 1 MiB |
| --- | ---: | ---: |
| floor | 0.50 | – |
| floor 1m | 1.00 | – |
| **connect** | 0.38 | – |
| zeromq | 0.025 | – |

";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_whole_source_has_a_heading_for_each_group() {
        let text = named("throughput", &throughput()).unwrap();
        assert!(text.starts_with("#### tcp\n\n"), "{text}");
    }

    #[test]
    fn what_is_not_measured_says_so_and_what_is_unknown_is_an_error() {
        let measurements = throughput();
        for name in ["throughput unix", "codec", "codec encode"] {
            assert_eq!(named(name, &measurements).unwrap(), NOT_MEASURED);
        }
        let error = named("throughput udp", &measurements).unwrap_err();
        assert!(error.to_string().contains("throughput udp"), "{error}");
    }

    #[test]
    fn small_ratios_keep_two_digits() {
        let ratios = [0.0049, 0.38, 1.0, 12.34].map(ratio);
        assert_eq!(ratios, ["0.005", "0.38", "1.00", "12.3"]);
    }
}
