//! Whether the whole run was good.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::process::Process;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::tally::Tally;

/// Samples of the resident set, one a second, and what the process held before anybody came.
pub(crate) struct Health {
    before: Process,
    resident: Vec<u64>,
}

/// The resident set is compared in runs that are long enough for it to settle.
const LONG: Duration = Duration::from_secs(180);

/// Growth of the resident set that is taken for noise: this, and a tenth.
const RESIDENT_MARGIN: u64 = 8 * 1024 * 1024;

/// What the heap may hold at the end that it did not hold before: caches of sessions and of threads, tables that have
/// room for all clients at a time, and a little for each conversation. With the defaults there are about ten
/// conversations a second, so a leak shows that is larger than about 500 B for each in a minute, or 22 B in an hour.
const HEAP_MARGIN: u64 = 128 * 1024;
const HEAP_PER_CLIENT: u64 = 1024;
const HEAP_PER_CONVERSATION: u64 = 16;

/// Sockets all close; the rest belongs to runtimes.
const DESCRIPTORS_MARGIN: u64 = 8;

impl Health {
    pub(crate) const fn new(before: Process) -> Self {
        Self {
            before,
            resident: Vec::new(),
        }
    }

    /// To be called once a second.
    pub(crate) fn sample(&mut self, process: &Process) {
        self.resident.extend(process.resident);
    }

    /// What was wrong, once everybody has gone.
    pub(crate) fn faults(
        &self,
        settings: &Settings,
        shared: &Shared,
        after: &Process,
    ) -> Vec<String> {
        let tally = &shared.tally;
        let mistakes = tally.mistakes();
        let mut faults = Vec::new();
        let mut none = |what: &str, count: u64| {
            if count > 0 {
                faults.push(format!("{count} {what}"));
            }
        };
        none("messages lost", mistakes.lost);
        none("messages duplicated", mistakes.duplicated);
        none("messages reordered", mistakes.reordered);
        none("messages corrupt", mistakes.corrupt);
        none("conversations stuck", tally.stuck.load(Relaxed));
        none("unexpected events", tally.unexpected_count());
        none(
            "conversations that the server has missed",
            shared.visits.missed() as u64,
        );

        let conversations = tally.conversations.load(Relaxed);
        let clients = (settings.connections + settings.garbage) as u64;
        let margin =
            HEAP_MARGIN + HEAP_PER_CLIENT * clients + HEAP_PER_CONVERSATION * conversations;
        let allowed = self.before.heap + margin;
        if after.heap > allowed {
            let (before, after) = (self.before.heap, after.heap);
            faults.push(format!(
                "the heap grew from {before} to {after} bytes in {conversations} conversations"
            ));
        }
        if let (Some(before), Some(after)) = (self.before.descriptors, after.descriptors) {
            if after > before + DESCRIPTORS_MARGIN {
                faults.push(format!("{before} descriptors before, {after} after"));
            }
        }
        faults.extend(self.growth(settings.duration));
        faults.extend(idle(settings, tally));
        faults
    }

    /// The last quarter beside the first, without the first twentieth, in which everything warms up.
    fn growth(&self, duration: Duration) -> Option<String> {
        let count = self.resident.len();
        if duration < LONG || count < 40 {
            return None;
        }
        let first = median(&self.resident[count / 20..count / 4]);
        let last = median(&self.resident[count - count / 4..]);
        let is_flat = last <= first + first / 10 + RESIDENT_MARGIN;
        (!is_flat).then(|| format!("the resident set grew from {first} to {last} bytes"))
    }
}

/// What was asked for and did not happen. No rate: a machine may be slow.
fn idle(settings: &Settings, tally: &Tally) -> Vec<String> {
    let mut faults = Vec::new();
    let conversations = tally.conversations.load(Relaxed);
    let messages = tally.messages.load(Relaxed);
    // Each client's last conversation ends with the soak.
    let lived = conversations.saturating_sub(settings.connections as u64);
    // Both sides of the others begin with a burst.
    if messages < lived.max(1) {
        faults.push(format!(
            "only {messages} messages in {conversations} conversations"
        ));
    }
    // Three in ten of them are killed.
    if lived >= 100 && tally.kills.load(Relaxed) == 0 {
        faults.push(format!(
            "nobody was killed in {conversations} conversations"
        ));
    }
    if settings.garbage > 0 && tally.refused.load(Relaxed) == 0 {
        faults.push("no garbage was refused".to_owned());
    }
    faults
}

fn median(samples: &[u64]) -> u64 {
    let mut samples = samples.to_vec();
    samples.sort_unstable();
    samples[samples.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soak_that_did_nothing_is_no_good() {
        let settings = Settings::parse(std::iter::empty()).unwrap().unwrap();
        let tally = Tally::default();
        tally.conversations.store(200, Relaxed);
        assert_eq!(idle(&settings, &tally).len(), 3);
        tally.messages.store(200, Relaxed);
        assert_eq!(idle(&settings, &tally).len(), 2);
        tally.kills.store(1, Relaxed);
        assert_eq!(idle(&settings, &tally).len(), 1);
        tally.refused("anything");
        assert_eq!(idle(&settings, &tally), Vec::<String>::new());
    }

    fn growth_of(resident: impl Iterator<Item = u64>) -> Option<String> {
        let mut health = Health::new(Process::now());
        health.resident = resident.collect();
        health.growth(LONG)
    }

    #[test]
    fn growth_shows_and_warming_up_does_not() {
        const MIB: u64 = 1024 * 1024;
        assert_eq!(
            growth_of((0..300).map(|second| 50 * MIB + second % 7 * MIB)),
            None
        );
        // Longer than the first twentieth; the median bears the rest.
        let warming_up = |second| if second < 40 { 10 * MIB } else { 50 * MIB };
        assert_eq!(growth_of((0..300).map(warming_up)), None);
        assert!(growth_of((0..300).map(|second| 50 * MIB + second * MIB / 10)).is_some());
    }
}
