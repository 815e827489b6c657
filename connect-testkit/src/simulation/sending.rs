//! Applications that send: in all the ways there are, chosen by a seed, and now and then not waiting for the end.

use std::rc::{Rc, Weak};

use connect_proto::queue::{QueueSender, TrySendError};
use connect_proto::{ConnectDatagram, DatagramRef, EncodeError, WriteError, WriteErrorKind};

use super::ledger::{Failure, Fate, Ledger, TELLING_LEN};
use super::pipe::Pipe;
use super::tasks::{pause, within};
use super::writer::Writer;
use crate::naive;
use crate::random::SplitMix64;

/// What belongs to one sender.
pub(crate) struct Application {
    pub(crate) ledger: Rc<Ledger>,
    /// Its number, which is the recipient.
    pub(crate) lane: u16,
    /// What it sends.
    pub(crate) lengths: Vec<usize>,
    pub(crate) random: SplitMix64,
    /// It does the same with each: sends it and waits until it is flushed.
    pub(crate) is_simple: bool,
    /// Where its datagrams go, if they go there as they are.
    pub(crate) plain_pipe: Option<Pipe>,
    /// Changes the keys of TLS.
    pub(crate) refresh_keys: Option<Rc<dyn Fn()>>,
}

impl Application {
    /// Sends everything through a writer of its own, and closes it.
    pub(crate) async fn send_directly(mut self, mut writer: Writer) {
        let result = self.send_all_directly(&mut writer).await;
        self.ledger.write(|books| books.closing = true);
        let result = match result {
            Ok(()) => writer.close().await,
            Err(error) => Err(error),
        };
        if let Err(error) = &result {
            // Half of them want to know nothing more, and hang up.
            if self.random.one_in(2) {
                let again = writer.close().await.expect_err("it has failed");
                assert_eq!(again.to_string(), error.to_string());
                writer.check_repeats(error);
            }
        }
        let result = result.as_ref().copied().map_err(Failure::from);
        self.ledger.write(|books| books.sending = Some(result));
    }

