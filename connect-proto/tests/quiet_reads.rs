//! Reads of a connection that waits, into memory of the driver's own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use connect_proto::stage::InboundStage;
use connect_proto::{Config, Decoded, Decoder, Inbound, ReadError, StageError};
use connect_testkit::{datagrams, naive};

#[test]
fn no_more_is_read_than_a_block_and_nothing_without_memory() {
    let config = Config::new().with_read_block_len(512);
    let inbound = Inbound::from(Decoder::new(&config));
    assert_eq!(inbound.quiet_room(100), Some(100));
    assert_eq!(inbound.quiet_room(100_000), Some(inbound.read_block_len()));
    // To read nothing would look like the end.
    assert_eq!(inbound.quiet_room(0), None);
}

/// What the transport has not read must not pass for data, wherever it lies.
#[test]
fn a_transport_that_claims_more_than_there_was_room_has_failed() {
    let frame = naive::encode(&datagrams::of_lengths(&[12]));
    for memory in [&frame[..], &frame[..10]] {
        let mut inbound = Inbound::from(Decoder::new(&Config::new()));
        inbound.handle_quiet_read(memory, 10, Ok(frame.len()));
        for _ in 0..2 {
            let error = inbound.next_datagram().expect_err("too much");
            let ReadError::Io(error) = error else {
                panic!("{error}");
            };
            assert_eq!(error.kind(), io::ErrorKind::Other);
            assert!(error.to_string().ends_with("20 bytes into 10"), "{error}");
        }
    }
}

/// Passes bytes on as they are, and counts how often the transport is said to be dry.
struct Counting {
    space: [u8; 64],
    dry: Arc<AtomicUsize>,
}

impl InboundStage for Counting {
    fn spare(&mut self) -> &mut [u8] {
        &mut self.space
    }

    fn commit(&mut self, received: usize, decoder: &mut Decoder) -> Result<(), StageError> {
        decoder.extend_from_slice(&self.space[..received]);
        Ok(())
    }

    fn finish(&mut self, _: &mut Decoder) -> Result<(), StageError> {
        Ok(())
    }

    fn handle_would_block(&mut self) {
        self.dry.fetch_add(1, Relaxed);
    }
}

/// The stage has memory to give back, too.
#[test]
fn a_read_that_does_not_fill_the_room_tells_the_stage_that_the_transport_is_dry() {
    let dry = Arc::default();
    let stage = Counting {
        space: [0; 64],
        dry: Arc::clone(&dry),
    };
    let mut inbound = Inbound::with_stage(Decoder::new(&Config::new()), stage);
    let frame = naive::encode(&datagrams::of_lengths(&[12]));
    for (room, times) in [(frame.len(), 0), (frame.len() + 1, 1)] {
        inbound.handle_quiet_read(&frame, room, Ok(frame.len()));
        assert_eq!(dry.load(Relaxed), times);
        assert!(matches!(inbound.next_datagram(), Ok(Decoded::Datagram(_))));
    }
}
