//! How much a test tried.

use core::fmt;
use core::ops::AddAssign;

/// How much was tried: printed by every test that tries many things, because a property that ran
/// over next to nothing proves next to nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Runs of the oracle.
    pub cases: u64,
    /// Datagrams that came through.
    pub datagrams: u64,
    /// Reads and writes that the streams were cut into.
    pub cuts: u64,
    /// Bytes that went through.
    pub bytes: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.cases += other.cases;
        self.datagrams += other.datagrams;
        self.cuts += other.cuts;
        self.bytes += other.bytes;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cases,
            datagrams,
            cuts,
            bytes,
        } = self;
        write!(
            f,
            "{cases} cases, {datagrams} datagrams, {cuts} cuts, {bytes} bytes"
        )
    }
}
