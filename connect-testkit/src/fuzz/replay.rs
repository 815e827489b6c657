//! Corpora, without a fuzzer.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

/// Gives every input of the corpus of `target` to `body`, and prints how many there were.
///
/// # Panics
///
/// If there is none, and on a finding.
pub fn replay(target: &str, body: impl Fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let folder = corpus.join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{folder:?} is empty");
    let mut bytes = 0;
    for path in &paths {
        let input = fs::read(path).expect("a readable file");
        bytes += input.len();
        if let Err(finding) = catch_unwind(AssertUnwindSafe(|| body(&input))) {
            eprintln!("the input was {path:?}");
            resume_unwind(finding);
        }
    }
    println!("{target}: {} inputs, {bytes} bytes", paths.len());
}
