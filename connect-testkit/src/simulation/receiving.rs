//! Applications that receive, quickly or slowly: each datagram, or those of its recipients through a router.

use std::fmt::Display;
use std::rc::Rc;

use connect_proto::router::{RouteConfig, RouteDelivery, RouteReceiver};
use connect_proto::{ConnectDatagram, ReadError};

use super::ledger::Ledger;
use super::reader::Reader;
use super::tasks::pause;
use crate::random::SplitMix64;

/// Receives everything until the end.
pub(crate) async fn receive_directly(
    mut reader: Reader,
    ledger: Rc<Ledger>,
    random: SplitMix64,
    dawdles: bool,
) {
    receive(async || reader.next().await, ledger, random, dawdles).await;
}

/// Drives a router until the end.
pub(crate) async fn deliver(mut reader: Reader, mut delivery: RouteDelivery, ledger: Rc<Ledger>) {
    let result = reader.deliver(&mut delivery).await;
    ledger.write(|books| books.receiving.push(result));
}

/// Receives what comes by one route.
pub(crate) async fn receive_by_route(
    mut receiver: RouteReceiver,
    ledger: Rc<Ledger>,
    random: SplitMix64,
    dawdles: bool,
    most_queued: usize,
) {
    let next = async || {
        let queued = receiver.stats().queued_bytes;
        assert!(
            queued <= most_queued,
            "{queued} bytes; the bound is {most_queued}"
        );
        receiver.next().await
    };
    receive(next, ledger, random, dawdles).await;
}

/// Asks for the next one until the end, and then once more: the answer stays.
async fn receive(
    mut next: impl AsyncFnMut() -> Result<Option<ConnectDatagram>, ReadError>,
    ledger: Rc<Ledger>,
    mut random: SplitMix64,
    dawdles: bool,
) {
    let result = loop {
        match next().await {
            Ok(Some(datagram)) => ledger.receive(datagram),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        if dawdles && random.one_in(3) {
            pause(random.below(30)).await;
        }
    };
    let again = next().await;
    assert_eq!(
        text(&again),
        text(&result.as_ref().map(|()| None)),
        "asked again"
    );
    ledger.write(|books| books.receiving.push(result));
}

/// What a receiver was told, to compare: an error of the transport is not made of the same parts again.
fn text(told: &Result<Option<ConnectDatagram>, impl Display>) -> String {
    match told {
        Ok(datagram) => format!("{datagram:?}"),
        Err(error) => error.to_string(),
    }
}

/// What a route may hold.
pub(crate) const fn most_queued(config: RouteConfig, longest_data: usize) -> usize {
    let one = longest_data + RouteConfig::OVERHEAD;
    if one > config.capacity() {
        one
    } else {
        config.capacity()
    }
}
