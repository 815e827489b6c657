//! What was promised, and what was measured of it.

mod list;

use std::ops::RangeInclusive;

use connect_bench::results::Results;
use connect_bench::units::{measured, quantity, unit};

use crate::comparison::best;
use crate::measurements::{Along, Measurements, SOURCES};
use list::TARGETS;

/// A row for each target: the worst value and whether it is good enough, and the worst one of each size.
pub fn table(measurements: &Measurements) -> String {
    let mut text = String::from(
        "| work | compared | target | worst | at each size | met |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for target in TARGETS {
        text += &target.row(measurements);
    }
    text
}

/// One promise: at every x, in every group, beside each of the others.
struct Target {
    work: &'static str,
    source: &'static str,
    groups: &'static [&'static str],
    measure: &'static str,
    /// The best of them counts.
    ours: &'static [&'static str],
    /// Each of them counts, and values are ratios to it. If empty, values are what was measured.
    theirs: &'static [&'static str],
    xs: RangeInclusive<u64>,
    limit: Limit,
}

enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

impl Limit {
    fn value(&self) -> f64 {
        let (Self::AtLeast(limit) | Self::AtMost(limit)) = *self;
        limit
    }
}

/// What was measured at one place.
struct Value {
    value: f64,
    x: u64,
    group: &'static str,
    other: Option<&'static str>,
}

impl Target {
    fn row(&self, measurements: &Measurements) -> String {
        let results = measurements.results(self.source);
        let mut values = results.map_or(Vec::new(), |results| self.values(results));
        values.sort_by(|left, right| left.value.total_cmp(&right.value));
        if matches!(self.limit, Limit::AtMost(_)) {
            values.reverse();
        }
        let target = match self.limit {
            Limit::AtLeast(limit) => format!("≥ {}", self.show(limit)),
            Limit::AtMost(limit) => format!("≤ {}", self.show(limit)),
        };
        let worst = values.first().map_or("–".into(), |worst| self.at(worst));
        let met = match values.first() {
            None => "not measured",
            Some(worst) if !self.is_met_by(worst.value) => "**no**",
            Some(_) if results.is_some_and(|results| self.lacks_any(results)) => "incomplete",
            Some(_) => "yes",
        };
        let compared = self.compared(results.filter(|_| !values.is_empty()));
        let (work, each) = (self.work, self.at_each_x(&values));
        format!("| {work} | {compared} | {target} | {worst} | {each} | {met} |\n")
    }

    fn values(&self, results: &Results) -> Vec<Value> {
        let mut values = Vec::new();
        for &group in self.groups {
            let xs = results.xs(group).into_iter();
            for x in xs.filter(|x| self.xs.contains(x)) {
                let Some(ours) = best(results, group, self.ours, x, self.measure) else {
                    continue;
                };
                let mut push = |value: Option<f64>, other| {
                    values.extend(value.map(|value| Value {
                        value,
                        x,
                        group,
                        other,
                    }));
                };
                if self.theirs.is_empty() {
                    push(results.median(group, ours, x, self.measure), None);
                }
                for &other in self.theirs {
                    let ratio = results.ratio(group, [ours, other], x, self.measure);
                    push(ratio, Some(other));
                }
            }
        }
        values
    }

    /// Whether at some size all of ours lack a value, or one of the others who took part.
    fn lacks_any(&self, results: &Results) -> bool {
        let measured = |group, x, name| results.median(group, name, x, self.measure).is_some();
        self.groups.iter().any(|group| {
            let there = results.contenders(group);
            let theirs = self.theirs.iter().filter(|name| there.contains(name));
            let theirs: Vec<_> = theirs.collect();
            let xs = results.xs(group).into_iter();
            let mut xs = xs.filter(|x| self.xs.contains(x));
            xs.any(|x| {
                let mut ours = self.ours.iter();
                !ours.any(|name| measured(group, x, name))
                    || theirs.iter().any(|name| !measured(group, x, name))
            })
        })
    }

    fn is_met_by(&self, value: f64) -> bool {
        match self.limit {
            Limit::AtLeast(limit) => value >= limit,
            Limit::AtMost(limit) => value <= limit,
        }
    }

    fn show(&self, value: f64) -> String {
        match self.theirs {
            [] => measured(value, self.measure),
            // One digit more than in tables.
            _ => format!("{value:.3}"),
        }
    }

    /// With as many digits as are needed to see that a value misses the limit.
    fn show_measured(&self, value: f64) -> String {
        let limit = self.limit.value();
        let text = self.show(value);
        if self.is_met_by(value) || text != self.show(limit) {
            return text;
        }
        let with = |digits, value: f64| format!("{value:.digits$}");
        // As many tell all numbers apart that there are.
        let digits = (1..=17).find(|digits| with(*digits, value) != with(*digits, limit));
        let exact = with(digits.unwrap_or(17), value);
        match self.theirs {
            [] => format!("{exact} {}", unit(self.measure)),
            _ => exact,
        }
    }

    /// A value, and what of its place the row does not say.
    fn at(&self, value: &Value) -> String {
        let shown = self.show_measured(value.value);
        let mut text = format!("{shown} at {}", self.label(value.x));
        if self.along() == Along::Connections {
            text += " connections";
        }
        if self.groups.len() > 1 {
            text += &format!(", {}", value.group);
        }
        if let (Some(other), [_, _, ..]) = (value.other, self.theirs) {
            text += &format!(", to {other}");
        }
        text
    }

