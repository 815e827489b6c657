//! How much a simulation tried.

use core::fmt;
use core::ops::AddAssign;

/// How much a simulation tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Connections from their beginning to their end.
    pub conversations: u64,
    /// Decisions of the scheduler.
    pub steps: u64,
    /// Directions that were cut.
    pub cuts: u64,
    /// Reads and writes that moved less than was possible.
    pub chops: u64,
    /// Times that a direction stood still.
    pub stalls: u64,
    /// Bytes that went over the wire, with those of TLS.
    pub bytes: u64,
    /// Datagrams that arrived.
    pub messages: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.steps += other.steps;
        self.cuts += other.cuts;
        self.chops += other.chops;
        self.stalls += other.stalls;
        self.bytes += other.bytes;
        self.messages += other.messages;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            conversations,
            steps,
            cuts,
            chops,
            stalls,
            bytes,
            messages,
        } = self;
        write!(
            f,
            "{conversations} conversations, {steps} steps, {cuts} cuts, {chops} chops, {stalls} stalls, \
             {bytes} bytes, {messages} messages"
        )
    }
}
