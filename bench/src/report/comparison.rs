//! Who is compared with whom.

use connect_bench::results::Results;

/// What the contenders of a group are compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Baseline {
    /// The one with this name.
    One(&'static str),
    /// At each x the best one whose name begins so.
    BestOf(&'static str),
    /// The floor that does what the contender does: borrows, or hands out what may be kept.
    Matching,
}

impl Baseline {
    /// The name of what `contender` is compared with, if that was measured.
    pub fn of<'a>(
        self,
        results: &'a Results,
        group: &str,
        contender: &str,
        x: u64,
        measure: &str,
    ) -> Option<&'a str> {
        let names = results.contenders(group);
        match self {
            Self::One(name) => names.into_iter().find(|other| *other == name),
            Self::BestOf(word) => {
                let names: Vec<_> = beginning(names, word).collect();
                best(results, group, &names, x, measure)
            }
            Self::Matching => {
                let name = match contender {
                    "floor" | "connect ref" | "connect ref batch" => "floor",
                    "floor borrowed" | "connect borrowed" | "connect batch" => "floor borrowed",
                    _ => "floor owned",
                };
                names.into_iter().find(|other| *other == name)
            }
        }
    }

    /// Whether there is something that it adds to the other tables of a group.
    pub fn was_measured(self, results: &Results, group: &str) -> bool {
        let names = results.contenders(group);
        match self {
            Self::One(name) => names.contains(&name),
            Self::BestOf(word) => beginning(names, word).count() > 1,
            Self::Matching => true,
        }
    }
}

/// The one of `names` with the best median.
pub fn best<'a>(
    results: &Results,
    group: &str,
    names: &[&'a str],
    x: u64,
    measure: &str,
) -> Option<&'a str> {
    let median = |name: &'a str| Some((results.median(group, name, x, measure)?, name));
    let medians = names.iter().filter_map(|name| median(name));
    let better = |left: (f64, &'a str), right: (f64, &'a str)| {
        let ahead = if higher_is_better(measure) {
            right.0 > left.0
        } else {
            right.0 < left.0
        };
        if ahead { right } else { left }
    };
    medians.reduce(better).map(|(_, name)| name)
}

/// Rates; of times and bytes it is the lower ones.
pub fn higher_is_better(measure: &str) -> bool {
    measure.ends_with("/s")
}

/// Measures of a group, in the order in which they were taken.
pub fn measures<'a>(results: &'a Results, group: &str) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for record in results.records.iter().filter(|it| it.group == group) {
        if !seen.contains(&record.measure.as_str()) {
            seen.push(record.measure.as_str());
        }
    }
    seen
}

fn beginning<'a>(names: Vec<&'a str>, word: &str) -> impl Iterator<Item = &'a str> {
    names.into_iter().filter(move |name| name.starts_with(word))
}

/// Results that tests are made of.
#[cfg(test)]
pub mod samples {
    use connect_bench::results::{Record, Results};

    /// One round, of one group and measure: contender, x, value.
    pub fn results(group: &str, measure: &str, values: &[(&str, u64, f64)]) -> Results {
        let mut results = Results::default();
        add(&mut results, group, measure, 0, values);
        results
    }

    pub fn add(
        results: &mut Results,
        group: &str,
        measure: &str,
        round: usize,
        values: &[(&str, u64, f64)],
    ) {
        for (contender, x, value) in values {
            results.push(Record {
                group: group.into(),
                contender: (*contender).into(),
                x: *x,
                measure: measure.into(),
                round,
                value: *value,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::results;
    use super::*;

    #[test]
    fn the_best_rate_is_the_highest_and_the_best_time_the_lowest() {
        let values = [("a", 1, 3.0), ("b", 1, 2.0), ("c", 2, 9.0)];
        let names = ["a", "b", "c", "absent"];
        for (measure, expected) in [("messages/s", "a"), ("p50 us", "b"), ("waiting B", "b")] {
            let results = results("tcp", measure, &values);
            assert_eq!(best(&results, "tcp", &names, 1, measure), Some(expected));
            assert_eq!(best(&results, "tcp", &["absent"], 1, measure), None);
        }
    }

    #[test]
    fn the_best_floor_is_another_one_at_another_size() {
        let values = [
            ("floor", 1, 3.0),
            ("floor 1m", 1, 2.0),
            ("floor", 2, 3.0),
            ("floor 1m", 2, 4.0),
            ("connect", 1, 9.0),
        ];
        let results = results("tcp", "messages/s", &values);
        let at = |x| Baseline::BestOf("floor").of(&results, "tcp", "connect", x, "messages/s");
        assert_eq!(
            (at(1), at(2), at(3)),
            (Some("floor"), Some("floor 1m"), None)
        );
    }

    #[test]
    fn what_borrows_is_compared_with_what_borrows() {
        let values = [("floor borrowed", 1, 3.0), ("floor owned", 1, 8.0)];
        let results = results("decode", "ns per message", &values);
        let of = |name| Baseline::Matching.of(&results, "decode", name, 1, "ns per message");
        assert_eq!(of("connect batch"), Some("floor borrowed"));
        assert_eq!(of("length-delimited"), Some("floor owned"));
        assert_eq!(of("connect ref"), None);
    }
}
