//! One end of a connection, with limits for a machine that has little memory.

use connect_proto::bytes::Buf;
use connect_proto::{Config, DatagramRef, Decoded, Decoder, Encoder, Outbox};

/// Both machines of a connection.
pub(crate) struct Peer {
    decoder: Decoder,
    encoder: Encoder,
}

/// What there is to receive.
pub(crate) enum Received<'a> {
    Datagram(DatagramRef<'a>),
    NeedInput,
    End,
    /// The peer broke the format, or the stream was cut inside a message.
    Broken,
}

impl Peer {
    /// For messages of up to `longest` bytes; of a longer one nothing is stored, whatever its header says. About twice as
    /// much, and 1 KiB, is then all that is held in either direction, if nothing is pushed while it is not ready.
    pub(crate) fn new(longest: usize) -> Self {
        let config = Config::new()
            .with_max_receive_len(longest)
            .with_max_send_len(longest)
            .with_read_block_len(512)
            .with_high_water_mark(1024);
        Self {
            decoder: Decoder::new(&config),
            encoder: Encoder::new(&config),
        }
    }

    pub(crate) fn spare(&mut self) -> &mut [u8] {
        self.decoder.spare()
    }

    pub(crate) fn commit(&mut self, received: usize) {
        self.decoder.commit(received);
    }

    pub(crate) fn finish(&mut self) {
        self.decoder.finish();
    }

    /// The next message, where it lies: who is done with it before asking for the next needs no memory for it.
    pub(crate) fn next(&mut self) -> Received<'_> {
        match self.decoder.next_datagram_ref() {
            Ok(Decoded::Datagram(datagram)) => Received::Datagram(datagram),
            Ok(Decoded::NeedInput) => Received::NeedInput,
            Ok(Decoded::End) => Received::End,
            Err(_) => Received::Broken,
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.encoder.is_ready()
    }

    /// Queues a copy. `false` if there is no data, or too much.
    pub(crate) fn push(&mut self, recipient: u16, data: &[u8]) -> bool {
        let datagram = DatagramRef::new(recipient, data);
        self.encoder.push_ref(datagram).is_ok()
    }

    pub(crate) fn chunk(&mut self) -> &[u8] {
        let outbox: &Outbox = self.encoder.outbox();
        outbox.chunk()
    }

    pub(crate) fn advance(&mut self, written: usize) {
        self.encoder.outbox().advance(written);
    }

    /// Nothing is to be done for now: all memory goes back that nothing lies in.
    pub(crate) fn rest(&mut self) {
        self.decoder.handle_would_block();
        self.encoder.handle_flushed();
    }
}
