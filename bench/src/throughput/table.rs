//! What is printed: for each transport a table of medians and of ratios to the floor.

use connect_bench::results::Results;
use connect_bench::units::short;

use crate::arguments::Arguments;
use crate::contender::SUBJECT;
use crate::measure::{P50, P99, RATE};

pub fn print(results: &Results, transport: &str, arguments: &Arguments) {
    let measures: &[&str] = if arguments.round_trip {
        &[P50, P99]
    } else {
        &[RATE]
    };
    for measure in measures {
        let rounds = arguments.rounds;
        println!("\n{transport}, {measure}, median of {rounds} (times the {SUBJECT})\n");
        print!("{}", table(results, transport, measure));
    }
}

fn table(results: &Results, group: &str, measure: &str) -> String {
    let xs = results.xs(group);
    let mut text = format!("| {:<20} |", "");
    for x in &xs {
        text += &format!(" {:>16} |", format!("{x} B"));
    }
    text += &format!("\n|{:-<22}|", "");
    text += &format!("{:->17}:|", "").repeat(xs.len());
    text += "\n";
    for contender in results.contenders(group) {
        text += &format!("| {contender:<20} |");
        for &x in &xs {
            let median = results.median(group, contender, x, measure);
            let ratio = results.ratio(group, [contender, SUBJECT], x, measure);
            let median = median.map_or("–".to_owned(), short);
            let ratio = ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"));
            text += &format!(" {:>16} |", format!("{median} ({ratio})"));
        }
        text += "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use connect_bench::results::Record;

    use super::*;

    #[test]
    fn medians_and_ratios_have_their_places() {
        let mut results = Results::default();
        for (contender, x, value) in [
            (SUBJECT, 16, 47_123_456.0),
            (SUBJECT, 64, 20_000.0),
            ("connect", 16, 23_561_728.0),
        ] {
            results.push(Record {
                group: "tcp".into(),
                contender: contender.into(),
                x,
                measure: RATE.into(),
                round: 0,
                value,
            });
        }
        let table = table(&results, "tcp", RATE);
        let cells: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split('|').map(str::trim).collect())
            .collect();
        assert_eq!(cells[0], ["", "", "16 B", "64 B", ""]);
        assert_eq!(
            cells[2],
            ["", SUBJECT, "47.1 M (1.00)", "20.0 k (1.00)", ""]
        );
        assert_eq!(cells[3], ["", "connect", "23.6 M (0.50)", "– (–)", ""]);
    }
}
