//! The receiving side of a conversation: every message goes into the ledger of its lane.

use std::time::Duration;

use connect_proto::{ConnectDatagram, ReadError};
use connect_testkit::SplitMix64;
use futures_util::future::{join, join_all};
use futures_util::{Stream, StreamExt};
use tokio::time::sleep;

use crate::alone::alone;
use crate::conversation::Direction;
use crate::halves::Incoming;
use crate::ledger::Ledger;
use crate::series::{self, LANES};
use crate::tally::Tally;

/// What is done with messages, and how slowly.
pub(crate) struct Hearing<'a> {
    pub(crate) tally: &'a Tally,
    pub(crate) direction: &'a Direction,
    /// Now and then nothing is read for seconds.
    pub(crate) is_slow: bool,
    pub(crate) random: SplitMix64,
}

/// Receives until the end.
pub(crate) async fn hear(
    incoming: &mut Incoming,
    ledgers: &mut [Ledger; LANES],
    hearing: Hearing<'_>,
) -> Result<(), ReadError> {
    match incoming {
        Incoming::Reader(reader) => hearing.read(reader, ledgers).await,
        Incoming::Router(receivers, driver) => {
            let tally = hearing.tally;
            let lanes = receivers.iter_mut().zip(ledgers).map(|(receiver, ledger)| {
                let hearing = Hearing {
                    random: hearing.random.clone(),
                    ..hearing
                };
                alone(hearing.receive(receiver, ledger))
            });
            let lanes: Vec<_> = lanes.collect();
            let (end, ends) = join(alone(driver), join_all(lanes)).await;
            for other in ends {
                if text(&other) != text(&end) {
                    let (driver, route) = (text(&end), text(&other));
                    tally.unexpected(format!(
                        "router: {driver} for the driver, {route} for a route"
                    ));
                }
            }
            end
        }
    }
}

impl Hearing<'_> {
    async fn read(
        mut self,
        reader: &mut (impl Stream<Item = Result<ConnectDatagram, ReadError>> + Unpin),
        ledgers: &mut [Ledger; LANES],
    ) -> Result<(), ReadError> {
        let mut is_in_turn = true;
        for place in 0.. {
            let Some(datagram) = reader.next().await.transpose()? else {
                break;
            };
            let (lane, _) = series::lane_and_tag(datagram.recipient());
            match ledgers.get_mut(lane) {
                Some(ledger) => self.note(ledger, &datagram).await,
                None => self.tally.unexpected("a message for nobody".to_owned()),
            }
            // Once is enough: behind one that is lost all others are out of turn.
            if is_in_turn && !self.direction.by_queue && lane != self.direction.lane_at(place) {
                is_in_turn = false;
                let what = format!("message {place} of a connection is out of turn");
                self.tally.unexpected(what);
            }
        }
        Ok(())
    }

    async fn receive(
        mut self,
        receiver: &mut (impl Stream<Item = Result<ConnectDatagram, ReadError>> + Unpin),
        ledger: &mut Ledger,
    ) -> Result<(), ReadError> {
        while let Some(datagram) = receiver.next().await.transpose()? {
            self.note(ledger, &datagram).await;
        }
        Ok(())
    }

    async fn note(&mut self, ledger: &mut Ledger, datagram: &ConnectDatagram) {
        let (_, tag) = series::lane_and_tag(datagram.recipient());
        ledger.note(tag, datagram.data());
        self.tally.received(datagram.size());
        self.direction.hear();
        if self.is_slow && self.random.one_in(300) {
            sleep(Duration::from_millis(1000 + self.random.below(2000) as u64)).await;
        }
    }
}

fn text(end: &Result<(), ReadError>) -> String {
    match end {
        Ok(()) => "the end".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Hears all that is spoken to `server` meanwhile, in which there must be no mistake; how often something else was
/// unexpected.
#[cfg(test)]
pub(crate) async fn unexpected_while(
    speaking: impl Future<Output = ()>,
    direction: &Direction,
    server: connect_tokio::Connection,
    random: SplitMix64,
) -> u64 {
    let (mut incoming, _) = crate::halves::of_tokio(server, false, false);
    let mut ledgers = direction.ledgers();
    let tally = Tally::default();
    let hearing = Hearing {
        tally: &tally,
        direction,
        is_slow: false,
        random,
    };
    let (end, ()) = join(hear(&mut incoming, &mut ledgers, hearing), speaking).await;
    end.unwrap();
    assert_eq!(
        direction.judge(ledgers, true),
        crate::ledger::Mistakes::default()
    );
    tally.unexpected_count()
}

#[cfg(test)]
mod tests {
    use connect_tokio::Connection;

    use super::*;

    /// How often a message is out of turn when the lanes take these turns.
    async fn complaints(by_queue: bool, lane_at: impl Fn(&Direction, u64) -> usize) -> u64 {
        let (client, server) = Connection::in_memory(1 << 16);
        let (_, mut writer) = client.split();
        let mut random = SplitMix64::new(1);
        let direction = Direction::new(&mut random, by_queue);
        let spoken = async {
            for place in 0..20 {
                let message = direction.next(lane_at(&direction, place));
                writer.send(message).await.unwrap();
            }
            writer.close().await.unwrap();
        };
        unexpected_while(spoken, &direction, server, random).await
    }

    #[tokio::test]
    async fn lanes_out_of_turn_show_once_where_a_writer_sends() {
        let swapped = |direction: &Direction, place| direction.lane_at(place ^ 1);
        assert_eq!(complaints(false, swapped).await, 1);
        assert_eq!(complaints(true, swapped).await, 0);
        assert_eq!(complaints(false, Direction::lane_at).await, 0);
    }
}
