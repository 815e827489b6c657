//! Buffers that are taken away and given back, as completion-based I/O does it.

use bytes::BytesMut;
use connect_proto::{Config, Decoded, Decoder, HEADER_LEN};
use connect_testkit::{datagrams, naive};

/// Regression: what the decoder had shared with earlier datagrams was taken for the data of later ones,
/// when a buffer was put back after the last of the earlier ones was taken by the borrowed lane.
#[test]
fn a_buffer_put_back_after_borrowed_datagrams_is_what_comes_next() {
    let sent = datagrams::of_lengths(&[20, 20, 20]);
    for taken_away in [false, true] {
        let mut decoder = Decoder::new(&Config::new());
        let frames = naive::encode(&sent[..2]);
        decoder.spare()[..frames.len()].copy_from_slice(&frames);
        decoder.commit(frames.len());
        let owned = decoder.next_datagram().expect("valid");
        assert_eq!(owned, Decoded::Datagram(sent[0].clone()));
        let frame = naive::encode(&sent[2..]);
        let buffer = if taken_away {
            let mut buffer = decoder.take_spare();
            buffer[..frame.len()].copy_from_slice(&frame);
            buffer
        } else {
            BytesMut::from(&frame[..])
        };
        let borrowed = decoder.next_datagram_ref().expect("valid").datagram();
        assert_eq!(borrowed.expect("whole").data(), sent[1].data());
        decoder.put_back(buffer, frame.len());
        let last = decoder.next_datagram().expect("valid").datagram();
        assert!(last.as_ref() == Some(&sent[2]), "stale data");
    }
}

#[test]
fn the_space_goes_back_without_a_copy() {
    let sent = datagrams::of_lengths(&[3000]);
    let frame = naive::encode(&sent);
    let mut decoder = Decoder::new(&Config::new());
    decoder.extend_from_slice(&frame[..100]);
    let mut buffer = decoder.take_spare();
    let missing = frame.len() - 100;
    buffer[..missing].copy_from_slice(&frame[100..]);
    let read_into = buffer.as_ptr();
    decoder.put_back(buffer, missing);
    let datagram = decoder
        .next_datagram()
        .expect("valid")
        .datagram()
        .expect("whole");
    assert_eq!(datagram, sent[0]);
    assert_eq!(datagram.data()[92..].as_ptr(), read_into);
}

/// Regression: the rest of a block, put back when everything before it was taken, passed for the whole block.
#[test]
fn all_of_a_block_counts_whose_rest_comes_back_late() {
    let mut decoder = Decoder::new(&Config::new());
    decoder.extend_from_slice(&naive::encode(&[datagrams::datagram(0, 1, 1_000_000)]));
    let mut rest = decoder.take_spare();
    assert!(matches!(
        decoder.next_datagram_ref(),
        Ok(Decoded::Datagram(_))
    ));
    let held = decoder.allocated() + rest.len();
    assert!(held > 1_000_000);
    let small = naive::encode(&datagrams::of_lengths(&[20, 20]));
    rest[..small.len()].copy_from_slice(&small);
    decoder.put_back(rest, small.len());
    assert_eq!(decoder.allocated(), held);
    for _ in 0..2 {
        let answer = decoder.next_datagram().expect("valid");
        assert_eq!(answer.datagram().expect("whole").data().len(), 20);
    }
}

#[test]
fn a_buffer_that_never_comes_back_loses_nothing() {
    let sent = datagrams::of_lengths(&[10, 5000, 20]);
    let stream = naive::encode(&sent);
    let mut decoder = Decoder::new(&Config::new());
    let mut received = Vec::new();
    for piece in stream.chunks(7) {
        drop(decoder.take_spare());
        decoder.extend_from_slice(piece);
        drop(decoder.take_spare());
        while let Ok(Decoded::Datagram(datagram)) = decoder.next_datagram() {
            received.push(datagram);
        }
    }
    assert!(received == sent);
}

/// Space that was lent ends with the next question; a late commit must not corrupt anything silently.
#[test]
#[should_panic(expected = "exceeds the 0 bytes of spare space")]
fn a_commit_after_its_space_was_shared_is_refused_loudly() {
    let sent = datagrams::of_lengths(&[3000]);
    let frame = naive::encode(&sent);
    let mut decoder = Decoder::new(&Config::new());
    decoder.spare()[..frame.len()].copy_from_slice(&frame);
    decoder.commit(frame.len());
    assert!(!decoder.spare().is_empty());
    assert_eq!(
        decoder.next_datagram(),
        Ok(Decoded::Datagram(sent[0].clone()))
    );
    decoder.commit(1);
}

