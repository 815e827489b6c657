//! The outbox is a queue of bytes, whatever its pieces look like; and what its pieces look like.

use std::convert::Infallible;
use std::io::IoSlice;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::{Buf, Bytes};
use connect_proto::{Config, DatagramRef, EncodeError, Encoder, HEADER_LEN, Outbox};
use connect_testkit::models::outbox::{Operation, check};
use connect_testkit::{SplitMix64, check_property, datagrams, naive};
use proptest::collection::vec;
use proptest::prelude::*;

fn any_operation() -> impl Strategy<Value = Operation> {
    let len = || prop_oneof![8 => 1..40usize, 2 => 1..9000usize, 1 => 65_000..70_000usize];
    let maybe_empty = || prop_oneof![1 => Just(0usize), 9 => len()];
    prop_oneof![
        4 => len().prop_map(Operation::Push),
        3 => len().prop_map(Operation::PushRef),
        1 => maybe_empty().prop_map(Operation::PushBytes),
        1 => maybe_empty().prop_map(Operation::ExtendFromSlice),
        4 => maybe_empty().prop_map(Operation::Advance),
        1 => maybe_empty().prop_map(Operation::CopyOut),
        2 => (0..9usize).prop_map(Operation::LookAtPieces),
        1 => any::<bool>().prop_map(Operation::SetVectored),
        1 => (maybe_empty(), 0..300usize).prop_map(|(len, more)| Operation::ExtendWith(len, more)),
        1 => len().prop_map(Operation::FailToExtend),
        1 => Just(Operation::HandleFlushed),
        1 => Just(Operation::Release),
    ]
}

#[test]
fn the_outbox_is_a_queue_of_bytes() {
    let threshold = prop_oneof![Just(4096usize), 1..50usize, Just(usize::MAX)];
    let strategy = (threshold, vec(any_operation(), 1..60));
    let total = check_property("outbox", 600, &strategy, |(threshold, operations)| {
        check(threshold, &operations)
    });
    total.check_average(total.operations, 1);
}

fn pieces(encoder: &mut Encoder) -> Vec<(*const u8, usize)> {
    let mut slices = [IoSlice::new(&[]); 64];
    let outbox = encoder.outbox();
    let filled = outbox.chunks_vectored(&mut slices);
    slices[..filled]
        .iter()
        .map(|slice| (slice.as_ptr(), slice.len()))
        .collect()
}

/// One write must be able to carry a header and the beginning of its data, whatever the settings.
#[test]
fn a_header_never_travels_alone() {
    for threshold in [0, 1, 100, 4096, usize::MAX] {
        for len in [1, 2, 99, 100, 101, 4095, 4096, 4097, 70_000] {
            let mut encoder = Encoder::new(&Config::new().with_chain_threshold(threshold));
            for index in 0..3 {
                encoder
                    .push(datagrams::datagram(index, 1, len))
                    .expect("valid");
            }
            let mut rest = encoder.queued();
            while rest > 0 {
                let chunk = encoder.outbox().chunk().len();
                assert!(
                    chunk != HEADER_LEN || len <= HEADER_LEN || rest % (HEADER_LEN + len) != 0,
                    "a lone header of {len} bytes of data, chained from {threshold}"
                );
                encoder.outbox().advance(chunk);
                rest -= chunk;
            }
        }
    }
}

#[test]
fn long_data_is_not_copied_for_a_vectored_transport() {
    let threshold = 1000;
    let mut encoder = Encoder::new(&Config::new().with_chain_threshold(threshold));
    encoder.set_vectored(true);
    let long = datagrams::datagram(0, 1, threshold);
    let short = datagrams::datagram(1, 1, threshold - 1);
    for datagram in [&long, &short, &long, &long] {
        encoder.push(datagram.clone()).expect("valid");
    }
    let data = (long.data().as_ptr(), long.data().len());
    let pieces = pieces(&mut encoder);
    let lengths: Vec<usize> = pieces.iter().map(|piece| piece.1).collect();
    assert_eq!(lengths, [8, 1000, 8 + 999 + 8, 1000, 8, 1000]);
    assert_eq!([pieces[1], pieces[3], pieces[5]], [data; 3]);
}

