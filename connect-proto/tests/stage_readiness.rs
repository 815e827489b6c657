//! A byte stage that has to receive before it can send, as TLS during its handshake.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Buf, Bytes};
use connect_proto::stage::OutboundStage;
use connect_proto::{
    Config, ConnectDatagram, Encoder, Goal, Outbound, Outbox, StageError, Step, WriteErrorKind,
};

const GREETING: &[u8] = b"greeting";
const END: &[u8] = b"end";

/// Greets, then waits for `ready`, passes on what it gets, and ends.
struct Waiting {
    ready: Arc<AtomicBool>,
    outbox: Outbox,
}

impl OutboundStage for Waiting {
    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    fn process(&mut self, plain: &mut Outbox) -> Result<(), StageError> {
        assert!(self.is_ready(), "asked before it is ready");
        let plain = plain.copy_to_bytes(plain.remaining());
        self.outbox.push(plain);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), StageError> {
        assert!(self.is_ready(), "asked before it is ready");
        self.outbox.extend_from_slice(END);
        Ok(())
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    fn queued(&self) -> usize {
        self.outbox.remaining()
    }
}

fn waiting() -> (Outbound, Arc<AtomicBool>) {
    let ready = Arc::new(AtomicBool::new(false));
    let mut outbox = Outbox::new();
    outbox.extend_from_slice(GREETING);
    let stage = Waiting {
        ready: Arc::clone(&ready),
        outbox,
    };
    let encoder = Encoder::new(&Config::new());
    (Outbound::with_stage(encoder, stage), ready)
}

fn datagram() -> ConnectDatagram {
    ConnectDatagram::new(7, "hello").expect("valid")
}

/// All that is there, as one write would take it.
fn take(outbound: &mut Outbound) -> Bytes {
    let outbox = outbound.outbox().expect("no failure");
    let bytes = outbox.copy_to_bytes(outbox.remaining());
    outbound.handle_flush(Ok(())).expect("no failure");
    bytes
}

#[test]
fn what_is_queued_waits_until_the_stage_is_ready() {
    let (mut outbound, ready) = waiting();
    outbound.push(datagram()).expect("queued");
    assert_eq!(
        outbound.next_step(Goal::Flushed).expect("well"),
        Step::Write
    );
    assert_eq!(take(&mut outbound), GREETING);
    assert!(take(&mut outbound).is_empty());
    ready.store(true, Ordering::Relaxed);
    assert_eq!(take(&mut outbound), datagram().encode().expect("valid"));
}

#[test]
fn to_flush_before_the_stage_is_ready_is_an_error_that_passes() {
    for goal in [Goal::Flushed, Goal::Closed] {
        let (mut outbound, ready) = waiting();
        outbound.push(datagram()).expect("queued");
        take(&mut outbound);
        let error = outbound
            .next_step(goal)
            .expect_err("it would wait for ever");
        assert!(matches!(error.kind(), WriteErrorKind::Stage(_)), "{error}");
        ready.store(true, Ordering::Relaxed);
        assert_eq!(outbound.next_step(goal).expect("well"), Step::Write);
    }
}

#[test]
fn a_stage_that_is_not_ready_has_no_end_to_write() {
    let (mut outbound, _) = waiting();
    take(&mut outbound);
    assert_eq!(
        outbound.next_step(Goal::Closed).expect("well"),
        Step::ShutDown
    );
}

#[test]
fn one_write_takes_what_was_queued_and_the_end_of_the_stage() {
    let (mut outbound, ready) = waiting();
    ready.store(true, Ordering::Relaxed);
    take(&mut outbound);
    outbound.push(datagram()).expect("queued");
    outbound.finish();
    let expected = [&datagram().encode().expect("valid")[..], END].concat();
    assert_eq!(take(&mut outbound), expected);
    assert!(take(&mut outbound).is_empty());
}

#[test]
fn the_end_of_the_stage_goes_with_what_it_had_to_say_itself() {
    let (mut outbound, ready) = waiting();
    ready.store(true, Ordering::Relaxed);
    outbound.finish();
    assert_eq!(take(&mut outbound), [GREETING, END].concat());
}
