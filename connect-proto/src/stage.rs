//! Byte stages: what may stand between the transport and the codec, such as TLS.
//!
//! ```text
//!   transport --bytes--> InboundStage  --plain bytes--> Decoder --> datagrams
//!   transport <--bytes-- OutboundStage <--plain bytes-- Encoder <-- datagrams
//! ```
//!
//! A stage is sans-IO like everything here: it is given bytes and asked for bytes. It is consulted
//! once per read and once per write, never per message. [`Inbound`](crate::Inbound) and
//! [`Outbound`](crate::Outbound) put stage and codec together, so that a driver needs no second loop
//! for connections with a stage.

use crate::decoder::Decoder;
use crate::error::StageError;
use crate::outbox::Outbox;

/// The receiving half of a byte stage.
///
/// ```
/// use connect_proto::stage::InboundStage;
/// use connect_proto::{Config, ConnectDatagram, Decoder, Inbound, StageError};
///
/// /// Every byte comes with its bits turned over.
/// struct Inverted([u8; 1024]);
///
/// impl InboundStage for Inverted {
///     fn spare(&mut self) -> &mut [u8] {
///         &mut self.0
///     }
///
///     fn commit(&mut self, received: usize, decoder: &mut Decoder) -> Result<(), StageError> {
///         let bytes = &mut self.0[..received];
///         bytes.iter_mut().for_each(|byte| *byte = !*byte);
///         decoder.extend_from_slice(bytes);
///         Ok(())
///     }
///
///     fn finish(&mut self, _: &mut Decoder) -> Result<(), StageError> {
///         Ok(()) // it has no end of its own
///     }
/// }
///
/// let mut inbound = Inbound::with_stage(Decoder::new(&Config::new()), Inverted([0; 1024]));
/// let frame = ConnectDatagram::new(7, "hello")?.encode()?;
/// inbound.extend_from_slice(&frame.iter().map(|byte| !byte).collect::<Vec<_>>());
/// assert_eq!(inbound.next_datagram()?.datagram().unwrap().data(), "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait InboundStage {
    /// Space for the next bytes from the transport: initialised, and never empty.
    fn spare(&mut self) -> &mut [u8];

    /// The first `received` bytes of the last [`spare`](Self::spare) came from the transport. Passes on
    /// to `decoder` what plain bytes they make.
    ///
    /// A stage that knows where its stream ends (TLS: close_notify) calls [`Decoder::finish`] there.
    ///
    /// # Errors
    ///
    /// What the stage cannot go on after. Plain bytes passed on before it stay valid; the stage is not
    /// asked again.
    ///
    /// # Panics
    ///
    /// May panic if `received` exceeds the length of that space. `Inbound::handle_read` does not let it come to that.
    fn commit(&mut self, received: usize, decoder: &mut Decoder) -> Result<(), StageError>;

    /// The transport ended. Called once; the decoder is finished afterwards if this succeeds.
    ///
    /// # Errors
    ///
    /// If the stage should have seen an end of its own before: the stream was cut.
    fn finish(&mut self, decoder: &mut Decoder) -> Result<(), StageError>;

    /// The transport has nothing to read at the moment; a stage that holds nothing partial gives its
    /// memory back.
    fn handle_would_block(&mut self) {}

    /// Whether the stage holds nothing partial, so that the next wait may be a long one: see
    /// [`Decoder::is_quiet`].
    fn is_quiet(&self) -> bool {
        true
    }
}

/// The sending half of a byte stage.
///
/// ```
/// use bytes::Buf;
/// use connect_proto::stage::OutboundStage;
/// use connect_proto::{Config, ConnectDatagram, Encoder, Outbound, Outbox, StageError};
///
/// /// Every byte goes with its bits turned over.
/// #[derive(Default)]
/// struct Inverted(Outbox);
///
/// impl OutboundStage for Inverted {
///     fn process(&mut self, plain: &mut Outbox) -> Result<(), StageError> {
///         while plain.has_remaining() {
///             let inverted: Vec<u8> = plain.chunk().iter().map(|byte| !byte).collect();
///             plain.advance(inverted.len());
///             self.0.push(inverted.into());
///         }
///         Ok(())
///     }
///
///     fn finish(&mut self) -> Result<(), StageError> {
///         Ok(()) // it has no last word
///     }
///
///     fn outbox(&mut self) -> &mut Outbox {
///         &mut self.0
///     }
///
///     fn queued(&self) -> usize {
///         self.0.remaining()
///     }
/// }
///
/// let mut outbound = Outbound::with_stage(Encoder::new(&Config::new()), Inverted::default());
/// outbound.push(ConnectDatagram::new(7, "hello")?)?;
/// assert_eq!(outbound.outbox()?.chunk()[..4], [!0, !0, !0, !9]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait OutboundStage {
    /// Whether the stage can take plain bytes or a reason why it never will. One that has to hear from its
    /// peer first (TLS: the handshake) cannot; what is queued waits in the encoder meanwhile.
    fn is_ready(&self) -> bool {
        true
    }

    /// Takes plain bytes from the front of `plain`, as many as it sees fit but at least one if there
    /// are any, and appends what they make to [`outbox`](Self::outbox). Called only while the stage
    /// [`is_ready`](Self::is_ready).
    ///
    /// All that it has taken must be in the outbox when it returns: a flush waits for nothing else, and what is
    /// [unsent](crate::Unsent) is looked for nowhere else.
    ///
    /// # Errors
    ///
    /// What the stage cannot go on after. What stands in the outbox is still worth writing.
    fn process(&mut self, plain: &mut Outbox) -> Result<(), StageError>;

    /// Everything plain has been processed and nothing will follow: append the stage's own last word
    /// (TLS: close_notify). Called once, and only while the stage [`is_ready`](Self::is_ready).
    ///
    /// # Errors
    ///
    /// As [`process`](Self::process).
    fn finish(&mut self) -> Result<(), StageError>;

    /// What is to be written, including what the stage has to say for itself.
    fn outbox(&mut self) -> &mut Outbox;

    /// Everything was written, and nothing may follow for long: a stage with an empty outbox gives its
    /// memory back.
    fn handle_flushed(&mut self) {}

    /// How many bytes are to be written: what remains in [`outbox`](Self::outbox).
    fn queued(&self) -> usize;
}
