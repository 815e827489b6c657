//! Queues: many senders on one connection, and a driver that writes for all of them.

pub mod cancelling;
pub mod ending;
pub mod failing;
pub mod network;
pub mod permits;
pub mod sending;

use std::future::Future;
use std::pin::Pin;

use connect_proto::queue::QueueSender;
use connect_proto::{Config, ConnectDatagram, EncodeError, WriteError, WriteErrorKind};

use super::{Adapter, Writer, waiting, writer};
use crate::hostile::{WriteStep, Written};
use crate::task::Task;

/// The driver of a queue.
pub type Driver = Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send>>;

/// What a queue says to a sender or to its driver.
type Sent<'a> = Task<'a, Result<(), WriteError>>;

/// What is sent, and waits for room.
fn in_line<'a>(sender: &'a QueueSender, datagram: &ConnectDatagram) -> Sent<'a> {
    waiting(sender.send(datagram.clone()))
}

/// A queue over a script, whose driver runs when the test lets it.
fn queue<A: Adapter>(
    script: impl IntoIterator<Item = WriteStep>,
    config: Config,
) -> (QueueSender, Sent<'static>, Written) {
    let (writer, written) = writer::<A>(script, true, config);
    let (sender, driver) = writer.into_queue();
    (sender, Task::new(driver), written)
}

fn try_send_all(sender: &QueueSender, datagrams: &[ConnectDatagram]) {
    for datagram in datagrams {
        sender.try_send(datagram.clone()).unwrap();
    }
}

/// Refused because the queue is closed, with the datagram.
fn assert_closed(error: WriteError, datagram: Option<&ConnectDatagram>) {
    assert!(
        matches!(error.kind(), WriteErrorKind::Refused(EncodeError::Finished)),
        "{error}"
    );
    assert_eq!(error.unsent(), None);
    assert_eq!(error.into_datagram().as_ref(), datagram);
}
