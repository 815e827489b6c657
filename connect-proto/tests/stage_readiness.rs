//! A byte stage that has to receive before it can send, as TLS during its handshake.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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

#[test]
fn to_get_the_stage_ready_nothing_else_need_be_written() {
    let (mut outbound, _) = waiting();
    outbound.push(datagram()).expect("queued");
    let goal = Goal::StageFlushed;
    assert_eq!(outbound.next_step(goal).expect("well"), Step::Write);
    let length = GREETING.len();
    outbound
        .handle_write(length, Ok(length))
        .expect("no failure");
    assert_eq!(outbound.next_step(goal).expect("well"), Step::Flush);
    outbound.handle_flush(Ok(())).expect("no failure");
    assert_eq!(outbound.next_step(goal).expect("well"), Step::Done);
}

#[test]
fn what_was_written_is_flushed_before_the_wait_is_reported() {
    let (mut outbound, _) = waiting();
    outbound.push(datagram()).expect("queued");
    let length = GREETING.len();
    outbound
        .handle_write(length, Ok(length))
        .expect("no failure");
    assert_eq!(
        outbound.next_step(Goal::Flushed).expect("well"),
        Step::Flush
    );
}

#[test]
fn a_queue_above_the_mark_before_the_stage_is_ready_breaks_nothing() {
    let (mut outbound, ready) = waiting();
    while outbound.queued() < 2 * Config::new().high_water_mark() {
        let long = ConnectDatagram::new(1, vec![7; 100_000]).expect("valid");
        outbound.push(long).expect("queued");
    }
    take(&mut outbound);
    outbound
        .next_step(Goal::Ready)
        .expect_err("it would wait for ever");
    assert!(!outbound.outbox().expect("well").has_remaining());
    outbound.handle_write(0, Ok(0)).expect("nothing was asked");
    ready.store(true, Ordering::Relaxed);
    assert_eq!(outbound.next_step(Goal::Ready).expect("well"), Step::Write);
}

/// Ready from the n-th question on, as when another thread receives.
struct ReadyAt {
    questions: AtomicUsize,
    at: usize,
    outbox: Outbox,
}

impl OutboundStage for ReadyAt {
    fn is_ready(&self) -> bool {
        self.questions.fetch_add(1, Ordering::Relaxed) >= self.at
    }

    fn process(&mut self, plain: &mut Outbox) -> Result<(), StageError> {
        let plain = plain.copy_to_bytes(plain.remaining());
        self.outbox.push(plain);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), StageError> {
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

#[test]
fn nothing_is_taken_for_done_when_the_stage_gets_ready_meanwhile() {
    for goal in [Goal::Ready, Goal::Flushed, Goal::Closed] {
        for at in 0..5 {
            let stage = ReadyAt {
                questions: AtomicUsize::new(0),
                at,
                outbox: Outbox::new(),
            };
            let config = Config::new().with_high_water_mark(1);
            let mut outbound = Outbound::with_stage(Encoder::new(&config), stage);
            outbound.push(datagram()).expect("queued");
            let step = (0..=at).find_map(|_| outbound.next_step(goal).ok());
            assert_eq!(step, Some(Step::Write), "{goal:?}, ready at question {at}");
        }
    }
}
