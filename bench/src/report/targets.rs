//! What was promised, and what was measured of it.

use std::ops::RangeInclusive;

use connect_bench::results::Results;
use connect_bench::units::{measured, quantity};

use crate::comparison::best;
use crate::measurements::{Along, Measurements, SOURCES};

/// One promise: at every x, in every group.
struct Target {
    work: &'static str,
    source: &'static str,
    groups: &'static [&'static str],
    measure: &'static str,
    /// The better of them counts.
    ours: &'static [&'static str],
    /// The best of them counts, and the value is a ratio to it. If empty, the value is what was measured.
    theirs: &'static [&'static str],
    xs: RangeInclusive<u64>,
    limit: Limit,
}

enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

use Limit::{AtLeast, AtMost};

const SMALL: RangeInclusive<u64> = 16..=256;
const ALL: RangeInclusive<u64> = 0..=u64::MAX;
const DECODE: &[&str] = &["decode 8 KiB chunks", "decode 64 KiB chunks"];
const RATE: &str = "messages/s";
const TIME: &str = "ns per message";
const WAITING: &str = "waiting B";
const AFTER: &str = "after 64 KiB B";
const PEERS: &[&str] = &[
    "ldc",
    "ldc tuned",
    "asynchronous-codec",
    "tungstenite",
    "libzmq",
    "zeromq",
    "omq",
];

#[rustfmt::skip]
const TARGETS: &[Target] = &[
    Target { work: "decode, borrowed", source: "codec", groups: DECODE, measure: TIME,
        ours: &["connect batch"], theirs: &["floor borrowed"], xs: SMALL, limit: AtMost(1.3) },
    Target { work: "decode, owned", source: "codec", groups: DECODE, measure: TIME,
        ours: &["connect owned"], theirs: &["floor owned"], xs: SMALL, limit: AtMost(1.3) },
    Target { work: "decode, owned", source: "codec", groups: DECODE, measure: TIME,
        ours: &["connect owned"], theirs: &["length-delimited"], xs: SMALL, limit: AtMost(0.4) },
    Target { work: "encode, copied", source: "codec", groups: &["encode"], measure: TIME,
        ours: &["connect ref"], theirs: &["floor"], xs: SMALL, limit: AtMost(2.0) },
    Target { work: "encode, handed over", source: "codec", groups: &["encode"], measure: TIME,
        ours: &["connect owned"], theirs: &["floor owned"], xs: SMALL, limit: AtMost(2.0) },
    // A floor that copies is left behind by what does not.
    Target { work: "encode, not copied", source: "codec", groups: &["encode"], measure: TIME,
        ours: &["connect owned"], theirs: &["floor owned"], xs: 4096..=u64::MAX, limit: AtMost(1.0) },
    Target { work: "TCP one way, by default", source: "throughput", groups: &["tcp"], measure: RATE,
        ours: &["connect", "connect batch"], theirs: &["floor"], xs: ALL, limit: AtLeast(0.9) },
    Target { work: "TCP one way, larger marks", source: "throughput", groups: &["tcp"], measure: RATE,
        ours: &["connect deep"], theirs: &["floor", "floor 256k", "floor 1m"], xs: ALL, limit: AtLeast(0.85) },
    Target { work: "TCP one way, ahead of peers", source: "throughput", groups: &["tcp"], measure: RATE,
        ours: &["connect", "connect batch"], theirs: PEERS, xs: ALL, limit: AtLeast(1.0) },
    Target { work: "round trip, one CPU", source: "round-trip-one-cpu", groups: &["tcp"], measure: "p50 us",
        ours: &["connect"], theirs: &["floor"], xs: 64..=64, limit: AtMost(1.03) },
    Target { work: "memory, waiting", source: "memory", groups: &["plain"], measure: WAITING,
        ours: &["connect"], theirs: &[], xs: ALL, limit: AtMost(700.0) },
    Target { work: "memory, after 64 KiB", source: "memory", groups: &["plain"], measure: AFTER,
        ours: &["connect"], theirs: &[], xs: ALL, limit: AtMost(700.0) },
    Target { work: "memory with TLS, waiting", source: "memory", groups: &["tls"], measure: WAITING,
        ours: &["connect"], theirs: &[], xs: ALL, limit: AtMost(9.0 * 1024.0) },
    Target { work: "memory with TLS, after 64 KiB", source: "memory", groups: &["tls"], measure: AFTER,
        ours: &["connect"], theirs: &[], xs: ALL, limit: AtMost(9.0 * 1024.0) },
    Target { work: "TLS one way, ahead of the raw stream", source: "throughput", groups: &["tls"], measure: RATE,
        ours: &["connect", "connect batch"], theirs: &["raw stream"], xs: ALL, limit: AtLeast(1.0) },
];

