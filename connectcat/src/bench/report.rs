//! The results of a measurement.

use std::fmt::Write;

use serde::Serialize;

use crate::arguments::Bench;
use crate::bench::Tally;

/// The results of a measurement. Bytes are those of data, in one direction, without headers.
#[derive(Serialize)]
pub(super) struct Report {
    address: String,
    kind: &'static str,
    length: usize,
    /// How many were under way at once; for round trips only.
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<usize>,
    messages: u64,
    seconds: f64,
    messages_per_second: f64,
    bytes_per_second: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_microseconds: Option<Latency>,
}

#[derive(Serialize)]
struct Latency {
    p50: f64,
    p99: f64,
    max: f64,
}

impl Report {
    pub(super) fn new(options: &Bench, tally: &Tally) -> Self {
        let messages = tally.messages();
        let seconds = tally.duration().as_secs_f64().max(f64::MIN_POSITIVE);
        let per_second = messages as f64 / seconds;
        let microseconds = |percent| Some(tally.latency(percent)?.as_nanos() as f64 / 1000.0);
        let latency = || {
            Some(Latency {
                p50: microseconds(50.0)?,
                p99: microseconds(99.0)?,
                max: microseconds(100.0)?,
            })
        };
        Self {
            address: options.endpoint.to_string(),
            kind: if options.one_way {
                "one way"
            } else {
                "round trips"
            },
            length: options.len,
            window: (!options.one_way).then_some(options.window),
            messages,
            seconds,
            messages_per_second: per_second,
            bytes_per_second: per_second * options.len as f64,
            latency_microseconds: latency(),
        }
    }

    /// A line for machines.
    pub(super) fn json(&self) -> String {
        // Nothing in it can fail.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }

    /// A table for people.
    pub(super) fn table(&self) -> String {
        let mut table = format!("{}, {}", self.address, self.kind);
        if let Some(window) = self.window {
            let _ = write!(table, ", {window} at a time");
        }
        let bytes = |count| indicatif::BinaryBytes(count).to_string();
        let time = |microseconds: f64| format!("{microseconds:.1} us");
        let mut row = |name: &str, value: String| {
            let _ = write!(table, "\n  {name:<12} {value:>14}");
        };
        row(
            "messages",
            format!("{}", indicatif::HumanCount(self.messages)),
        );
        row("of", bytes(self.length as u64));
        row("in", format!("{:.3} s", self.seconds));
        row(
            "messages/s",
            format!("{}", indicatif::HumanCount(self.messages_per_second as u64)),
        );
        row("data/s", bytes(self.bytes_per_second as u64));
        if let Some(latency) = &self.latency_microseconds {
            row("latency p50", time(latency.p50));
            row("latency p99", time(latency.p99));
            row("latency max", time(latency.max));
        }
        table.push('\n');
        table
    }
}
