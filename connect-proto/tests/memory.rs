//! What is held is counted by the allocator, not believed.
//!
//! One test function, because everything that runs beside it would be counted, too.

use bytes::Buf;
use connect_proto::queue::{Next, SendQueue};
use connect_proto::{
    Config, ConnectDatagram, DatagramRef, Decoded, Decoder, Encoder, MAX_DATA_LEN, Outbound, Step,
    WriteErrorKind,
};
use connect_testkit::{datagrams, naive};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const BLOCK: usize = 64 * 1024;
const MIB: usize = 1024 * 1024;

/// What the test harness itself may allocate meanwhile.
const SLACK: usize = 2048;

fn used() -> usize {
    ALLOCATOR.current_usage()
}

fn header(data_len: usize) -> [u8; 8] {
    connect_proto::Header::new(7, data_len)
        .expect("valid")
        .to_bytes()
}

#[test]
fn memory_is_held_only_for_what_is_there() {
    idle_machines_hold_nothing();
    a_header_holds_a_block_at_the_most();
    a_large_datagram_costs_twice_its_length_at_the_most();
    a_long_block_goes_back_whoever_takes_its_last_datagram();
    a_small_datagram_does_not_hold_a_block();
    a_datagram_holds_a_block_or_twice_its_length_at_the_most();
    a_long_read_block_is_allocated_once();
    a_flushed_encoder_holds_nothing();
    a_chained_datagram_is_not_copied();
    a_queue_of_mixed_lengths_holds_twice_its_length_at_the_most();
    a_queue_at_rest_holds_nothing();
}

fn idle_machines_hold_nothing() {
    let frame = datagrams::datagram(0, 1, 100_000).encode().expect("valid");
    let before = used();
    let mut decoder = Decoder::new(&Config::new());
    let mut encoder = Encoder::new(&Config::new());
    assert!(used() <= before + SLACK, "new machines hold memory");
    for _ in 0..3 {
        decoder.extend_from_slice(&frame);
        while matches!(decoder.next_datagram(), Ok(Decoded::Datagram(_))) {}
        assert!(!decoder.spare().is_empty());
        decoder.handle_would_block();
        assert!(used() <= before + SLACK, "an idle decoder holds memory");
        assert_eq!(decoder.allocated(), 0);
    }
    encoder
        .push_ref(DatagramRef::new(1, b"data"))
        .expect("valid");
    encoder.outbox().advance(12);
    assert!(used() <= before + SLACK, "an idle encoder holds memory");
}

fn a_header_holds_a_block_at_the_most() {
    let before = used();
    ALLOCATOR.reset_peak_usage();
    let mut decoder = Decoder::new(&Config::new());
    decoder.spare()[..8].copy_from_slice(&header(MAX_DATA_LEN));
    decoder.commit(8);
    for borrowed in [false, true] {
        let waits = if borrowed {
            decoder.next_datagram_ref() == Ok(Decoded::NeedInput)
        } else {
            decoder.next_datagram() == Ok(Decoded::NeedInput)
        };
        assert!(waits);
        assert!(decoder.spare().len() <= BLOCK);
    }
    decoder.handle_would_block();
    let peak = ALLOCATOR.peak_usage();
    assert!(
        peak <= before + BLOCK + SLACK,
        "{} bytes for a header",
        peak - before
    );
}

/// Receives one frame of `data_len` bytes in reads of 16 KiB.
fn receive_large(decoder: &mut Decoder, data_len: usize) {
    decoder.extend_from_slice(&header(data_len));
    let mut missing = data_len;
    while missing > 0 {
        let spare = decoder.spare();
        let len = spare.len().min(16 * 1024).min(missing);
        spare[..len].fill(0x55);
        decoder.commit(len);
        missing -= len;
    }
}

fn a_large_datagram_costs_twice_its_length_at_the_most() {
    let len = 64 * MIB;
    for borrowed in [false, true] {
        let before = used();
        ALLOCATOR.reset_peak_usage();
        let mut decoder = Decoder::new(&Config::new());
        receive_large(&mut decoder, len);
        let mut held: Option<ConnectDatagram> = None;
        if borrowed {
            let datagram = decoder.next_datagram_ref().expect("valid").datagram();
            assert_eq!(datagram.map(|datagram| datagram.data().len()), Some(len));
        } else {
            held = decoder.next_datagram().expect("valid").datagram();
            assert_eq!(
                held.as_ref().map(|datagram| datagram.data().len()),
                Some(len)
            );
        }
        let peak = ALLOCATOR.peak_usage() - before;
        println!("memory: 64 MiB received with a peak of {} MiB", peak / MIB);
        assert!(peak <= 2 * len + BLOCK + SLACK, "a peak of {peak} bytes");

        // Whoever borrows gives it back by the next question.
        assert_eq!(decoder.next_datagram_ref(), Ok(Decoded::NeedInput));
        let left = decoder.allocated();
        assert_eq!(left, 0, "left of a large datagram that was taken");

        // The connection goes on while the application keeps the datagram.
        decoder.handle_would_block();
        decoder.extend_from_slice(&header(100));
        assert_eq!(decoder.next_datagram(), Ok(Decoded::NeedInput));
        let kept = if borrowed { 0 } else { len };
        let now = used() - before;
        assert!(
            now <= kept + BLOCK + SLACK,
            "{now} bytes beside a new frame"
        );
        drop(held);
        decoder.extend_from_slice(&[0; 100]);
        assert!(decoder.next_datagram().expect("valid").datagram().is_some());
        decoder.handle_would_block();
        assert!(
            used() <= before + SLACK,
            "a large datagram left memory behind"
        );
    }
}