/// A row for each target: the worst and the best value, and whether the worst one is good enough.
pub fn table(measurements: &Measurements) -> String {
    let mut text = String::from(
        "| work | compared | target | worst | best | met |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for target in TARGETS {
        text += &target.row(measurements);
    }
    text
}

/// What was measured at one place.
struct Value {
    value: f64,
    place: String,
}

impl Target {
    fn row(&self, measurements: &Measurements) -> String {
        let results = measurements.results(self.source);
        let mut values = results.map_or(Vec::new(), |results| self.values(results));
        values.sort_by(|left, right| left.value.total_cmp(&right.value));
        if matches!(self.limit, AtMost(_)) {
            values.reverse();
        }
        let show = |value: f64| match self.theirs {
            [] => measured(value, self.measure),
            // One digit more than in tables, so that what misses by little is seen to miss.
            _ => format!("{value:.3}"),
        };
        let target = match self.limit {
            AtLeast(limit) => format!("≥ {}", show(limit)),
            AtMost(limit) => format!("≤ {}", show(limit)),
        };
        let at = |it: &Value| format!("{} at {}", show(it.value), it.place);
        let [worst, best] = [values.first(), values.last()].map(|it| it.map_or("–".into(), at));
        let met = match values.first() {
            None => "not measured",
            Some(worst) if self.is_met_by(worst.value) => "yes",
            Some(_) => "**no**",
        };
        let compared = self.compared(results.filter(|_| !values.is_empty()));
        let work = self.work;
        format!("| {work} | {compared} | {target} | {worst} | {best} | {met} |\n")
    }

    fn values(&self, results: &Results) -> Vec<Value> {
        let along = SOURCES.iter().find(|source| source.name == self.source);
        let along = along.map_or(Along::Payload, |source| source.along);
        let mut values = Vec::new();
        for group in self.groups {
            let xs = results.xs(group).into_iter();
            for x in xs.filter(|x| self.xs.contains(x)) {
                let mut place = along.label(x);
                if along == Along::Connections {
                    place += " connections";
                }
                if self.groups.len() > 1 {
                    place += &format!(", {group}");
                }
                let value = self.value(results, group, x);
                values.extend(value.map(|value| Value { value, place }));
            }
        }
        values
    }

    fn value(&self, results: &Results, group: &str, x: u64) -> Option<f64> {
        let ours = best(results, group, self.ours, x, self.measure)?;
        if self.theirs.is_empty() {
            return results.median(group, ours, x, self.measure);
        }
        let theirs = best(results, group, self.theirs, x, self.measure)?;
        results.ratio(group, [ours, theirs], x, self.measure)
    }

    fn is_met_by(&self, value: f64) -> bool {
        match self.limit {
            AtLeast(limit) => value >= limit,
            AtMost(limit) => value <= limit,
        }
    }

