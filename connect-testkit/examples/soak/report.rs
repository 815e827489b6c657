//! Lines while it runs, and a table at the end.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::process::Process;
use crate::tally::Tally;

/// What is known at one moment, as columns.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    columns: Vec<(&'static str, String)>,
}

const MIB: u64 = 1024 * 1024;

impl Line {
    pub(crate) fn new(elapsed: Duration, tally: &Tally, process: &Process) -> Self {
        let count = |counter: &AtomicU64| counter.load(Relaxed).to_string();
        let mistakes = tally.mistakes();
        let mib = |bytes: Option<u64>| {
            bytes.map_or_else(
                || "-".to_owned(),
                |bytes| format!("{:.1}", bytes as f64 / MIB as f64),
            )
        };
        let cpu = process
            .cpu
            .map(|cpu| 100.0 * cpu.as_secs_f64() / elapsed.as_secs_f64());
        Self {
            columns: vec![
                ("seconds", elapsed.as_secs().to_string()),
                ("alive", count(&tally.alive)),
                ("conversations", count(&tally.conversations)),
                ("messages", count(&tally.messages)),
                ("MiB", mib(Some(tally.bytes.load(Relaxed)))),
                ("kills", count(&tally.kills)),
                ("refused", count(&tally.refused)),
                ("lost", mistakes.lost.to_string()),
                ("duplicated", mistakes.duplicated.to_string()),
                ("reordered", mistakes.reordered.to_string()),
                ("corrupt", mistakes.corrupt.to_string()),
                ("stuck", count(&tally.stuck)),
                ("unexpected", tally.unexpected_count().to_string()),
                ("resident MiB", mib(process.resident)),
                ("peak MiB", mib(process.most_resident)),
                ("heap KiB", (process.heap / 1024).to_string()),
                (
                    "descriptors",
                    process
                        .descriptors
                        .map_or_else(|| "-".to_owned(), |count| count.to_string()),
                ),
                (
                    "% of a core",
                    cpu.map_or_else(|| "-".to_owned(), |cpu| format!("{cpu:.0}")),
                ),
            ],
        }
    }

    /// The names of the columns.
    pub(crate) fn head(&self, csv: bool) -> String {
        self.join(csv, |(name, _)| (*name).to_owned())
    }

    pub(crate) fn row(&self, csv: bool) -> String {
        self.join(csv, |(_, value)| value.clone())
    }

    fn join(&self, csv: bool, field: impl Fn(&(&'static str, String)) -> String) -> String {
        let fields = self.columns.iter().map(|column| {
            let width = if csv { 0 } else { column.0.len().max(8) };
            format!("{:>width$}", field(column))
        });
        let fields: Vec<_> = fields.collect();
        fields.join(if csv { "," } else { "  " })
    }

    /// A table in Markdown, a line for each column.
    pub(crate) fn table(&self) -> String {
        let mut table = "| what | |\n| --- | ---: |\n".to_owned();
        for (name, value) in &self.columns {
            // Cannot fail.
            let _ = writeln!(table, "| {name} | {value} |");
        }
        table
    }
}

/// How killed connections ended, which garbage was refused, and what should not have happened.
pub(crate) fn details(tally: &Tally) -> String {
    let details = tally.details();
    let mut text = String::new();
    let cuts = details
        .cuts
        .iter()
        .map(|(name, count)| (name.as_str(), count));
    let refusals = details.refusals.iter().map(|(name, count)| (*name, count));
    text.push_str(&counts("killed, as the server saw it", cuts));
    text.push_str(&counts("garbage that was refused", refusals));
    for what in &details.unexpected {
        let _ = writeln!(text, "UNEXPECTED: {what}");
    }
    text
}

fn counts<'a>(title: &str, counts: impl Iterator<Item = (&'a str, &'a u64)>) -> String {
    let mut table = format!("| {title} | |\n| --- | ---: |\n");
    for (name, count) in counts {
        let _ = writeln!(table, "| {name} | {count} |");
    }
    table.push('\n');
    table
}
