//! Permits: room in the queue that is set aside.

use alloc::vec::Vec;

use super::line::Ticket;
use super::send_queue::SendQueue;
use crate::datagram::ConnectDatagram;
use crate::error::EncodeError;
use crate::header::HEADER_LEN;
use crate::write_error::WriteError;

impl<W: Clone> SendQueue<W> {
    /// Sets room for a datagram of up to `data_len` bytes of data aside if there is any, and nobody waits for it:
    /// a permit. Whether it did.
    ///
    /// # Errors
    ///
    /// [`EncodeError::EmptyData`] or [`EncodeError::DataTooLarge`] if such a datagram can never be sent,
    /// [`EncodeError::Finished`] once the queue is closed, or what the queue has failed with.
    pub fn try_reserve(&mut self, data_len: usize) -> Result<bool, WriteError> {
        self.check_open()?;
        let len = self.encoder.header(0, data_len)?.frame_len();
        let has_room = self.line.is_empty() && self.fits(len);
        if has_room {
            self.granted = self.granted.saturating_add(len);
        }
        Ok(has_room)
    }

    /// Sets room aside, or takes a place in line for it as [`send`](Self::send) does.
    ///
    /// # Errors
    ///
    /// As [`try_reserve`](Self::try_reserve).
    pub fn reserve(&mut self, data_len: usize, notify: &W) -> Result<Option<Ticket>, WriteError> {
        if self.try_reserve(data_len)? {
            return Ok(None);
        }
        let len = self.encoder.header(0, data_len)?.frame_len();
        Ok(Some(self.line.join_for(len, notify)))
    }

    /// Uses a permit for `data_len` bytes. What the datagram does not need of it is free again.
    ///
    /// # Errors
    ///
    /// A [`WriteError`] with the datagram: [`EncodeError::DataTooLarge`] if it exceeds the permit,
    /// [`EncodeError::EmptyData`] if its data was taken, or what the queue has failed with. The permit is used up in
    /// either case.
    pub fn send_reserved(
        &mut self,
        data_len: usize,
        datagram: ConnectDatagram,
        notify: &mut Vec<W>,
    ) -> Result<(), WriteError> {
        self.take_back(data_len);
        let result = match self.failed() {
            Some(error) => Err(error.with_datagram(datagram)),
            None if datagram.data().len() > data_len => {
                let len = datagram.data().len();
                let reason = EncodeError::DataTooLarge { len, max: data_len };
                Err(WriteError::from(reason).with_datagram(datagram))
            }
            None => self
                .encoder
                .push_keeping(datagram)
                .map(|copied| self.spent.extend(copied))
                .map_err(WriteError::from),
        };
        self.admit(notify);
        result
    }

    /// Gives a permit for `data_len` bytes back.
    pub fn release(&mut self, data_len: usize, notify: &mut Vec<W>) {
        self.take_back(data_len);
        self.admit(notify);
    }

    /// A permit for `data_len` bytes is none any more.
    fn take_back(&mut self, data_len: usize) {
        let len = HEADER_LEN + data_len;
        self.granted = self.granted.saturating_sub(len);
    }
}