    /// The worst value at each x, if there are several. The worst come first in `values`.
    fn at_each_x(&self, values: &[Value]) -> String {
        let mut worst: Vec<&Value> = Vec::new();
        for value in values {
            if worst.iter().all(|other| other.x != value.x) {
                worst.push(value);
            }
        }
        if worst.len() < 2 {
            return String::new();
        }
        worst.sort_by_key(|value| value.x);
        let cells = worst
            .iter()
            .map(|it| format!("{}: {}", self.label(it.x), self.show_measured(it.value)));
        cells.collect::<Vec<_>>().join(", ")
    }

    fn label(&self, x: u64) -> String {
        self.along().label(x)
    }

    fn along(&self) -> Along {
        let source = SOURCES.iter().find(|source| source.name == self.source);
        source.map_or(Along::Payload, |source| source.along)
    }

    /// Both sides, and who of the others did not take part although something was measured.
    fn compared(&self, results: Option<&Results>) -> String {
        let ours = match self.ours {
            [one] => (*one).to_owned(),
            several => format!("best of {}", several.join(", ")),
        };
        if self.theirs.is_empty() {
            return format!("{ours}: {}", quantity(self.measure));
        }
        let there = |name| {
            results.is_none_or(|results| {
                let mut groups = self.groups.iter();
                groups.any(|group| results.contenders(group).contains(name))
            })
        };
        let mut side = format!("{ours} / {}", self.theirs.join(", "));
        let absent: Vec<_> = self.theirs.iter().filter(|name| !there(name)).collect();
        for (at, name) in absent.into_iter().enumerate() {
            side += if at == 0 { "; without " } else { ", " };
            side += name;
        }
        side
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::samples;

    const RATE: &str = "messages/s";

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
    fn works_differ() {
        for (at, target) in TARGETS.iter().enumerate() {
            let mut others = TARGETS[at + 1..].iter();
            assert!(others.all(|other| other.work != target.work));
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
            met.ends_with("| ≥ 0.900 | 0.900 at 64 B | 16 B: 1.100, 64 B: 0.900 | yes |"),
            "{met}"
        );
        let missed = row("throughput", with(35.9), work);
        assert!(missed.ends_with("| **no** |"), "{missed}");
    }

    #[test]
    fn what_misses_by_little_is_seen_to_miss() {
        let values = [("floor", 64, 40.0), ("connect", 64, 35.9992)];
        let results = samples::results("tcp", RATE, &values);
        let ratio = row("throughput", results, "TCP one way, by default");
        let end = "| ≥ 0.900 | 0.89998 at 64 B |  | **no** |";
        assert!(ratio.ends_with(end), "{ratio}");
        let values = [("connect", 1000, 700.01)];
        let results = samples::results("plain", "waiting B", &values);
        let bytes = row("memory", results, "memory, waiting");
        let end = "| ≤ 700 B | 700.01 B at 1000 connections |  | **no** |";
        assert!(bytes.ends_with(end), "{bytes}");
    }

    #[test]
    fn of_times_the_highest_is_the_worst_and_other_sizes_do_not_count() {
        let mut results = Results::default();
        for (group, time) in [("decode 8 KiB chunks", 5.0), ("decode 64 KiB chunks", 6.0)] {
            let values = [
                ("floor borrowed", 16, 4.0),
                ("connect batch", 16, time),
                ("floor borrowed", 4096, 4.0),
                ("connect batch", 4096, 400.0),
            ];
            samples::add(&mut results, group, "ns per message", 0, &values);
        }
        let row = row("codec", results, "decode, borrowed");
        let end = "| ≤ 1.300 | 1.500 at 16 B, decode 64 KiB chunks |  | **no** |";
        assert!(row.ends_with(end), "{row}");
    }

    #[test]
    fn every_peer_counts_and_the_absent_are_named() {
        let values = [
            ("connect", 16, 3.0),
            ("connect queue", 16, 4.0),
            ("ldc", 16, 1.0),
            ("ldc tuned", 16, 2.0),
        ];
        let results = samples::results("unix", RATE, &values);
        let row = row("throughput", results, "Unix one way, ahead of peers");
        assert!(row.contains("; without tungstenite, libzmq"), "{row}");
        assert!(row.contains("| 2.000 at 16 B, to ldc tuned |"), "{row}");
    }

    #[test]
    fn the_worse_side_of_tls_counts() {
        let mut results = Results::default();
        for (group, bytes) in [("tls server", 6000.0), ("tls client", 9217.0)] {
            let values = [("connect tls", 1000, bytes)];
            samples::add(&mut results, group, "waiting B", 0, &values);
        }
        let row = row("memory", results, "memory with TLS, waiting");
        let end = "| ≤ 9216 B | 9217 B at 1000 connections, tls client |  | **no** |";
        assert!(row.ends_with(end), "{row}");
    }

    #[test]
    fn what_is_not_measured_is_not_met() {
        let row = row("codec", Results::default(), "round trip, one CPU");
        assert!(row.ends_with("| ≤ 1.030 | – |  | not measured |"), "{row}");
    }
}
