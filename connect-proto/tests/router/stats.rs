//! What receivers and connection say about themselves.

use std::task::Waker;

use connect_proto::router::{RouteConfig, Routes, Taken};

use crate::rig::{COST, deliver, for_recipients, inbound_of};

#[test]
fn numbers_add_up() {
    let mut routes = Routes::new();
    let mut one = routes.add(1, RouteConfig::new()).unwrap();
    let two = routes.add(2, RouteConfig::new()).unwrap();
    let mut delivery = routes.into_delivery();
    let mut inbound = inbound_of(&for_recipients(&[1, 1, 2], 10));
    inbound.extend_from_slice(&[0, 0, 0]);
    assert!(deliver(&mut delivery, &mut inbound, Waker::noop()).is_ready());
    assert!(matches!(one.try_next(), Ok(Taken::Datagram(_))));
    let stats = one.stats();
    assert_eq!((stats.messages, stats.bytes), (2, 20));
    assert_eq!((stats.queued_messages, stats.queued_bytes), (1, 10 + COST));
    assert_eq!(two.stats().messages, 1);
    let connection = two.connection_stats();
    assert_eq!((connection.messages, connection.bytes), (3, 57));
    assert_eq!(connection.buffered_bytes, 3);
    assert_eq!(inbound.stats(), connection);
}

/// Every lane counts the same, also a batch that is left early.
#[test]
fn every_lane_counts_datagrams() {
    let mut inbound = inbound_of(&for_recipients(&[1; 10], 10));
    assert!(inbound.next_datagram().unwrap().datagram().is_some());
    assert_eq!(inbound.stats().messages, 1);
    assert!(inbound.next_datagram_ref().unwrap().datagram().is_some());
    assert_eq!(inbound.stats().messages, 2);
    assert_eq!(inbound.datagrams().take(3).count(), 3);
    assert_eq!(inbound.stats().messages, 5);
    assert_eq!(inbound.datagrams().count(), 5);
    let stats = inbound.stats();
    assert_eq!(
        (stats.messages, stats.bytes, stats.buffered_bytes),
        (10, 180, 0)
    );
}
