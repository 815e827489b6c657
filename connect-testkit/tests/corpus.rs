//! What fuzzing has found worth keeping, replayed by the stable compiler.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use connect_testkit::fuzz;

macro_rules! replayed {
    ($list:ident: $($target:ident)*) => {
        const $list: &[&str] = &[$(stringify!($target)),*];

        $(
            #[test]
            fn $target() {
                fuzz::replay(stringify!($target), fuzz::$target);
            }
        )*
    };
}

replayed! { REPLAYED: header decode round_trip outbox queue router }

/// Targets that need a runtime or the allocator, and the tests that replay them.
const REPLAYED_ELSEWHERE: [(&str, &[&str]); 3] = [
    (
        "adapters",
        &[
            "connect-tokio/tests/corpus.rs",
            "connect-async-std/tests/corpus.rs",
        ],
    ),
    ("tls_hostile", &["connect-testkit/tests/corpus_tls.rs"]),
    ("tls_pair", &["connect-testkit/tests/corpus_tls.rs"]),
];

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What is in a folder.
fn names_in(folder: &str) -> BTreeSet<String> {
    fs::read_dir(root().join(folder))
        .unwrap_or_else(|error| panic!("{folder}: {error}"))
        .map(|entry| entry.expect("readable").file_name())
        .map(|name| name.into_string().expect("a plain name"))
        .collect()
}

#[test]
fn every_target_has_a_file_and_a_corpus_that_is_replayed() {
    let elsewhere = REPLAYED_ELSEWHERE.map(|(target, _)| target);
    let replayed: BTreeSet<&str> = REPLAYED.iter().copied().chain(elsewhere).collect();

    let corpora = names_in("fuzz/corpus");
    assert!(corpora.iter().eq(&replayed), "{corpora:?} {replayed:?}");

    let files = names_in("fuzz/targets");
    let expected: BTreeSet<String> = replayed.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(files, expected, "files, and targets that are replayed");

    let manifest = read("fuzz/Cargo.toml");
    let binaries: BTreeSet<&str> = manifest.split("[[bin]]\n").skip(1).collect();
    assert_eq!(binaries.len(), replayed.len(), "binaries, and targets");
    for target in &replayed {
        let start = format!("name = \"{target}\"\npath = \"targets/{target}.rs\"\n");
        let is_there = binaries.iter().any(|binary| binary.starts_with(&start));
        assert!(is_there, "no binary {target}");
    }
}

#[test]
fn what_is_not_replayed_here_is_replayed_elsewhere() {
    for (target, tests) in REPLAYED_ELSEWHERE {
        for test in tests {
            let replays = format!("fuzz::replay(\"{target}\", ");
            assert!(read(test).contains(&replays), "{test}: no {target}");
        }
    }
}
