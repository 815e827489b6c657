//! Failures of the transport, with a stage before it and without.

use std::io;

use connect_proto::{Config, Decoder, Goal, Inbound, ReadError, WriteErrorKind};
use connect_testkit::{Schedule, datagrams, naive};

use crate::rig::{END_RECORD_LEN, drain, inbound, outbound, seal};

/// Both with and without a stage: what a driver still delivers after a failure is not received.
#[test]
fn nothing_is_received_after_a_failure() {
    let sent = datagrams::of_lengths(&[10, 20, 30]);
    let plain = naive::encode(&sent);
    let sealed = seal(&sent, u16::MAX, &Schedule::AtOnce);
    let unstaged = Inbound::from(Decoder::new(&Config::new()));
    for (mut inbound, stream) in [(unstaged, plain), (inbound(1000), sealed)] {
        inbound.extend_from_slice(&stream[..30]);
        inbound.fail(io::ErrorKind::ConnectionReset.into());
        let rest = &stream[30..];
        inbound.spare()[..rest.len()].copy_from_slice(rest);
        inbound.commit(rest.len());
        inbound.extend_from_slice(rest);
        inbound.finish();
        let mut received = Vec::new();
        assert!(inbound.has_answer());
        let error = drain(&mut inbound, &mut received).expect_err("failed");
        assert!(matches!(error, ReadError::Io(_)), "{error:?}");
        assert!(received == sent[..1]);
    }
}

#[test]
fn a_failed_transport_is_reported_after_what_had_arrived_and_again() {
    let sent = datagrams::of_lengths(&[10, 20]);
    let stream = seal(&sent, u16::MAX, &Schedule::AtOnce);
    let mut inbound = inbound(64);
    inbound.extend_from_slice(&stream[..stream.len() - END_RECORD_LEN]);
    inbound.fail(io::ErrorKind::ConnectionReset.into());
    inbound.fail(io::ErrorKind::TimedOut.into());
    inbound.extend_from_slice(&stream);
    inbound.finish();
    let mut received = Vec::new();
    for _ in 0..3 {
        let error = drain(&mut inbound, &mut received).expect_err("failed");
        assert_eq!(
            io::Error::from(error).kind(),
            io::ErrorKind::ConnectionReset
        );
    }
    assert!(received == sent);

    let mut outbound = outbound(100);
    outbound.push(sent[0].clone()).expect("open");
    outbound.fail(io::ErrorKind::ConnectionReset.into());
    for _ in 0..2 {
        assert!(outbound.outbox().is_err());
        assert!(outbound.next_step(Goal::Ready).is_err());
        let error = outbound.push(sent[1].clone()).expect_err("failed");
        assert!(matches!(error.kind(), WriteErrorKind::Io(_)));
        assert_eq!(error.into_datagram().as_ref(), Some(&sent[1]));
    }
}

/// The first report of a failure is the transport's own error, with whatever it carries.
#[test]
fn the_original_error_of_a_transport_can_be_inspected() {
    #[derive(Debug, PartialEq)]
    struct Reason(u8);

    impl std::fmt::Display for Reason {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "reason {}", self.0)
        }
    }

    impl std::error::Error for Reason {}

    let mut inbound = Inbound::from(Decoder::new(&Config::new()));
    inbound.fail(io::Error::new(io::ErrorKind::InvalidData, Reason(7)));
    let first = io::Error::from(inbound.next_datagram().expect_err("failed"));
    let inner = first.get_ref().and_then(|inner| inner.downcast_ref());
    assert_eq!(inner, Some(&Reason(7)));
    let again = io::Error::from(inbound.next_datagram().expect_err("failed"));
    assert_eq!(
        (again.kind(), again.to_string()),
        (first.kind(), first.to_string())
    );
}