#[test]
#[should_panic(expected = "put_back of 11 bytes exceeds the 10 in the buffer")]
fn more_cannot_come_back_than_fits() {
    Decoder::new(&Config::new()).put_back(BytesMut::zeroed(10), 11);
}

/// Data of just the length that is read at once would need a second read if its header had no room.
#[test]
fn data_as_long_as_a_block_comes_with_one_read() {
    let config = Config::new().with_read_block_len(10_000);
    let mut decoder = Decoder::new(&config);
    let datagram = datagrams::datagram(0, 1, config.read_block_len());
    let frame = naive::encode(&[datagram]);
    for turn in 0..3 {
        let mut reads = 0;
        let mut rest = &frame[..];
        while !rest.is_empty() {
            let spare = decoder.spare();
            let len = rest.len().min(spare.len());
            spare[..len].copy_from_slice(&rest[..len]);
            decoder.commit(len);
            rest = &rest[len..];
            reads += 1;
        }
        assert!(decoder.next_datagram().expect("valid").datagram().is_some());
        // Before the first one the connection may have been waiting.
        assert!(turn == 0 || reads == 1, "{reads} reads");
    }
}

/// A busy decoder that receives whole blocks allocates one, as long as nobody keeps a datagram of it.
#[test]
fn a_block_is_used_again_when_nobody_holds_a_part_of_it() {
    let mut decoder = Decoder::new(&Config::new());
    let block = decoder.read_block_len();
    let fill_block = datagrams::of_lengths(&[block / 4 - HEADER_LEN; 4]);
    let stream = naive::encode(&fill_block);
    assert_eq!(stream.len(), block);
    decoder.extend_from_slice(&stream[..block / 4]);
    while let Ok(Decoded::Datagram(_)) = decoder.next_datagram() {}
    let busy_block = decoder.spare().as_ptr();
    let mut held = None;
    // Takes the place of any block that was freed, or a fresh one could have its address.
    let mut decoys = Vec::new();
    for turn in 0..4 {
        decoys.push(vec![1u8; block]);
        let spare = decoder.spare();
        assert_eq!(spare.len(), block);
        let is_same = spare.as_ptr() == busy_block;
        assert_eq!(is_same, turn < 3, "turn {turn}");
        spare.copy_from_slice(&stream);
        decoder.commit(block);
        while let Ok(Decoded::Datagram(datagram)) = decoder.next_datagram() {
            if turn == 2 {
                held = Some(datagram);
            }
        }
    }
    assert!(held.as_ref() == fill_block.last());
}

/// Regression: a long block was shrunk and grown again with every call.
#[test]
fn a_long_backlog_is_not_moved_again_and_again() {
    let mut decoder = Decoder::new(&Config::new());
    let piece = naive::encode(&datagrams::of_lengths(&[1000]));
    let mut moves = 0;
    let mut address = 0;
    for _ in 0..3000 {
        decoder.extend_from_slice(&piece);
        let now = decoder.spare().as_ptr() as usize - decoder.buffered();
        moves += usize::from(now != address);
        address = now;
    }
    assert!(moves < 20, "{moves} moves");
}

/// Regression: the decoder kept a second handle of a large datagram until the next read.
#[test]
fn a_large_datagram_is_the_applications_alone() {
    let sent = datagrams::of_lengths(&[3_000_000]);
    let mut decoder = Decoder::new(&Config::new());
    decoder.extend_from_slice(&naive::encode(&sent));
    let datagram = decoder.next_datagram().expect("valid").datagram();
    let data = datagram.expect("whole").into_data();
    assert!(data.is_unique());
    assert_eq!(decoder.allocated(), 0);
}

/// Regression: a small datagram kept the long block alive that a large one had left.
#[test]
fn a_small_datagram_does_not_keep_the_block_of_a_large_one() {
    let mut decoder = Decoder::new(&Config::new());
    let sent = datagrams::of_lengths(&[1_500_000, 100, 1_500_000, 100, 100]);
    let mut held = Vec::new();
    for piece in naive::encode(&sent).chunks(100_000) {
        decoder.extend_from_slice(piece);
        while let Ok(Decoded::Datagram(datagram)) = decoder.next_datagram() {
            if datagram.data().len() == 100 {
                held.push(datagram);
            }
        }
    }
    assert_eq!(held.len(), 3);
    drop(decoder);
    for datagram in held {
        let data = datagram.into_data();
        // Alone in its memory, which can be taken over only if it is of about this length.
        let memory = data.try_into_mut().expect("shared with nobody");
        assert!(
            memory.capacity() <= 64 * 1024,
            "{} bytes",
            memory.capacity()
        );
    }
}
