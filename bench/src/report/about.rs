//! What it was measured on, from the first lines of each file.

use crate::measurements::Measurements;
use crate::tables::NOT_MEASURED;

/// A row for each thing that is known, and for each of its values, if the files do not agree.
pub fn table(measurements: &Measurements) -> String {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (source, results) in measurements.present() {
        for line in &results.about {
            let (name, value) = line.split_once(": ").unwrap_or(("", line));
            let same = |row: &&mut Row<'_>| (row.name, row.value) == (name, value);
            match rows.iter_mut().find(same) {
                Some(row) => row.sources.push(source.name),
                None => {
                    // Beside others of its name.
                    let last = rows.iter().rposition(|row| row.name == name);
                    let at = last.map_or(rows.len(), |last| last + 1);
                    let sources = vec![source.name];
                    rows.insert(
                        at,
                        Row {
                            name,
                            value,
                            sources,
                        },
                    );
                }
            }
        }
    }
    if rows.is_empty() {
        return NOT_MEASURED.into();
    }
    let files = measurements.present().count();
    let mut text = String::from("| | |\n| --- | --- |\n");
    for Row {
        name,
        value,
        sources,
    } in &rows
    {
        let value = value.replace('|', "\\|");
        text += &match (*name, sources.len() == files) {
            ("command", _) => format!("| {} | `{value}` |\n", sources.join(", ")),
            (name, true) => format!("| {name} | {value} |\n"),
            (name, false) => format!("| {name} ({}) | {value} |\n", sources.join(", ")),
        };
    }
    text
}

struct Row<'a> {
    name: &'a str,
    value: &'a str,
    sources: Vec<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use connect_bench::results::Results;

    fn results(about: &[&str]) -> Results {
        Results {
            about: about.iter().map(|line| (*line).to_owned()).collect(),
            records: Vec::new(),
        }
    }

    #[test]
    fn what_all_files_agree_on_stands_there_once() {
        let codec = results(&["command: codec", "processor: fast", "commit: 1"]);
        let memory = results(&["command: memory", "processor: fast", "commit: 2"]);
        let text = table(&Measurements::of(vec![
            ("codec", codec),
            ("memory", memory),
        ]));
        let expected = "\
| | |
| --- | --- |
| codec | `codec` |
| memory | `memory` |
| processor | fast |
| commit (codec) | 1 |
| commit (memory) | 2 |
";
        assert_eq!(text, expected);
    }
}
