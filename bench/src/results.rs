//! Records of what was measured: a file of tab-separated lines, one for each round of each contender, which the tables
//! and plots are made from.
//!
//! ```text
//! # command: ...
//! # processor: ...
//! group   contender   x    measure      round   value
//! tcp     floor       64   messages/s   0       47000000
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::statistics::median;
use crate::{Failure, machine};

const COLUMNS: &str = "group\tcontender\tx\tmeasure\tround\tvalue";

/// One number of one round.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What is compared with each other: a transport, a direction.
    pub group: String,
    pub contender: String,
    /// Bytes of a message, connections: what the plot goes along.
    pub x: u64,
    /// What the value is, with its unit.
    pub measure: String,
    pub round: usize,
    pub value: f64,
}

/// All records of one benchmark, in the order in which they were made.
#[derive(Debug, Default)]
pub struct Results {
    /// How, and on what.
    pub about: Vec<String>,
    pub records: Vec<Record>,
}

impl Results {
    /// Nothing yet, on this machine, by this command: as a reader would type it, without paths.
    pub fn by(command: &str) -> Self {
        let mut about = vec![format!("command: {command}")];
        about.extend(machine::description());
        Self {
            about,
            records: Vec::new(),
        }
    }

    pub fn push(&mut self, record: Record) {
        self.records.push(record);
    }

    pub fn save(&self, path: &Path) -> Result<(), Failure> {
        let mut text = String::new();
        for line in &self.about {
            text += &format!("# {line}\n");
        }
        text += &format!("{COLUMNS}\n");
        for record in &self.records {
            let Record {
                group,
                contender,
                x,
                measure,
                round,
                value,
            } = record;
            // Six digits are more than any machine repeats.
            text += &format!("{group}\t{contender}\t{x}\t{measure}\t{round}\t{value:.6e}\n");
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(path, text)?)
    }

    pub fn load(path: &Path) -> Result<Self, Failure> {
        let text =
            fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let mut results = Self::default();
        for (number, line) in text.lines().enumerate() {
            if let Some(about) = line.strip_prefix("# ") {
                results.about.push(about.to_owned());
            } else if line != COLUMNS {
                let record = parse_record(line);
                let record = record.ok_or_else(|| format!("line {}: not a record", number + 1))?;
                results.push(record);
            }
        }
        Ok(results)
    }

    /// Groups, in the order in which they were measured.
    pub fn groups(&self) -> Vec<&str> {
        in_order(self.records.iter().map(|record| record.group.as_str()))
    }

    /// Contenders of a group, in the order in which they were measured.
    pub fn contenders(&self, group: &str) -> Vec<&str> {
        let records = self.records.iter().filter(|record| record.group == group);
        in_order(records.map(|record| record.contender.as_str()))
    }

    /// The x of a group, ascending.
    pub fn xs(&self, group: &str) -> Vec<u64> {
        let records = self.records.iter().filter(|record| record.group == group);
        let xs: BTreeSet<u64> = records.map(|record| record.x).collect();
        xs.into_iter().collect()
    }

    /// The values of all rounds.
    pub fn values(&self, group: &str, contender: &str, x: u64, measure: &str) -> Vec<(usize, f64)> {
        let records = self.records.iter().filter(|record| {
            record.group == group
                && record.contender == contender
                && record.x == x
                && record.measure == measure
        });
        records.map(|record| (record.round, record.value)).collect()
    }

    /// The median of all rounds.
    pub fn median(&self, group: &str, contender: &str, x: u64, measure: &str) -> Option<f64> {
        let values = self.values(group, contender, x, measure);
        median(values.into_iter().map(|(_, value)| value).collect())
    }

    /// The median of the ratios within a round, which is steadier than the ratio of two medians.
    pub fn ratio(
        &self,
        group: &str,
        [numerator, denominator]: [&str; 2],
        x: u64,
        measure: &str,
    ) -> Option<f64> {
        let below = self.values(group, denominator, x, measure);
        let ratios = self.values(group, numerator, x, measure).into_iter();
        let ratios = ratios.filter_map(|(round, value)| {
            let (_, below) = below.iter().find(|(other, _)| *other == round)?;
            Some(value / below)
        });
        median(ratios.collect())
    }
}

fn parse_record(line: &str) -> Option<Record> {
    let mut fields = line.split('\t');
    let record = Record {
        group: fields.next()?.to_owned(),
        contender: fields.next()?.to_owned(),
        x: fields.next()?.parse().ok()?,
        measure: fields.next()?.to_owned(),
        round: fields.next()?.parse().ok()?,
        value: fields.next()?.parse().ok()?,
    };
    fields.next().is_none().then_some(record)
}

fn in_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(contender: &str, round: usize, value: f64) -> Record {
        Record {
            group: "tcp".into(),
            contender: contender.into(),
            x: 64,
            measure: "messages/s".into(),
            round,
            value,
        }
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let path = std::env::temp_dir().join(format!("connect-results-{}", std::process::id()));
        let mut results = Results::by("cargo run");
        results.push(record("floor", 0, 47e6));
        results.push(record("connect", 0, 0.25));
        results.save(&path).unwrap();
        let loaded = Results::load(&path).unwrap();
        fs::remove_file(path).unwrap();
        assert_eq!(loaded.about, results.about);
        assert_eq!(loaded.records, results.records);
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let mut results = Results::default();
        // A machine that is a hundred times as fast in the second round.
        for (round, speed) in [1.0, 100.0, 10.0].into_iter().enumerate() {
            results.push(record("floor", round, 4.0 * speed));
            results.push(record("connect", round, 3.0 * speed));
        }
        let ratio = results.ratio("tcp", ["connect", "floor"], 64, "messages/s");
        assert_eq!(ratio, Some(0.75));
        assert_eq!(results.median("tcp", "floor", 64, "messages/s"), Some(40.0));
        assert_eq!(results.median("tcp", "floor", 65, "messages/s"), None);
        assert_eq!(results.contenders("tcp"), ["floor", "connect"]);
    }

    #[test]
    fn a_line_that_is_no_record_is_named() {
        let error = Results::parse("# about\ntcp\tfloor\t64\n").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
