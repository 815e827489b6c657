//! Tables in Markdown: medians, and ratios to what is compared with.

use std::collections::BTreeMap;

use connect_bench::Failure;
use connect_bench::results::Results;
use connect_bench::units::{measured, quantity, three_digits};

use crate::comparison::{Baseline, higher_is_better, measures};
use crate::measurements::{Measurements, SOURCES, Source, group_title};
use crate::palette::is_ours;
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
            text += &format!("#### {}\n\n", group_title(group));
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

/// The medians, and the ratios to each baseline: of all measures together where there is one x, of each one otherwise.
fn of_group(source: &Source, results: &Results, group: &str) -> String {
    let all = measures(results, group);
    let xs = results.xs(group);
    if let ([x], [_, _, ..]) = (xs.as_slice(), all.as_slice()) {
        let columns = all.iter().map(|measure| Column {
            label: quantity(measure),
            x: *x,
            measure,
        });
        let columns: Vec<_> = columns.collect();
        let what = format!("At {} {}", source.along.label(*x), source.along.name());
        return of_columns(source, results, group, &what, "", &columns);
    }
    let tables = all.iter().map(|measure| {
        let columns = xs.iter().map(|x| Column {
            label: source.along.label(*x),
            x: *x,
            measure,
        });
        let columns: Vec<_> = columns.collect();
        let what = quantity(measure);
        of_columns(source, results, group, &what, source.along.name(), &columns)
    });
    tables.collect()
}

struct Column<'a> {
    label: String,
    x: u64,
    measure: &'a str,
}

fn of_columns(
    source: &Source,
    results: &Results,
    group: &str,
    what: &str,
    corner: &str,
    columns: &[Column<'_>],
) -> String {
    let rounds = rounds(results, group);
    let higher = columns
        .iter()
        .all(|column| higher_is_better(column.measure));
    let better = if higher { "higher" } else { "lower" };
    let mut text = format!("{what}, median of {rounds} (the {better}, the better):\n\n");
    text += &grid(results, group, corner, columns, &|contender, column| {
        let median = results.median(group, contender, column.x, column.measure)?;
        Some(measured(median, column.measure))
    });
    let baselines = source.baselines.iter();
    for baseline in baselines.filter(|baseline| baseline.was_measured(results, group)) {
        let other = match baseline {
            Baseline::One(name) => format!("`{name}`"),
            Baseline::BestOf(word) => format!("the best `{word}…` of each column"),
            Baseline::Matching => "the floor that does the same".into(),
        };
        text += &format!("{what}, as a ratio to {other}:\n\n");
        text += &grid(results, group, corner, columns, &|contender, column| {
            let Column { x, measure, .. } = column;
            let other = baseline.of(results, group, contender, *x, measure)?;
            let found = results.ratio(group, [contender, other], *x, measure)?;
            Some(ratio(found))
        });
    }
    text
}

/// A row for each contender. Ours are bold.
fn grid(
    results: &Results,
    group: &str,
    corner: &str,
    columns: &[Column<'_>],
    cell: &dyn Fn(&str, &Column<'_>) -> Option<String>,
) -> String {
    let labels: Vec<_> = columns.iter().map(|it| it.label.as_str()).collect();
    let mut text = format!("| {corner} | {} |\n", labels.join(" | "));
    text += &format!("| --- |{}\n", " ---: |".repeat(columns.len()));
    for contender in results.contenders(group) {
        let cells: Vec<_> = columns.iter().map(|it| cell(contender, it)).collect();
        if cells.iter().all(Option::is_none) {
            continue;
        }
        let cells = cells.into_iter().map(|cell| cell.unwrap_or("–".into()));
        let cells = cells.collect::<Vec<_>>().join(" | ");
        let bold = if is_ours(contender) { "**" } else { "" };
        text += &format!("| {bold}{contender}{bold} | {cells} |\n");
    }
    text + "\n"
}

/// Two decimals, one more for what is far below, and fewer for what is far above.
fn ratio(value: f64) -> String {
    match value {
        value if value < 0.0995 => format!("{value:.3}"),
        value if value < 9.995 => format!("{value:.2}"),
        value => three_digits(value),
    }
}

/// `5 rounds`, `3 to 5 rounds` where something was not measured as often.
fn rounds(results: &Results, group: &str) -> String {
    let mut counts = BTreeMap::new();
    for record in results.records.iter().filter(|it| it.group == group) {
        let place = (&record.contender, record.x, &record.measure);
        *counts.entry(place).or_insert(0) += 1;
    }
    let least = counts.values().min().copied().unwrap_or_default();
    match counts.values().max().copied().unwrap_or_default() {
        1 => "1 round".into(),
        most if most == least => format!("{most} rounds"),
        most => format!("{least} to {most} rounds"),
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
    fn measures_of_one_x_share_a_table() {
        let waiting = [("raw", 5000, 365.0), ("connect", 5000, 730.0)];
        let mut results = samples::results("plain", "waiting B", &waiting);
        let after = [("raw", 5000, 365.0)];
        samples::add(&mut results, "plain", "after 64 KiB B", 0, &after);
        let measurements = Measurements::of(vec![("memory", results)]);
        let expected = "\
At 5000 connections, median of 1 round (the lower, the better):

|  | waiting | after 64 KiB |
| --- | ---: | ---: |
| raw | 365 B | 365 B |
| **connect** | 730 B | – |

At 5000 connections, as a ratio to `raw`:

|  | waiting | after 64 KiB |
| --- | ---: | ---: |
| raw | 1.00 | 1.00 |
| **connect** | 2.00 | – |

";
        assert_eq!(named("memory plain", &measurements).unwrap(), expected);
    }

    #[test]
    fn a_whole_source_has_a_heading_for_each_group() {
        let text = named("throughput", &throughput()).unwrap();
        assert!(text.starts_with("#### TCP\n\n"), "{text}");
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
        let ratios = [0.0049, 0.38, 0.997, 1.0, 12.34, 2917.8].map(ratio);
        assert_eq!(ratios, ["0.005", "0.38", "1.00", "1.00", "12.3", "2918"]);
    }
}
