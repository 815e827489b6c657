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

/// By the test `corpus` of each adapter, and by `corpus_tls`, which counts memory.
const REPLAYED_ELSEWHERE: &[&str] = &["adapters", "tls_hostile", "tls_pair"];

#[test]
fn every_target_has_a_corpus_that_is_replayed() {
    let fuzz = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz"));
    let replayed: BTreeSet<String> = [REPLAYED, REPLAYED_ELSEWHERE]
        .concat()
        .into_iter()
        .map(String::from)
        .collect();

    let corpora: BTreeSet<String> = fs::read_dir(fuzz.join("corpus"))
        .expect("a folder of corpora")
        .map(|entry| entry.expect("readable").file_name())
        .map(|name| name.into_string().expect("a plain name"))
        .collect();
    assert_eq!(corpora, replayed, "corpora, and those that are replayed");

    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).expect("a manifest");
    let targets: BTreeSet<String> = manifest
        .split("[[bin]]\nname = \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(String::from)
        .collect();
    assert_eq!(targets, replayed, "targets, and those that are replayed");
}
