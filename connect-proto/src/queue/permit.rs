//! The right to send one datagram without waiting.

use core::fmt;

use super::shared::Senders;
use crate::datagram::ConnectDatagram;
use crate::sync::Arc;
use crate::write_error::WriteError;

/// Room in a queue that is set aside for one datagram: see [`QueueSender::reserve`](super::QueueSender::reserve).
///
/// Dropped, it gives the room back. It counts as a handle: the queue is not closed by itself as long as it
/// lives.
///
/// ```
/// use connect_proto::queue::QueueSender;
/// use connect_proto::{Config, ConnectDatagram, Encoder, Outbound};
///
/// let (sender, _drain) = QueueSender::new(&Outbound::from(Encoder::new(&Config::new())));
/// let permit = sender.try_reserve(1024)?.expect("nothing is queued");
/// assert!(sender.try_reserve(64 * 1024)?.is_none()); // what is left of the mark is less
/// permit.send(ConnectDatagram::new(7, "up to 1024 bytes")?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "room that is set aside keeps others waiting"]
pub struct QueuePermit {
    senders: Arc<Senders>,
    data_len: usize,
    is_used: bool,
}

impl QueuePermit {
    pub(super) const fn new(senders: Arc<Senders>, data_len: usize) -> Self {
        Self {
            senders,
            data_len,
            is_used: false,
        }
    }

    /// The most data, in bytes, that the datagram may have.
    #[must_use]
    pub const fn data_len(&self) -> usize {
        self.data_len
    }

    /// Sends a datagram, which is accepted at once, even after `close`. Its place in the order is that of this
    /// call.
    ///
    /// # Errors
    ///
    /// A [`WriteError`] that holds the datagram: [`EncodeError::DataTooLarge`](crate::EncodeError::DataTooLarge) if it is
    /// longer than the permit allows, [`EncodeError::EmptyData`](crate::EncodeError::EmptyData) if its data was taken, or
    /// why the connection is lost. The permit is used up in either case.
    pub fn send(mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        self.is_used = true;
        self.senders
            .shared
            .with(|queue, notify| queue.send_reserved(self.data_len, datagram, notify))
    }
}

impl Drop for QueuePermit {
    fn drop(&mut self) {
        if !self.is_used {
            self.senders
                .shared
                .with(|queue, notify| queue.release(self.data_len, notify));
        }
    }
}

impl fmt::Debug for QueuePermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuePermit")
            .field("data_len", &self.data_len)
            .finish_non_exhaustive()
    }
}
