//! Which plots are made of which results.

use connect_bench::results::Results;
use connect_bench::units::{bytes, measured, quantity, short, three_digits};

use crate::bar_chart::BarChart;
use crate::comparison::{Baseline, measures};
use crate::line_chart::{Line, LineChart, Scale};
use crate::measurements::{Along, Measurements, Source, group_title};

/// A picture of every group of one source.
struct Plot {
    source: &'static str,
    measure: &'static str,
    /// Behind the names of source and group, in the name of the file.
    suffix: &'static str,
    title: &'static str,
    kind: Kind,
}

enum Kind {
    /// Medians along x.
    Medians(Scale),
    /// Medians of messages a second as bytes of payload, along x.
    PayloadRates,
    /// Ratios to the first baseline of the source that was measured, along x.
    Ratios,
    /// All measures of heap that were taken at the highest x, or all of resident memory.
    Bars(Memory),
}

#[derive(Clone, Copy, PartialEq)]
enum Memory {
    Heap,
    Resident,
}

use Kind::{Bars, Medians, PayloadRates, Ratios};

#[rustfmt::skip]
const PLOTS: &[Plot] = &[
    Plot { source: "codec", measure: "ns per message", suffix: "", title: "Codec",
        kind: Medians(Scale::Logarithmic) },
    Plot { source: "throughput", measure: "messages/s", suffix: "", title: "One way",
        kind: Medians(Scale::Logarithmic) },
    Plot { source: "throughput", measure: "messages/s", suffix: "-bytes", title: "One way", kind: PayloadRates },
    Plot { source: "throughput", measure: "messages/s", suffix: "-ratio", title: "One way", kind: Ratios },
    Plot { source: "round-trip", measure: "p50 us", suffix: "", title: "Round trip, two CPUs",
        kind: Medians(Scale::Linear) },
    Plot { source: "round-trip-one-cpu", measure: "p50 us", suffix: "", title: "Round trip, one CPU",
        kind: Medians(Scale::Linear) },
    Plot { source: "queue", measure: "messages/s", suffix: "", title: "Queue",
        kind: Medians(Scale::Logarithmic) },
    Plot { source: "memory", measure: "", suffix: "", title: "Heap of a connection", kind: Bars(Memory::Heap) },
    Plot { source: "memory", measure: "", suffix: "-resident", title: "Resident memory of a connection",
        kind: Bars(Memory::Resident) },
    Plot { source: "scale", measure: "messages/s", suffix: "-throughput", title: "Many connections",
        kind: Medians(Scale::Logarithmic) },
    Plot { source: "scale", measure: "p99 us", suffix: "-p99", title: "Many connections",
        kind: Medians(Scale::Logarithmic) },
    Plot { source: "scale", measure: "resident B", suffix: "-memory", title: "Many connections",
        kind: Medians(Scale::LogarithmicBytes) },
];

/// Names of files, without `.svg`, and what is in them.
pub fn all(measurements: &Measurements) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (source, results) in measurements.present() {
        for plot in PLOTS.iter().filter(|plot| plot.source == source.name) {
            for group in results.groups() {
                let drawn = plot.draw(source, results, group);
                files.extend(drawn.map(|text| (plot.name(group), text)));
            }
        }
    }
    files
}

impl Plot {
    fn name(&self, group: &str) -> String {
        let name = format!("{}-{group}{}", self.source, self.suffix);
        name.replace(' ', "-").to_lowercase()
    }

    fn draw(&self, source: &Source, results: &Results, group: &str) -> Option<String> {
        match self.kind {
            Medians(scale) => self.draw_medians(source, results, group, scale),
            PayloadRates => self.draw_payload_rates(source, results, group),
            Ratios => self.draw_ratios(source, results, group),
            Bars(memory) => self.draw_bars(results, group, memory),
        }
    }

    fn draw_medians(
        &self,
        source: &Source,
        results: &Results,
        group: &str,
        scale: Scale,
    ) -> Option<String> {
        let value = |contender: &str, x| results.median(group, contender, x, self.measure);
        let chart = LineChart {
            title: &format!("{}: {}", self.title, group_title(group)),
            x_name: &x_name(source.along),
            x_label: &|x| source.along.label(x as u64),
            y_name: &quantity(self.measure),
            y_label: &|y| match (scale, self.measure) {
                (Scale::LogarithmicBytes, _) => bytes(y as u64),
                (_, "messages/s") => without_zeros(&short(y)),
                (_, measure) => without_zeros(&measured(y, measure)),
            },
            scale,
            lines: lines(results, group, &value),
        };
        chart.draw()
    }

    fn draw_payload_rates(
        &self,
        source: &Source,
        results: &Results,
        group: &str,
    ) -> Option<String> {
        let value = |contender: &str, x| {
            let rate = results.median(group, contender, x, self.measure)?;
            Some(rate * x as f64 / 1e6)
        };
        let chart = LineChart {
            title: &format!("{}: {}", self.title, group_title(group)),
            x_name: &x_name(source.along),
            x_label: &|x| source.along.label(x as u64),
            y_name: "payload, MB/s",
            y_label: &|y| without_zeros(&three_digits(y)),
            scale: Scale::Logarithmic,
            lines: lines(results, group, &value),
        };
        chart.draw()
    }

