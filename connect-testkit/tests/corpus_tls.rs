//! The corpora of the fuzz targets of TLS, and a few hundred inputs of chance, by the stable compiler.

#![cfg(feature = "tls")]

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use connect_testkit::{Counts, SplitMix64, fuzz};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Every input that is kept for `target`, then some that nobody has chosen.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let mut counts = Counts::default();
    let mut try_input = |input: &[u8]| {
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(input))).is_err() {
            panic!("{target}: {input:?}");
        }
        counts.cases += 1;
        counts.bytes += input.len() as u64;
    };
    let mut kept = 0;
    for entry in fs::read_dir(folder.join(target)).unwrap() {
        try_input(&fs::read(entry.unwrap().path()).unwrap());
        kept += 1;
    }
    assert!(kept > 0, "no corpus");
    for seed in 0..300 {
        let mut random = SplitMix64::new(seed);
        let len = random.below(100);
        let input: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
        try_input(&input);
    }
    println!("{target}: {kept} kept, {counts}");
}

/// What runs beside them would be counted, too.
static ONE_AFTER_THE_OTHER: Mutex<()> = Mutex::new(());

#[test]
fn hostile_peers() {
    let _alone = ONE_AFTER_THE_OTHER.lock();
    replay("tls_hostile", |input| {
        fuzz::tls_hostile(input, || ALLOCATOR.current_usage());
    });
}

#[test]
fn pairs() {
    let _alone = ONE_AFTER_THE_OTHER.lock();
    replay("tls_pair", fuzz::tls_pair);
}
