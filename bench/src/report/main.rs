//! Makes the tables of PERFORMANCE.md and the plots in docs/performance from the results that the benchmarks saved
//! there.
//!
//! ```text
//! cargo run --manifest-path bench/Cargo.toml --bin report               in the folder of the repository
//! cargo run --manifest-path bench/Cargo.toml --bin report -- --check    writes nothing, fails if anything would change
//! ```

mod about;
mod axis;
mod bar_chart;
mod comparison;
mod document;
mod line_chart;
mod measurements;
mod palette;
mod plots;
mod svg;
mod tables;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use connect_bench::Failure;

use crate::measurements::Measurements;

const DOCUMENT: &str = "PERFORMANCE.md";
const FOLDER: &str = "docs/performance";

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let check = match words.as_slice() {
        [] => false,
        [word] if word == "--check" => true,
        _ => return Err("report [--check], in the folder of the repository".into()),
    };
    let measurements = Measurements::load(Path::new(FOLDER))?;
    for missing in measurements.missing() {
        println!("{FOLDER}/{missing}.tsv is not there: its tables and plots are skipped");
    }
    let mut changed = Vec::new();
    for (path, text) in files(&measurements)? {
        if fs::read_to_string(&path).is_ok_and(|present| present == text) {
            continue;
        }
        changed.push(path.display().to_string());
        if !check {
            fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    match (check, changed.is_empty()) {
        (_, true) => println!("nothing changes"),
        (false, false) => println!("written: {}", changed.join(", ")),
        (true, false) => {
            return Err(format!("not as the results have it: {}", changed.join(", ")).into());
        }
    }
    Ok(())
}

/// All that is made from the measurements.
fn files(measurements: &Measurements) -> Result<Vec<(PathBuf, String)>, Failure> {
    let present = fs::read_to_string(DOCUMENT).map_err(|error| format!("{DOCUMENT}: {error}"))?;
    let document = document::with_tables(&present, |name| tables::named(name, measurements))
        .map_err(|error| format!("{DOCUMENT}: {error}"))?;
    let plots = plots::all(measurements).into_iter();
    let plots = plots.map(|(name, text)| (Path::new(FOLDER).join(format!("{name}.svg")), text));
    Ok(plots.chain([(DOCUMENT.into(), document)]).collect())
}