    fn draw_ratios(&self, source: &Source, results: &Results, group: &str) -> Option<String> {
        let mut baselines = source.baselines.iter();
        let one = baselines.find(|baseline| baseline.was_measured(results, group))?;
        let Baseline::One(other) = one else {
            return None;
        };
        let value = |contender: &str, x| results.ratio(group, [contender, *other], x, self.measure);
        let chart = LineChart {
            title: &format!("{}: {}", self.title, group_title(group)),
            x_name: &x_name(source.along),
            x_label: &|x| source.along.label(x as u64),
            y_name: &format!("{}, as a ratio to {other}", quantity(self.measure)),
            y_label: &|y| without_zeros(&three_digits(y)),
            scale: Scale::Linear,
            lines: lines(results, group, &value),
        };
        chart.draw()
    }

    fn draw_bars(&self, results: &Results, group: &str, memory: Memory) -> Option<String> {
        let x = *results.xs(group).last()?;
        let mut all = measures(results, group);
        all.retain(|measure| measure.starts_with("resident ") == (memory == Memory::Resident));
        let row = |contender| {
            let values = all.iter();
            let values = values.map(|measure| results.median(group, contender, x, measure));
            (contender, values.collect())
        };
        let chart = BarChart {
            title: &format!("{}: {}, {x} connections", self.title, group_title(group)),
            measures: all.iter().map(|it| quantity(it)).collect(),
            rows: results.contenders(group).into_iter().map(row).collect(),
        };
        chart.draw()
    }
}

/// `10 ms` of `10.0 ms`: what is marked is round.
fn without_zeros(text: &str) -> String {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let number = match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    };
    format!("{number} {unit}").trim_end().to_owned()
}

fn x_name(along: Along) -> String {
    match along {
        Along::Payload => "payload of a message".into(),
        Along::Connections => "connections".into(),
    }
}

/// Of every contender that has a value somewhere.
fn lines<'a>(
    results: &'a Results,
    group: &str,
    value: &dyn Fn(&str, u64) -> Option<f64>,
) -> Vec<Line<'a>> {
    let xs = results.xs(group);
    let line = |name| {
        let points = xs
            .iter()
            .filter_map(|x| Some([*x as f64, value(name, *x)?]));
        let points: Vec<_> = points.collect();
        (!points.is_empty()).then_some(Line { name, points })
    };
    let contenders = results.contenders(group).into_iter();
    contenders.filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::samples;
    use crate::measurements::SOURCES;
    use crate::svg::is_well_formed;

    fn measurements() -> Measurements {
        let values = |one: f64| {
            [
                ("floor", 16, 40.0 * one),
                ("connect", 16, 30.0 * one),
                ("floor", 64, 4.0 * one),
                ("connect", 64, 5.0 * one),
            ]
        };
        let throughput = samples::results("unix-tls", "messages/s", &values(1e6));
        let memory = [("raw", 5000, 365.0), ("connect", 5000, 617.0)];
        let mut memory = samples::results("plain", "waiting B", &memory);
        let after = [("connect", 5000, 617.0)];
        for measure in ["after 1 MiB B", "resident waiting B"] {
            samples::add(&mut memory, "plain", measure, 0, &after);
        }
        let codec = samples::results("decode 8 KiB chunks", "ns per message", &values(1.0));
        Measurements::of(vec![
            ("throughput", throughput),
            ("memory", memory),
            ("codec", codec),
        ])
    }

    #[test]
    fn every_group_has_its_plots() {
        let files = all(&measurements());
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        let expected = [
            "codec-decode-8-kib-chunks",
            "throughput-unix-tls",
            "throughput-unix-tls-bytes",
            "throughput-unix-tls-ratio",
            "memory-plain",
            "memory-plain-resident",
        ];
        assert_eq!(names, expected);
        assert!(files.iter().all(|(_, text)| is_well_formed(text)));
        assert_eq!(all(&measurements()), files);
    }

    #[test]
    fn marks_are_round() {
        let texts = ["10.0 ms", "0.500", "0.000", "100 M", "1.25 us"].map(without_zeros);
        assert_eq!(texts, ["10 ms", "0.5", "0", "100 M", "1.25 us"]);
    }

    fn source(plot: &Plot) -> Option<&'static Source> {
        SOURCES.iter().find(|source| source.name == plot.source)
    }

    #[test]
    fn every_plot_has_a_source() {
        assert!(PLOTS.iter().all(|plot| source(plot).is_some()));
    }

    #[test]
    fn the_document_shows_plots_that_there_can_be() {
        let document = include_str!("../../../PERFORMANCE.md");
        let links = document.split("(docs/performance/").skip(1);
        let shown = links.filter_map(|link| Some(link.split_once(".svg)")?.0));
        let shown: Vec<_> = shown.collect();
        assert!(shown.len() > PLOTS.len(), "{shown:?}");
        let names = PLOTS.iter().flat_map(|plot| {
            let groups = source(plot).map_or(&[][..], |source| source.groups);
            groups.iter().map(|group| plot.name(group))
        });
        let names: Vec<_> = names.collect();
        for name in shown {
            assert!(names.iter().any(|other| other == name), "{name}");
        }
    }
}
