//! Stages that fail, or do not do what they should.

use std::io;

use bytes::Buf;
use connect_proto::stage::{InboundStage, OutboundStage};
use connect_proto::{
    Config, DatagramRef, Decoder, Encoder, Goal, Inbound, Outbound, Outbox, ReadError, StageError,
    WriteErrorKind,
};
use connect_testkit::datagrams;

/// A stage that cannot go on, and has something to say about it, as TLS has its alert.
struct Broken(Outbox);

impl OutboundStage for Broken {
    fn process(&mut self, _: &mut Outbox) -> Result<(), StageError> {
        self.0.extend_from_slice(b"alert");
        Err(StageError::new("broken"))
    }

    fn finish(&mut self) -> Result<(), StageError> {
        panic!("not asked again after a failure");
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.0
    }

    fn queued(&self) -> usize {
        self.0.remaining()
    }
}

#[test]
fn what_a_failed_stage_has_to_say_is_written_before_its_failure_is_reported() {
    let encoder = Encoder::new(&Config::new());
    let mut outbound = Outbound::with_stage(encoder, Broken(Outbox::new()));
    let datagram = datagrams::datagram(0, 1, 5);
    outbound.push(datagram.clone()).expect("open");
    let mut stream = Vec::new();
    for _ in 0..2 {
        let outbox = outbound.outbox().expect("the alert comes first");
        stream.push(outbox.chunk()[0]);
        outbox.advance(1);
    }
    let refused = outbound.push(datagram.clone()).expect_err("failed");
    assert!(matches!(refused.kind(), WriteErrorKind::Stage(_)));
    assert_eq!(refused.into_datagram(), Some(datagram));
    while let Ok(outbox) = outbound.outbox() {
        stream.push(outbox.chunk()[0]);
        outbox.advance(1);
    }
    assert_eq!(stream, b"alert");
    outbound.finish();
    for _ in 0..2 {
        let error = outbound.outbox().expect_err("failed");
        assert_eq!(
            error.to_string(),
            "broken; accepted but not sent: 1 message (13 bytes)"
        );
    }
}

/// A transport that fails cannot carry last words either.
#[test]
fn a_failed_transport_hides_what_a_stage_has_to_say() {
    let encoder = Encoder::new(&Config::new());
    let mut outbound = Outbound::with_stage(encoder, Broken(Outbox::new()));
    outbound.push_ref(DatagramRef::new(1, b"x")).expect("open");
    assert!(outbound.outbox().is_ok());
    outbound.fail(io::ErrorKind::BrokenPipe.into());
    // The alert is not offered again, and the reason for it is what is reported.
    let error = outbound.outbox().expect_err("failed");
    assert_eq!(
        error.to_string(),
        "broken; accepted but not sent: 1 message (9 bytes)"
    );
    assert!(outbound.next_step(Goal::Closed).is_err());
}

/// A stage that takes nothing would be asked for ever.
struct Stuck(Outbox);

impl OutboundStage for Stuck {
    fn process(&mut self, _: &mut Outbox) -> Result<(), StageError> {
        Ok(())
    }

    fn finish(&mut self) -> Result<(), StageError> {
        Ok(())
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.0
    }

    fn queued(&self) -> usize {
        self.0.remaining()
    }
}

#[test]
fn a_stage_that_takes_nothing_is_an_error() {
    let mut outbound = Outbound::with_stage(Encoder::new(&Config::new()), Stuck(Outbox::new()));
    outbound.push(datagrams::datagram(0, 1, 5)).expect("open");
    for _ in 0..2 {
        let error = outbound.outbox().expect_err("stuck");
        assert!(matches!(error.kind(), WriteErrorKind::Stage(_)));
    }
}

/// A stage without space for what comes.
struct NoSpace;

impl InboundStage for NoSpace {
    fn spare(&mut self) -> &mut [u8] {
        &mut []
    }

    fn commit(&mut self, _: usize, _: &mut Decoder) -> Result<(), StageError> {
        Ok(())
    }

    fn finish(&mut self, _: &mut Decoder) -> Result<(), StageError> {
        Ok(())
    }
}

/// Regression: bytes that were copied in waited for ever for space.
#[test]
fn a_stage_without_space_is_an_error() {
    for copied in [true, false] {
        let mut inbound = Inbound::with_stage(Decoder::new(&Config::new()), NoSpace);
        if copied {
            inbound.extend_from_slice(b"some");
        } else {
            inbound.handle_read(0, Ok(0));
        }
        for _ in 0..2 {
            let error = inbound.next_datagram().expect_err("no space");
            assert!(matches!(error, ReadError::Stage(_)));
        }
    }
}
