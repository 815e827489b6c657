//! The messages of a measurement, each of which says which one it is.

use connect_tokio::DatagramRef;

/// Makes messages, and knows what they were.
#[derive(Clone)]
pub(super) struct Load {
    recipient: u16,
    data: Vec<u8>,
}

/// What is not the number is not all the same either.
const PATTERN: &[u8] = b"connectcat bench ";

impl Load {
    /// Messages of `len` bytes.
    pub(super) fn new(recipient: u16, len: usize) -> Self {
        Self {
            recipient,
            data: PATTERN.iter().copied().cycle().take(len).collect(),
        }
    }

    /// The message at a position: the number in the first 8 bytes, big-endian, or as much of its end as fits.
    pub(super) fn message(&mut self, position: u64) -> DatagramRef<'_> {
        let number = position.to_be_bytes();
        let len = self.data.len().min(number.len());
        let places = self
            .data
            .iter_mut()
            .zip(number.iter().skip(number.len() - len));
        for (place, byte) in places {
            *place = *byte;
        }
        DatagramRef::new(self.recipient, &self.data)
    }

    /// What is wrong with a reply to the message at a position.
    pub(super) fn fault(&mut self, position: u64, reply: DatagramRef<'_>) -> Option<&'static str> {
        let message = self.message(position);
        if reply.recipient() != message.recipient() {
            return Some("it has another recipient tag than the message");
        }
        (reply.data() != message.data()).then_some("its data is not that of the message")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_its_own_reply_and_that_of_no_other() {
        for len in [1, 7, 8, 9, 100] {
            let mut load = Load::new(3, len);
            let mut other = Load::new(3, len);
            for position in [0, 1, 255] {
                let message = other.message(position);
                assert_eq!(message.data().len(), len);
                assert_eq!(load.fault(position, message), None);
                assert!(load.fault(position + 1, message).is_some());
            }
        }
        let message = DatagramRef::new(4, &[0]);
        assert!(Load::new(3, 1).fault(0, message).is_some());
    }
}
