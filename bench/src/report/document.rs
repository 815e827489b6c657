//! The document that the tables are put into, between markers:
//!
//! ```text
//! <!-- table NAME -->
//! whatever stood here before
//! <!-- end -->
//! ```

use connect_bench::Failure;

const END: &str = "<!-- end -->";

/// The document with every table as `table` makes it. What is not between markers stays as it is.
pub fn with_tables(
    document: &str,
    table: impl Fn(&str) -> Result<String, Failure>,
) -> Result<String, Failure> {
    let mut text = String::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        text += &format!("{line}\n");
        let Some(name) = name_of_table(line) else {
            if line.trim() == END {
                return Err(format!("{END} without a table").into());
            }
            continue;
        };
        // The first marker that follows must be the end.
        let mut markers = lines.by_ref().map(str::trim);
        let next = markers.find(|line| *line == END || name_of_table(line).is_some());
        if next != Some(END) {
            return Err(format!("table {name}: {END} is missing").into());
        }
        // GitHub takes what is next to a comment for a part of it.
        text += &format!("\n{}\n\n{END}\n", table(name)?.trim_end());
    }
    Ok(text)
}

fn name_of_table(line: &str) -> Option<&str> {
    let name = line.trim().strip_prefix("<!-- table ")?;
    Some(name.strip_suffix("-->")?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(document: &str) -> Result<String, String> {
        let table = |name: &str| match name {
            "one" => Ok("1".to_owned()),
            name => Err(Failure::from(format!("{name}: unknown"))),
        };
        with_tables(document, table).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_between_markers_is_replaced_and_nothing_else() {
        let before = "# A\n<!-- table one -->\nold\nold\n<!-- end -->\n| not | ours |\n";
        let after = "# A\n<!-- table one -->\n\n1\n\n<!-- end -->\n| not | ours |\n";
        assert_eq!(replaced(before).unwrap(), after);
        // So that a check after a change finds nothing to do.
        assert_eq!(replaced(after).unwrap(), after);
    }

    #[test]
    fn an_unknown_table_is_named() {
        let error = replaced("<!-- table two -->\n<!-- end -->\n").unwrap_err();
        assert_eq!(error, "two: unknown");
    }

    #[test]
    fn markers_come_in_pairs() {
        let two_starts = "<!-- table one -->\n<!-- table one -->\n<!-- end -->\n";
        for document in ["<!-- table one -->\nold\n", two_starts] {
            let error = replaced(document).unwrap_err();
            assert_eq!(error, "table one: <!-- end --> is missing");
        }
        assert!(replaced("<!-- end -->\n").is_err());
    }
}
