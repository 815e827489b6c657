//! What happened so far, counted by everybody.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::ledger::Mistakes;

/// Counts that only grow, except for `alive`.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) alive: AtomicU64,
    pub(crate) messages: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) conversations: AtomicU64,
    pub(crate) kills: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) stuck: AtomicU64,
    unexpected: AtomicU64,
    mistakes: Mutex<Mistakes>,
    details: Mutex<Details>,
}

/// What was seen how often, in words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details {
    /// How killed connections ended.
    pub(crate) cuts: BTreeMap<String, u64>,
    /// Which garbage was refused.
    pub(crate) refusals: BTreeMap<&'static str, u64>,
    /// What should not have happened; no more than some of it.
    pub(crate) unexpected: Vec<String>,
}

/// Who reads more than this knows enough.
const MOST_UNEXPECTED: usize = 20;

impl Tally {
    pub(crate) fn received(&self, bytes: usize) {
        self.messages.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn mistakes(&self) -> Mistakes {
        *self.mistakes.lock().expect("nobody panics in here")
    }

    pub(crate) fn add_mistakes(&self, mistakes: Mistakes) {
        *self.mistakes.lock().expect("nobody panics in here") += mistakes;
    }

    pub(crate) fn unexpected_count(&self) -> u64 {
        self.unexpected.load(Relaxed)
    }

    pub(crate) fn unexpected(&self, what: String) {
        self.unexpected.fetch_add(1, Relaxed);
        self.with_details(|details| details.complain(what));
    }

    pub(crate) fn stuck(&self, who: String) {
        self.stuck.fetch_add(1, Relaxed);
        self.with_details(|details| details.complain(format!("waits for ever: {who}")));
    }

    pub(crate) fn cut(&self, end: String) {
        self.with_details(|details| *details.cuts.entry(end).or_default() += 1);
    }

    pub(crate) fn refused(&self, garbage: &'static str) {
        self.refused.fetch_add(1, Relaxed);
        self.with_details(|details| *details.refusals.entry(garbage).or_default() += 1);
    }

    pub(crate) fn details(&self) -> Details {
        self.with_details(|details| details.clone())
    }

    fn with_details<T>(&self, use_them: impl FnOnce(&mut Details) -> T) -> T {
        use_them(&mut self.details.lock().expect("nobody panics in here"))
    }
}

impl Details {
    fn complain(&mut self, what: String) {
        if self.unexpected.len() < MOST_UNEXPECTED {
            self.unexpected.push(what);
        }
    }
}
