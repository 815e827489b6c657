//! How much a test of a model tried.

use core::fmt;
use core::ops::AddAssign;

/// How much was tried with a model beside the code: what [`Counts`](crate::Counts) is for streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelCounts {
    /// Lists of operations.
    pub cases: u64,
    /// Operations, with a comparison behind each.
    pub operations: u64,
    /// Datagrams that came through.
    pub datagrams: u64,
    /// Bytes that went through.
    pub bytes: u64,
}

impl ModelCounts {
    /// Checks that of `tried`, which is one of these sums, there was more than `least` to a case on average.
    /// Of fewer than 50 cases the average is left to chance, and nothing is checked.
    ///
    /// # Panics
    ///
    /// If it hardly tried.
    #[track_caller]
    pub fn check_average(&self, tried: u64, least: u64) {
        let is_enough = tried > least * self.cases;
        assert!(is_enough || self.cases < 50, "it hardly tried: {self}");
    }
}

impl AddAssign for ModelCounts {
    fn add_assign(&mut self, other: Self) {
        self.cases += other.cases;
        self.operations += other.operations;
        self.datagrams += other.datagrams;
        self.bytes += other.bytes;
    }
}

impl fmt::Display for ModelCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cases,
            operations,
            datagrams,
            bytes,
        } = self;
        write!(
            f,
            "{cases} cases, {operations} operations, {datagrams} datagrams, {bytes} bytes"
        )
    }
}