/// Encryption overwrites all of it anyway.
#[test]
fn what_is_made_in_place_is_made_in_the_same_block_again_which_is_not_zeroed_again() {
    let mut outbox = Outbox::new();
    let mut make = |len: usize, old: u8, new: u8| {
        for index in 0..2 {
            let made = outbox.extend_with(len, |room| {
                assert!(room.iter().all(|byte| *byte == old), "{index}");
                room.fill(new);
                Ok::<_, Infallible>(room.len())
            });
            assert!(made.is_ok());
        }
        assert_eq!(outbox.chunk().len(), 2 * len, "one piece");
        outbox.advance(2 * len);
    };
    make(20_000, 0, 7);
    make(20_000, 7, 8);
    make(10_000, 8, 9);
    make(10_000, 9, 1);
}

/// Regression: after a panic with little room, bytes were left that nobody had counted.
#[test]
fn what_panics_while_it_writes_appends_nothing() {
    for room in [100, 20_000] {
        let mut outbox = Outbox::new();
        outbox.extend_from_slice(b"before, ");
        let made = catch_unwind(AssertUnwindSafe(|| {
            outbox.extend_with(room, |_| -> Result<usize, Infallible> {
                panic!("as it was told")
            })
        }));
        assert!(made.is_err());
        outbox.extend_from_slice(b"behind");
        let len = outbox.remaining();
        assert_eq!(&outbox.copy_to_bytes(len)[..], b"before, behind");
    }
}

/// Without vectored writes a further piece is a further write, which costs more than a copy of less than 64 KiB.
#[test]
fn where_copies_end_follows_the_transport_unless_it_is_set() {
    for (set, vectored, from) in [
        (None, true, 4096),
        (None, false, 65_536),
        (Some(1000), true, 1000),
        (Some(1000), false, 1000),
    ] {
        let mut config = Config::new();
        if let Some(threshold) = set {
            config = config.with_chain_threshold(threshold);
        }
        assert_eq!(config.chain_threshold(), set);
        for (len, count) in [(from - 1, 1), (from + 1, 2)] {
            let mut encoder = Encoder::new(&config);
            encoder.set_vectored(vectored);
            encoder.push(datagrams::datagram(0, 1, len)).expect("valid");
            assert_eq!(
                pieces(&mut encoder).len(),
                count,
                "{len} bytes, {set:?}, {vectored}"
            );
        }
    }
}

#[test]
fn of_long_data_only_the_first_bytes_are_copied_for_any_other_transport() {
    let threshold = 1000;
    let mut encoder = Encoder::new(&Config::new().with_chain_threshold(threshold));
    let long = datagrams::datagram(0, 1, 5000);
    encoder.push(long.clone()).expect("valid");
    let rest = &long.data()[threshold..];
    let pieces = pieces(&mut encoder);
    assert_eq!(pieces[0].1, HEADER_LEN + threshold);
    assert_eq!(pieces[1..], [(rest.as_ptr(), rest.len())]);
}

#[test]
fn many_short_datagrams_become_one_piece() {
    let mut encoder = Encoder::new(&Config::new());
    for index in 0..100 {
        encoder
            .push(datagrams::datagram(index, 1, 50))
            .expect("valid");
    }
    assert_eq!(pieces(&mut encoder).len(), 1);
}

/// A block that is partly written is held whole, so blocks are not endless; nor are they short.
#[test]
fn short_datagrams_are_gathered_in_blocks() {
    const BLOCK: usize = 64 * 1024;
    let mut encoder = Encoder::new(&Config::new());
    for index in 0..5000 {
        encoder
            .push(datagrams::datagram(index, 1, 100))
            .expect("valid");
    }
    let queued = encoder.queued();
    let pieces = pieces(&mut encoder);
    assert!(pieces.iter().all(|piece| piece.1 <= BLOCK));
    assert_eq!(pieces.len(), queued.div_ceil(BLOCK / 108 * 108));
}

#[test]
fn bytes_are_queued_without_a_copy() {
    let bytes = Bytes::from(datagrams::content(0, 10));
    let mut outbox = Outbox::new();
    outbox.push(bytes.clone());
    assert_eq!(outbox.chunk().as_ptr(), bytes.as_ptr());
}

