//! How much a test tried.

use core::fmt;
use core::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much was tried: printed by every test that tries many things, because a property that ran
/// over next to nothing proves next to nothing.
///
/// Counting needs no exclusive access, so that one value can be shared by all cases of a property.
#[derive(Debug, Default)]
pub struct Counts {
    cases: AtomicU64,
    datagrams: AtomicU64,
    cuts: AtomicU64,
    bytes: AtomicU64,
}

impl Counts {
    /// Nothing tried yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            cases: AtomicU64::new(0),
            datagrams: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// One case, which passed `datagrams` in `bytes` bytes.
    #[must_use]
    pub fn case(datagrams: usize, bytes: usize) -> Self {
        let counts = Self::new();
        counts.cases.store(1, Ordering::Relaxed);
        counts.datagrams.store(datagrams as u64, Ordering::Relaxed);
        counts.bytes.store(bytes as u64, Ordering::Relaxed);
        counts
    }

    /// One more read or write.
    pub fn add_cut(&self) {
        self.cuts.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds what `other` tried.
    pub fn add(&self, other: &Self) {
        for (sum, summand) in [
            (&self.cases, &other.cases),
            (&self.datagrams, &other.datagrams),
            (&self.cuts, &other.cuts),
            (&self.bytes, &other.bytes),
        ] {
            sum.fetch_add(summand.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// How many cases were tried.
    #[must_use]
    pub fn cases(&self) -> u64 {
        self.cases.load(Ordering::Relaxed)
    }

    /// How many reads and writes the streams were cut into.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.add(&other);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        write!(
            f,
            "{} cases, {} datagrams, {} cuts, {} bytes",
            read(&self.cases),
            read(&self.datagrams),
            read(&self.cuts),
            read(&self.bytes)
        )
    }
}
