//! What was measured so far.

use std::cell::{Cell, RefCell};
use std::io;
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::time::Instant;

use crate::bench::progress::Progress;
use crate::failure::Failure;

/// Counts messages and sorts latencies, in memory that does not grow with their number.
pub(super) struct Tally {
    begin: Instant,
    end: Cell<Instant>,
    expected: u64,
    messages: Cell<u64>,
    /// In nanoseconds, to three digits.
    latencies: RefCell<Histogram<u64>>,
    progress: Progress,
}

/// Longer ones count as this long.
const MOST_LATENCY: Duration = Duration::from_secs(3600);

impl Tally {
    /// The clock starts now.
    pub(super) fn new(expected: u64) -> Result<Self, Failure> {
        let most = MOST_LATENCY.as_nanos() as u64;
        let latencies = Histogram::new_with_max(most, 3)
            .map_err(|error| Failure::System(io::Error::other(error)))?;
        let begin = Instant::now();
        Ok(Self {
            begin,
            end: Cell::new(begin),
            expected,
            messages: Cell::new(0),
            latencies: RefCell::new(latencies),
            progress: Progress::new(expected),
        })
    }

    /// One message more, which was on its way for so long.
    pub(super) fn count_trip(&self, latency: Duration) {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.latencies.borrow_mut().saturating_record(nanoseconds);
        self.count();
    }

    /// One message more.
    pub(super) fn count(&self) {
        self.messages.set(self.messages.get() + 1);
        self.progress.show(self.messages.get());
    }

    /// The clock stops.
    pub(super) fn finish(&self) {
        self.end.set(Instant::now());
        self.progress.finish();
    }

    pub(super) const fn expected(&self) -> u64 {
        self.expected
    }

    pub(super) fn messages(&self) -> u64 {
        self.messages.get()
    }

    pub(super) fn duration(&self) -> Duration {
        self.end.get() - self.begin
    }

    /// The latency that this share of all messages had at the most; none if none was measured.
    pub(super) fn latency(&self, percent: f64) -> Option<Duration> {
        let latencies = self.latencies.borrow();
        let nanoseconds = latencies.value_at_percentile(percent);
        (!latencies.is_empty()).then(|| Duration::from_nanos(nanoseconds))
    }
}