    async fn send_all_directly(&mut self, writer: &mut Writer) -> Result<(), WriteError> {
        for len in std::mem::take(&mut self.lengths) {
            self.live_a_little().await;
            let (offer, datagram) = self.ledger.offer(self.lane, len);
            let way = if self.is_simple {
                0
            } else {
                self.random.below(8)
            };
            let patience = self.random.below(6);
            let given_up = match way {
                1 => {
                    let feeding = writer.feed(datagram.clone());
                    within(patience, feeding).await.map_or_else(
                        || Some(Fate::Refused),
                        |result| {
                            self.ledger.settle_with(offer, &result, true);
                            None
                        },
                    )
                }
                2 => {
                    let result = writer.feed_ref(DatagramRef::from(&datagram)).await;
                    self.ledger.settle_with(offer, &result, false);
                    result?;
                    None
                }
                _ => {
                    let result = writer.feed(datagram.clone()).await;
                    self.ledger.settle_with(offer, &result, true);
                    result?;
                    None
                }
            };
            if let Some(fate) = given_up {
                self.ledger.settle(offer, fate);
            }
            match way {
                0 | 3 => writer.flush().await?,
                4 => {
                    let flushed = within(patience, writer.flush()).await;
                    flushed.unwrap_or(Ok(()))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Sends everything through a handle of a queue, and drops it, or closes the queue for everybody.
    pub(crate) async fn send_by_queue(mut self, sender: Rc<QueueSender>) {
        let result = self.send_all_by_queue(&sender).await;
        let result = match result {
            Ok(()) if !self.is_simple && self.random.one_in(3) => sender.flush().await,
            result => result,
        };
        let result = match result {
            Ok(()) if !self.is_simple && self.random.one_in(6) => {
                self.ledger.write(|books| books.closing = true);
                if self.random.one_in(3) {
                    // It closes without being waited for.
                    within(1, sender.close()).await.unwrap_or(Ok(()))
                } else {
                    sender.close().await
                }
            }
            result => result,
        };
        if let Err(error) = result {
            self.tell(&sender, &error).await;
        }
    }

    /// A failure is told to everybody alike, and again; that the queue was closed by another is none.
    async fn tell(&self, sender: &QueueSender, error: &WriteError) {
        if matches!(error.kind(), WriteErrorKind::Refused(EncodeError::Finished)) {
            let closing = self.ledger.write(|books| books.closing);
            assert!(closing, "closed by nobody");
            return;
        }
        let again = sender.flush().await.expect_err("it has failed");
        assert_eq!(again.to_string(), error.to_string());
        let failure = Failure::from(error);
        self.ledger.write(|books| books.told.push(failure));
    }

    async fn send_all_by_queue(&mut self, sender: &QueueSender) -> Result<(), WriteError> {
        for len in std::mem::take(&mut self.lengths) {
            self.live_a_little().await;
            let (offer, datagram) = self.ledger.offer(self.lane, len);
            let way = if self.is_simple {
                0
            } else {
                self.random.below(10)
            };
            let patience = self.random.below(4);
            let result = match way {
                1 if len >= TELLING_LEN => {
                    let sending = sender.send(datagram);
                    let Some(result) = within(patience, sending).await else {
                        let fate = if patience == 0 {
                            Fate::Refused
                        } else {
                            Fate::GivenUp
                        };
                        self.ledger.settle(offer, fate);
                        continue;
                    };
                    result
                }
                2 => sender.send_ref(DatagramRef::from(&datagram)).await,
                3 => try_send(sender, datagram).await,
                4 => send_reserved(sender, datagram, 0).await,
                5 => {
                    let reserving = sender.reserve(len + 10);
                    if let Some(Err(error)) = within(patience, reserving).await {
                        self.ledger.settle(offer, Fate::Refused);
                        return Err(error);
                    }
                    sender.send(datagram).await
                }
                6 => {
                    let pauses = self.random.below(5);
                    send_reserved(sender, datagram, pauses).await
                }
                _ => sender.send(datagram).await,
            };
            self.ledger.settle_with(offer, &result, way != 2);
            result?;
            let flushed = match way {
                0 | 7 => Some(sender.flush().await),
                8 => within(patience, sender.flush()).await,
                _ => None,
            };
            if let Some(result) = flushed {
                result?;
                self.check_flushed();
            }
        }
        Ok(())
    }

    /// What this sender was told to be flushed is.
    fn check_flushed(&self) {
        if let Some(pipe) = &self.plain_pipe {
            let flushed = naive::parse(&pipe.flushed(), usize::MAX).messages;
            self.ledger.check_accepted(self.lane, &flushed);
        }
    }

    async fn live_a_little(&mut self) {
        if self.is_simple {
            return;
        }
        if self.random.one_in(6) {
            pause(self.random.below(10)).await;
        }
        if self.random.one_in(10) {
            if let Some(refresh_keys) = &self.refresh_keys {
                refresh_keys();
            }
        }
    }
}

async fn try_send(sender: &QueueSender, datagram: ConnectDatagram) -> Result<(), WriteError> {
    match sender.try_send(datagram) {
        Ok(()) => Ok(()),
        Err(TrySendError::Full(datagram)) => sender.send(datagram).await,
        Err(TrySendError::Failed(error)) => Err(error),
    }
}

async fn send_reserved(
    sender: &QueueSender,
    datagram: ConnectDatagram,
    pauses: usize,
) -> Result<(), WriteError> {
    match sender.reserve(datagram.data().len() + pauses).await {
        Ok(permit) => {
            pause(pauses).await;
            permit.send(datagram)
        }
        // It was not given away yet.
        Err(error) => Err(error.with_datagram(datagram)),
    }
}

/// Holds the queue to its promise for as long as anybody sends: at most the mark, or one frame.
pub(crate) fn check_queue(senders: &[Weak<QueueSender>], most: usize) {
    if let Some(sender) = senders.iter().find_map(Weak::upgrade) {
        let queued = sender.stats().queued_bytes;
        assert!(
            queued <= most,
            "{queued} bytes are in the queue; the bound is {most}"
        );
    }
}
