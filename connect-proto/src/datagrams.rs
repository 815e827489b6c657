//! All the datagrams that are here, borrowed.

use core::fmt;
use core::iter::FusedIterator;

use crate::datagram::DatagramRef;
use crate::header::Header;
use crate::inbox::Inbox;

/// The datagrams that stand whole in a [`Decoder`](crate::Decoder), all borrowed at once.
///
/// The fastest way to take many small datagrams: nothing but their headers is looked at. A datagram
/// is taken when the iterator hands it out; what is left when the iterator is dropped stays in the
/// decoder. Its end says nothing about the stream: ask the decoder next.
///
/// ```
/// use connect_proto::{Config, ConnectDatagram, Decoded, Decoder};
///
/// let mut decoder = Decoder::new(&Config::new());
/// for text in ["one", "two", "three"] {
///     decoder.extend_from_slice(&ConnectDatagram::new(1, text)?.encode()?);
/// }
/// let lengths: Vec<_> = decoder.datagrams().map(|datagram| datagram.data().len()).collect();
/// assert_eq!(lengths, [3, 3, 5]);
/// assert_eq!(decoder.next_datagram()?, Decoded::NeedInput);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "datagrams are taken when the iterator hands them out"]
pub struct Datagrams<'a> {
    rest: &'a [u8],
    max_data_len: u32,
    /// How many were handed out.
    count: u64,
    inbox: Option<InboxPlace<'a>>,
}

/// What the inbox is told on drop, once, which keeps it out of the loop.
struct InboxPlace<'a> {
    /// Where its filled part begins, and where it ends.
    start: &'a mut usize,
    end: usize,
    taken: &'a mut u64,
}

impl<'a> Datagrams<'a> {
    pub(crate) fn of(inbox: &'a mut Inbox, max_data_len: u32) -> Self {
        let (rest, inbox) = match inbox.filled_start_and_taken() {
            Some((filled, start, taken)) => {
                let end = *start + filled.len();
                (filled, Some(InboxPlace { start, end, taken }))
            }
            None => (&[][..], None),
        };
        Self {
            rest,
            max_data_len,
            count: 0,
            inbox,
        }
    }
}

impl<'a> Iterator for Datagrams<'a> {
    type Item = DatagramRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<DatagramRef<'a>> {
        let (header, behind) = self.rest.split_first_chunk()?;
        let header = Header::parse_within(header, self.max_data_len).ok()?;
        let (data, rest) = behind.split_at_checked(header.data_len())?;
        self.rest = rest;
        self.count += 1;
        Some(DatagramRef::new(header.recipient(), data))
    }
}

impl FusedIterator for Datagrams<'_> {}

impl Drop for Datagrams<'_> {
    fn drop(&mut self) {
        if let Some(inbox) = &mut self.inbox {
            *inbox.start = inbox.end - self.rest.len();
            *inbox.taken += self.count;
        }
    }
}

impl fmt::Debug for Datagrams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Datagrams")
            .field("buffered", &self.rest.len())
            .finish_non_exhaustive()
    }
}
