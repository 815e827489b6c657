//! What every client and every task of the server needs.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use connect_proto::{ReadError, WriteError};
use connect_testkit::SplitMix64;

use crate::conversation::{Conversation, Direction};
use crate::server::Addresses;
use crate::settings::Settings;
use crate::tally::Tally;
use crate::visits::Visits;

pub(crate) struct Shared {
    pub(crate) tally: Tally,
    pub(crate) visits: Visits,
    pub(crate) addresses: Addresses,
    pub(crate) settings: Settings,
    /// How long everybody who sends rests for each message.
    pub(crate) pause: Duration,
    seeds: AtomicU64,
}

/// How long a client goes on before it closes, is killed, or the soak is over.
pub(crate) const LONGEST_CONVERSATION: Duration = Duration::from_secs(20);

/// How long anything else may take, and how long a conversation may be silent; then it is stuck.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How long everybody together may take to end: more than a conversation may before it counts as stuck, so that it is
/// known which one it is.
pub(crate) const LONGEST_END: Duration = Duration::from_secs(15 * 60);

impl Shared {
    pub(crate) fn new(settings: Settings, addresses: Addresses) -> Self {
        let senders = 2 * settings.connections;
        Self {
            tally: Tally::default(),
            visits: Visits::default(),
            addresses,
            settings,
            pause: Duration::from_secs_f64(senders as f64 / settings.rate as f64),
            seeds: AtomicU64::new(settings.seed << 32),
        }
    }

    /// Another sequence of random numbers.
    pub(crate) fn random(&self) -> SplitMix64 {
        SplitMix64::new(self.seeds.fetch_add(1, Relaxed))
    }

    /// How `who` has come to the end of a direction. To be called at that moment: what fails in a conversation that is
    /// killed later has failed by itself.
    pub(crate) fn judge_end(
        &self,
        who: &str,
        conversation: &Conversation,
        direction: &Direction,
        end: &Result<(), ReadError>,
    ) {
        if let Some(fault) = conversation.fault_of_end(direction, end) {
            self.tally.unexpected(format!("{who} hears {fault}"));
        } else if conversation.is_killed() {
            let transport = conversation.transport;
            self.tally.cut(format!("{transport}: {}", name_of_cut(end)));
        }
    }

    /// How `who` has come to the end of its sending; at that moment as well.
    pub(crate) fn judge_writer(
        &self,
        who: &str,
        conversation: &Conversation,
        end: Result<(), WriteError>,
    ) {
        if let Err(error) = end {
            if !conversation.is_killed() {
                let transport = conversation.transport;
                self.tally
                    .unexpected(format!("{who} writes over {transport}: {error}"));
            }
        }
    }
}

fn name_of_cut(end: &Result<(), ReadError>) -> String {
    match end {
        Ok(()) => "between two messages".to_owned(),
        Err(ReadError::Io(error)) => error.kind().to_string(),
        Err(ReadError::Protocol(_)) => "within a message".to_owned(),
        Err(_) => "without close_notify".to_owned(),
    }
}
