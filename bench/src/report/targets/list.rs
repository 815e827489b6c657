//! The targets.

use std::ops::RangeInclusive;

use super::Limit::{AtLeast, AtMost};
use super::Target;

const SMALL: RangeInclusive<u64> = 16..=256;
const ALL: RangeInclusive<u64> = 0..=u64::MAX;

const DECODE: &[&str] = &["decode 8 KiB chunks", "decode 64 KiB chunks"];
const BOTH_SIDES: &[&str] = &["tls server", "tls client"];

const RATE: &str = "messages/s";
const TIME: &str = "ns per message";
const WAITING: &str = "waiting B";
const AFTER: &str = "after 64 KiB B";

/// All settings as they come: owned, and borrowed.
const DEFAULTS: &[&str] = &["connect", "connect batch"];
const FLOORS: &[&str] = &["floor", "floor 256k", "floor 1m"];
const WITH_QUEUE: &[&str] = &["connect", "connect batch", "connect queue"];

const TCP_PEERS: &[&str] = &[
    "asynchronous-codec",
    "ldc",
    "ldc tuned",
    "tungstenite",
    "libzmq",
    "zeromq",
    "omq",
    "omq io thread",
];
/// asynchronous-codec takes part over TCP alone.
const UNIX_PEERS: &[&str] = TCP_PEERS.split_at(1).1;

#[rustfmt::skip]
pub(super) const TARGETS: &[Target] = &[
    Target { work: "decode, borrowed", source: "codec", groups: DECODE, measure: TIME,
        ours: &["connect batch"], theirs: &["floor borrowed"], xs: SMALL, limit: AtMost(1.3) },
    Target { work: "decode, owned", source: "codec", groups: DECODE, measure: TIME,
        ours: &["connect owned"], theirs: &["floor owned"], xs: SMALL, limit: AtMost(1.3) },
    Target { work: "decode, owned, beside a peer", source: "codec", groups: DECODE, measure: TIME,
        ours: &["connect owned"], theirs: &["length-delimited"], xs: SMALL, limit: AtMost(0.4) },
    Target { work: "encode, copied", source: "codec", groups: &["encode"], measure: TIME,
        ours: &["connect ref"], theirs: &["floor"], xs: SMALL, limit: AtMost(2.0) },
    Target { work: "encode, handed over", source: "codec", groups: &["encode"], measure: TIME,
        ours: &["connect owned"], theirs: &["floor owned"], xs: SMALL, limit: AtMost(2.0) },
    Target { work: "TCP one way, by default", source: "throughput", groups: &["tcp"], measure: RATE,
        ours: DEFAULTS, theirs: &["floor"], xs: ALL, limit: AtLeast(0.9) },
    Target { work: "TCP one way, larger marks", source: "throughput", groups: &["tcp"], measure: RATE,
        ours: &["connect deep"], theirs: FLOORS, xs: ALL, limit: AtLeast(0.85) },
    Target { work: "TCP one way, ahead of peers", source: "throughput", groups: &["tcp"], measure: RATE,
        ours: WITH_QUEUE, theirs: TCP_PEERS, xs: ALL, limit: AtLeast(1.0) },
    Target { work: "Unix one way, ahead of peers", source: "throughput", groups: &["unix"], measure: RATE,
        ours: WITH_QUEUE, theirs: UNIX_PEERS, xs: ALL, limit: AtLeast(1.0) },
    Target { work: "TLS one way, ahead of the raw stream", source: "throughput", groups: &["tls"], measure: RATE,
        ours: DEFAULTS, theirs: &["raw stream"], xs: ALL, limit: AtLeast(1.0) },
    Target { work: "TLS one way, ahead of a loop of messages over it", source: "throughput", groups: &["tls"],
        measure: RATE, ours: DEFAULTS, theirs: &["floor"], xs: ALL, limit: AtLeast(1.0) },
    Target { work: "round trip, one CPU", source: "round-trip-one-cpu", groups: &["tcp"], measure: "p50 us",
        ours: &["connect"], theirs: &["floor"], xs: 64..=64, limit: AtMost(1.03) },
    Target { work: "memory, waiting", source: "memory", groups: &["plain"], measure: WAITING,
        ours: &["connect"], theirs: &[], xs: ALL, limit: AtMost(700.0) },
    Target { work: "memory, after 64 KiB", source: "memory", groups: &["plain"], measure: AFTER,
        ours: &["connect"], theirs: &[], xs: ALL, limit: AtMost(700.0) },
    Target { work: "memory with TLS, waiting", source: "memory", groups: BOTH_SIDES, measure: WAITING,
        ours: &["connect tls"], theirs: &[], xs: ALL, limit: AtMost(9216.0) },
    Target { work: "memory with TLS, after 64 KiB", source: "memory", groups: BOTH_SIDES, measure: AFTER,
        ours: &["connect tls"], theirs: &[], xs: ALL, limit: AtMost(9216.0) },
];