fn a_long_block_goes_back_whoever_takes_its_last_datagram() {
    let frame = datagrams::datagram(0, 1, 20_000).encode().expect("valid");
    let all_borrowed = |_| true;
    let last_owned = |turn| turn < 199;
    let last_borrowed = |turn| turn % 2 == 1;
    let in_turns = |turn| turn % 2 == 0;
    let ways: [fn(usize) -> bool; 4] = [all_borrowed, last_owned, last_borrowed, in_turns];
    for borrows in ways {
        let before = used();
        let mut decoder = Decoder::new(&Config::new());
        for _ in 0..200 {
            decoder.extend_from_slice(&frame);
        }
        for turn in 0..200 {
            let is_here = if borrows(turn) {
                matches!(decoder.next_datagram_ref(), Ok(Decoded::Datagram(_)))
            } else {
                matches!(decoder.next_datagram(), Ok(Decoded::Datagram(_)))
            };
            assert!(is_here);
        }
        assert_eq!(decoder.next_datagram(), Ok(Decoded::NeedInput));
        let left = used() - before;
        assert!(left <= SLACK, "{left} bytes are left of a long block");
    }
}

/// Messages that come one by one are held in memory of about their own size.
fn a_small_datagram_does_not_hold_a_block() {
    const COUNT: usize = 500;
    let frame = datagrams::datagram(0, 1, 40).encode().expect("valid");
    for with_space in [false, true] {
        let mut held = Vec::with_capacity(COUNT);
        let before = used();
        let mut decoder = Decoder::new(&Config::new());
        for _ in 0..COUNT {
            if with_space {
                decoder.spare()[..frame.len()].copy_from_slice(&frame);
                decoder.commit(frame.len());
            } else {
                decoder.extend_from_slice(&frame);
            }
            held.push(decoder.next_datagram().expect("valid"));
            decoder.handle_would_block();
        }
        let each = (used() - before) / COUNT;
        assert!(
            each <= 4 * frame.len(),
            "{each} bytes for each small datagram"
        );
    }
}

/// Whichever of many it is, when all others and the decoder are gone.
fn a_datagram_holds_a_block_or_twice_its_length_at_the_most() {
    let lengths = [
        300_000, 500, 100_000, 30_000, 200_000, 70_000, 500_000, 9000,
    ];
    let stream = naive::encode(&datagrams::of_lengths(&lengths));
    for (index, len) in lengths.into_iter().enumerate() {
        let before = used();
        let mut decoder = Decoder::new(&Config::new());
        decoder.extend_from_slice(&stream);
        let mut taken = 0;
        let mut held = None;
        while let Ok(Decoded::Datagram(datagram)) = decoder.next_datagram() {
            if taken == index {
                held = Some(datagram);
            }
            taken += 1;
        }
        assert_eq!(taken, lengths.len());
        drop(decoder);
        let kept = used() - before;
        let most = BLOCK.max(2 * len) + SLACK;
        assert!(kept <= most, "{kept} bytes for a datagram of {len}");
        assert_eq!(held.map(|datagram| datagram.data().len()), Some(len));
    }
}

fn a_long_read_block_is_allocated_once() {
    let block = 16 * MIB;
    let config = Config::new().with_read_block_len(block);
    let frame = datagrams::datagram(0, 1, 5000).encode().expect("valid");
    let before = used();
    let mut decoder = Decoder::new(&config);
    // Busy from here on.
    decoder.extend_from_slice(&frame);
    while matches!(decoder.next_datagram_ref(), Ok(Decoded::Datagram(_))) {}
    decoder.spare();
    ALLOCATOR.reset_peak_usage();
    for _ in 0..10 {
        decoder.spare()[..frame.len()].copy_from_slice(&frame);
        decoder.commit(frame.len());
        while matches!(decoder.next_datagram_ref(), Ok(Decoded::Datagram(_))) {}
    }
    let peak = ALLOCATOR.peak_usage() - before;
    assert!(peak <= block + SLACK, "{peak} bytes for a block of {block}");
}

