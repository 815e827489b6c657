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
