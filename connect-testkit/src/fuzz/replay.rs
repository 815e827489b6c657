//! Corpora, without a fuzzer.

use std::fmt::Debug;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use crate::random::SplitMix64;

/// Inputs that nobody has chosen, beside those of the corpus.
const RANDOM_INPUTS: u64 = 300;

/// Gives every input of the corpus of `target` to `body`, then some of chance, and prints how many there were.
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
        check(&body, &input, path);
    }
    for seed in 0..RANDOM_INPUTS {
        let mut random = SplitMix64::new(seed);
        let len = random.below(100);
        let input: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
        check(&body, &input, &input);
    }
    println!(
        "{target}: {} inputs of the corpus, {bytes} bytes; {RANDOM_INPUTS} of chance",
        paths.len()
    );
}

/// Says of which input a finding is.
fn check(body: impl Fn(&[u8]), input: &[u8], name: &dyn Debug) {
    if let Err(finding) = catch_unwind(AssertUnwindSafe(|| body(input))) {
        eprintln!("the input was {name:?}");
        resume_unwind(finding);
    }
}