/// As I/O does that owns its buffers: the encoder and the writer have an outbox each, and exchange them.
#[test]
fn two_outboxes_take_turns_without_a_copy() {
    let mut random = SplitMix64::new(11);
    for (vectored, lengths) in [false, true].into_iter().flat_map(|vectored| {
        let lists = datagrams::interesting_lengths().into_iter();
        lists.map(move |lengths| (vectored, lengths.repeat(3)))
    }) {
        let sent = datagrams::of_lengths(&lengths);
        let mut encoder = Encoder::new(&Config::new());
        encoder.set_vectored(vectored);
        let (mut away, mut written) = (Outbox::new(), Vec::new());
        let mut to_send = sent.iter();
        loop {
            for datagram in to_send.by_ref().take(random.below(4)) {
                encoder.push(datagram.clone()).expect("valid");
            }
            if !away.has_remaining() {
                let (queued, first) = (encoder.queued(), encoder.outbox().chunk().as_ptr());
                std::mem::swap(encoder.outbox(), &mut away);
                assert_eq!((encoder.queued(), encoder.queued_messages()), (0, 0));
                assert_eq!(away.remaining(), queued);
                assert!(queued == 0 || away.chunk().as_ptr() == first, "moved");
            }
            if !away.has_remaining() && to_send.len() == 0 {
                break;
            }
            let len = away.remaining().min(random.below(70_000));
            written.extend(away.copy_to_bytes(len));
        }
        assert!(written == naive::encode(&sent), "{lengths:?}");
        encoder.handle_flushed();
        assert_eq!(encoder.queued(), 0);
    }
}

#[test]
fn a_refused_datagram_comes_back_and_nothing_has_changed() {
    let mut encoder = Encoder::new(&Config::new().with_max_send_len(10));
    let queued = datagrams::datagram(0, 1, 10);
    encoder.push(queued.clone()).expect("within the limit");
    let mut taken = datagrams::datagram(1, 2, 5);
    drop(taken.take_data());
    let too_large = EncodeError::DataTooLarge { len: 11, max: 10 };
    for (datagram, reason) in [
        (datagrams::datagram(2, 3, 11), too_large),
        (taken, EncodeError::EmptyData),
    ] {
        let borrowed = encoder.push_ref(DatagramRef::from(&datagram));
        assert_eq!(borrowed, Err(reason));
        let refused = encoder.push(datagram.clone()).expect_err("refused");
        assert_eq!(refused.reason(), reason);
        let returned = refused.into_inner();
        assert_eq!(returned, datagram);
        assert_eq!(returned.data().as_ptr(), datagram.data().as_ptr());
        assert_eq!(encoder.queued(), queued.size());
    }
    encoder.finish();
    assert!(encoder.is_finished());
    let refused = encoder.push(queued.clone()).expect_err("finished");
    assert_eq!(refused.reason(), EncodeError::Finished);
    let frame = queued.encode().expect("valid");
    assert_eq!(encoder.outbox().chunk(), frame);
}

#[test]
fn a_refused_one_of_many_is_the_last_that_was_taken() {
    let config = Config::new().with_max_send_len(10).with_high_water_mark(50);
    let mut encoder = Encoder::new(&config);
    let lengths = [10, 9, 11, 10, 8, 7];
    let all: Vec<_> = (0..6)
        .map(|number| datagrams::datagram(number, 1, lengths[number]))
        .collect();
    let mut rest = all.iter().map(DatagramRef::from);
    let too_large = EncodeError::DataTooLarge { len: 11, max: 10 };
    assert_eq!(encoder.push_while_ready(&mut rest), Err(too_large));
    assert_eq!(encoder.queued(), 18 + 17);
    // The second time there is no room from the beginning.
    for _ in 0..2 {
        assert_eq!(encoder.push_while_ready(&mut rest), Ok(false));
        assert_eq!(encoder.queued(), 18 + 17 + 18);
    }
    encoder.outbox().advance(18);
    assert_eq!(encoder.push_while_ready(&mut rest), Ok(false));
    encoder.outbox().advance(17);
    assert_eq!(encoder.push_while_ready(&mut rest), Ok(true));
    let expected: Vec<u8> = [3, 4, 5]
        .iter()
        .flat_map(|&number: &usize| all[number].encode().expect("valid"))
        .collect();
    assert_eq!(encoder.outbox().chunk(), expected);
    encoder.finish();
    let late = encoder.push_while_ready(&mut all.iter().map(DatagramRef::from));
    assert_eq!(late, Err(EncodeError::Finished));
    let none = encoder.push_while_ready(&mut std::iter::empty());
    assert_eq!(none, Ok(true));
}

#[test]
#[should_panic(expected = "advance(6) exceeds the 5 bytes in the outbox")]
fn nothing_can_be_taken_that_is_not_there() {
    let mut outbox = Outbox::new();
    outbox.extend_from_slice(&[0; 5]);
    outbox.advance(6);
}