fn a_flushed_encoder_holds_nothing() {
    let large = vec![1; 10 * MIB];
    let before = used();
    let mut encoder = Encoder::new(&Config::new());
    for _ in 0..2 {
        for vectored in [false, true] {
            encoder.set_vectored(vectored);
            encoder
                .push_ref(DatagramRef::new(1, &large))
                .expect("valid");
            encoder
                .push_ref(DatagramRef::new(1, b"tail"))
                .expect("valid");
            let queued = encoder.queued();
            encoder.outbox().advance(queued);
            assert!(used() <= before + BLOCK + SLACK, "more than one block");
            encoder.handle_flushed();
            assert!(used() <= before + SLACK, "a flushed encoder holds memory");
        }
        encoder
            .push_ref(DatagramRef::new(1, &large))
            .expect("valid");
        let queued = encoder.queued();
        encoder.outbox().advance(queued);
        encoder.push_ref(DatagramRef::new(1, b"x")).expect("valid");
        let now = used() - before;
        assert!(
            now <= BLOCK + SLACK,
            "{now} bytes for one byte of data after a large one"
        );
        encoder.handle_flushed();
        assert_eq!(
            encoder.queued(),
            9,
            "only an empty encoder gives memory back"
        );
        encoder.outbox().advance(9);
        encoder.handle_flushed();
    }
}

/// Regression: each chained datagram sealed a nearly empty block of 64 KiB.
fn a_queue_of_mixed_lengths_holds_twice_its_length_at_the_most() {
    let long = datagrams::datagram(0, 1, 4096);
    let before = used();
    let mut encoder = Encoder::new(&Config::new());
    encoder.set_vectored(true);
    for round in 0..2 {
        // The first round fills a block, from whose length the next one is guessed.
        let lengths = if round == 0 { 600 } else { 16 };
        for _ in 0..lengths {
            encoder
                .push_ref(DatagramRef::new(1, &[1; 100]))
                .expect("valid");
            if round == 1 {
                encoder.push(long.clone()).expect("valid");
            }
        }
        let (queued, held) = (encoder.queued(), used() - before);
        assert!(
            held <= 2 * queued + BLOCK + SLACK,
            "{held} bytes for {queued}"
        );
        encoder.outbox().advance(queued);
    }
}

fn a_chained_datagram_is_not_copied() {
    let datagram = datagrams::datagram(0, 1, 10 * MIB);
    let before = used();
    ALLOCATOR.reset_peak_usage();
    for vectored in [false, true] {
        let mut encoder = Encoder::new(&Config::new());
        encoder.set_vectored(vectored);
        encoder.push(datagram.clone()).expect("valid");
        let queued = encoder.queued();
        encoder.outbox().advance(queued);
    }
    let peak = ALLOCATOR.peak_usage() - before;
    assert!(
        peak <= BLOCK + SLACK,
        "{peak} bytes to send what is there already"
    );
}

/// Neither the queue of many senders nor the outbound behind it, whatever went through them before: between two
/// messages, after the end, and after a failure.
fn a_queue_at_rest_holds_nothing() {
    let data = [1; 1000];
    let datagram = DatagramRef::new(1, &data);
    let before = used();
    let mut outbound = Outbound::from(Encoder::new(&Config::new()));
    let mut queue = SendQueue::<u32>::new(&outbound);
    let mut goal = SendQueue::<u32>::FIRST_GOAL;
    let mut notify = Vec::new();
    let fill = |queue: &mut SendQueue<u32>| while queue.try_send_ref(datagram).expect("open") {};
    // Fills the queue once more while the first batch is written, so that both sides have blocks, and drives
    // until there is nothing to be done.
    let mut pass_two_batches = |queue: &mut SendQueue<u32>, outbound: &mut Outbound, closing| {
        let mut is_refilled = false;
        fill(queue);
        assert!(used() > before + BLOCK / 2);
        loop {
            match outbound.next_step(goal).expect("works") {
                Step::Write => {
                    let len = outbound.outbox().expect("works").chunk().len();
                    outbound.handle_write(len, Ok(len)).expect("works");
                    queue.handle_progress(outbound, &mut notify);
                    if !std::mem::replace(&mut is_refilled, true) {
                        fill(queue);
                        assert!(queue.stats().queued_bytes > BLOCK / 2);
                        if closing {
                            queue.close();
                        }
                    }
                }
                Step::Flush => outbound.handle_flush(Ok(())).expect("works"),
                Step::ShutDown => outbound.handle_shut_down(Ok(())).expect("works"),
                Step::Done => match queue.next_goal(outbound, goal, &0, &mut notify) {
                    Next::Goal(next) => goal = next,
                    Next::Yield => {}
                    Next::Wait | Next::Closed => break,
                },
            }
        }
    };
    for closing in [false, false, true] {
        pass_two_batches(&mut queue, &mut outbound, closing);
        let now = used() - before;
        assert!(now <= SLACK, "{now} bytes at rest, closed: {closing}");
    }

    let mut queue = SendQueue::<u32>::new(&Outbound::from(Encoder::new(&Config::new())));
    fill(&mut queue);
    let reason = WriteErrorKind::DriverDropped;
    let error = queue.fail(reason, None, &mut Vec::new());
    assert!(error.unsent().is_some_and(|unsent| unsent.messages > 50));
    drop(queue.take_spent());
    let now = used() - before;
    assert!(now <= SLACK, "{now} bytes in a failed queue");
}
