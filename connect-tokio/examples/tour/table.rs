//! The table of results.

use std::time::Duration;

pub(crate) const HEAD: &str =
    "    size   messages  messages/s      MB/s   round trip p50      p99     p99.9";

/// `times` are sorted.
pub(crate) fn row(size: usize, count: u64, elapsed: Duration, times: &[Duration]) -> String {
    let seconds = elapsed.as_secs_f64();
    let percentile = |part: f64| {
        let at = ((times.len() as f64 * part) as usize).min(times.len() - 1);
        format!("{:.1} us", times[at].as_secs_f64() * 1e6)
    };
    format!(
        "{:>8} {count:>10} {:>11.0} {:>9.1} {:>16} {:>10} {:>10}",
        human_size(size),
        count as f64 / seconds,
        count as f64 * size as f64 / seconds / 1e6,
        percentile(0.5),
        percentile(0.99),
        percentile(0.999),
    )
}

pub(crate) fn human_size(size: usize) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..0x10_0000 => format!("{} KiB", size / 1024),
        _ => format!("{} MiB", size / 1024 / 1024),
    }
}