    /// Both sides, and who of the others did not take part although something was measured.
    fn compared(&self, results: Option<&Results>) -> String {
        let ours = self.ours.join(" or ");
        let side = match self.theirs {
            [] => return format!("{ours}: {}", quantity(self.measure)),
            [other] => return format!("{ours} / {other}"),
            others => format!("{ours} / best of {}", others.join(", ")),
        };
        let there = |name| {
            results.is_none_or(|results| {
                let mut groups = self.groups.iter();
                groups.any(|group| results.contenders(group).contains(name))
            })
        };
        let absent: Vec<_> = self.theirs.iter().filter(|name| !there(name)).collect();
        match absent.as_slice() {
            [] => side,
            absent => {
                let names: Vec<_> = absent.iter().map(|name| **name).collect();
                format!("{side}; without {}", names.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::samples;

    fn row(source: &str, results: Results, work: &str) -> String {
        let table = table(&Measurements::of(vec![(source, results)]));
        let mut lines = table.lines();
        let row = lines.find(|line| line.starts_with(&format!("| {work} |")));
        row.unwrap().to_owned()
    }

    #[test]
    fn every_target_names_a_group_that_its_source_has() {
        for target in TARGETS {
            let source = SOURCES.iter().find(|source| source.name == target.source);
            let source = source.unwrap();
            assert!(target.groups.iter().all(|it| source.groups.contains(it)));
            assert!(!target.ours.is_empty() && !target.groups.is_empty());
        }
    }

    #[test]
    fn the_worst_size_decides() {
        let with = |slow| {
            let values = [
                ("floor", 16, 40.0),
                ("connect", 16, 44.0),
                ("floor", 64, 40.0),
                ("connect", 64, slow),
                ("connect batch", 64, 1.0),
            ];
            samples::results("tcp", RATE, &values)
        };
        let work = "TCP one way, by default";
        let met = row("throughput", with(36.0), work);
        assert!(
            met.ends_with("| ≥ 0.900 | 0.900 at 64 B | 1.100 at 16 B | yes |"),
            "{met}"
        );
        let missed = row("throughput", with(35.9), work);
        assert!(missed.ends_with("| **no** |"), "{missed}");
    }

    #[test]
    fn of_times_the_highest_is_the_worst_and_other_sizes_do_not_count() {
        let mut results = Results::default();
        for (group, time) in [(DECODE[0], 5.0), (DECODE[1], 6.0)] {
            let values = [
                ("floor borrowed", 16, 4.0),
                ("connect batch", 16, time),
                ("floor borrowed", 4096, 4.0),
                ("connect batch", 4096, 400.0),
            ];
            samples::add(&mut results, group, TIME, 0, &values);
        }
        let row = row("codec", results, "decode, borrowed");
        let end = "| ≤ 1.300 | 1.500 at 16 B, decode 64 KiB chunks | 1.250 at 16 B, decode 8 KiB chunks | **no** |";
        assert!(row.ends_with(end), "{row}");
    }

    #[test]
    fn the_best_peer_counts_and_the_absent_are_named() {
        let values = [
            ("connect", 16, 3.0),
            ("ldc", 16, 1.0),
            ("ldc tuned", 16, 2.0),
        ];
        let results = samples::results("tcp", RATE, &values);
        let row = row("throughput", results, "TCP one way, ahead of peers");
        assert!(
            row.contains("without asynchronous-codec, tungstenite, libzmq"),
            "{row}"
        );
        assert!(row.contains("| 1.500 at 16 B |"), "{row}");
    }

    #[test]
    fn bytes_are_compared_with_bytes() {
        let results = samples::results("plain", WAITING, &[("connect", 5000, 617.0)]);
        let row = row("memory", results, "memory, waiting");
        let end = "| ≤ 700 B | 617 B at 5000 connections | 617 B at 5000 connections | yes |";
        assert!(row.ends_with(end), "{row}");
    }

    #[test]
    fn what_is_not_measured_is_not_met() {
        let row = row("codec", Results::default(), "round trip, one CPU");
        assert!(row.ends_with("| ≤ 1.030 | – | – | not measured |"), "{row}");
    }
}
