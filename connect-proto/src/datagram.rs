//! One message with its recipient tag: owned, and borrowed.

use alloc::vec::Vec;
use core::fmt;

use bytes::{Buf, Bytes};

use crate::error::{DecodeError, EncodeError, Refused};
use crate::header::{HEADER_LEN, Header, MAX_DATA_LEN, VERSION};

/// `decode` takes a frame without this field.
const SIZE_FIELD_LEN: usize = 4;

/// A message: at least one byte of data, and a recipient tag that the library carries and never
/// interprets.
///
/// The data is a [`Bytes`]: cloning a datagram copies nothing, and a received one may share the block
/// that it was read into, of [`Config::read_block_len`](crate::Config::read_block_len) bytes and a header (64 KiB,
/// over TLS 80) or twice its own length. To keep a few small datagrams for long without the block around them, keep
/// `Bytes::copy_from_slice(datagram.data())` instead.
///
/// ```
/// use connect_proto::ConnectDatagram;
///
/// let datagram = ConnectDatagram::new(65535, "Hello world!")?;
/// assert_eq!(datagram.recipient(), 65535);
/// assert_eq!(&datagram.data()[..5], b"Hello");
/// assert_eq!(datagram.size(), 8 + 12);
/// # Ok::<(), connect_proto::Refused<bytes::Bytes>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ConnectDatagram {
    recipient: u16,
    data: Bytes,
}

impl ConnectDatagram {
    /// A datagram of `data` for `recipient`. A `Vec<u8>`, a `String`, a `Bytes` and static data are
    /// taken over without a copy. Borrowed data becomes a `Bytes` by `Bytes::copy_from_slice`, or is sent
    /// as a [`DatagramRef`].
    ///
    /// # Errors
    ///
    /// [`Refused`] hands the data back; its reason is [`EncodeError::EmptyData`] without data and
    /// [`EncodeError::DataTooLarge`] above [`MAX_DATA_LEN`].
    pub fn new(recipient: u16, data: impl Into<Bytes>) -> Result<Self, Refused<Bytes>> {
        let data = data.into();
        match Header::new(recipient, data.len()) {
            Ok(_) => Ok(Self { recipient, data }),
            Err(reason) => Err(Refused::new(reason, data)),
        }
    }

    /// For data that a valid header announced.
    #[inline]
    pub(crate) const fn from_parts(recipient: u16, data: Bytes) -> Self {
        Self { recipient, data }
    }

    /// The version tag that this datagram has on the wire: [`VERSION`].
    #[must_use]
    pub const fn version(&self) -> u16 {
        VERSION
    }

    /// The recipient tag.
    #[inline]
    #[must_use]
    pub const fn recipient(&self) -> u16 {
        self.recipient
    }

    /// The data; empty only after [`take_data`](Self::take_data).
    #[inline]
    #[must_use]
    pub const fn data(&self) -> &Bytes {
        &self.data
    }

    /// Moves the data out as a vector, or `None` if it was taken before.
    ///
    /// Copies unless this datagram is the only owner of its block; [`into_data`](Self::into_data)
    /// never copies. What is left behind has no data and can no longer be sent.
    ///
    /// ```
    /// use connect_proto::{ConnectDatagram, EncodeError};
    ///
    /// let mut datagram = ConnectDatagram::new(7, "hello")?;
    /// assert_eq!(datagram.take_data(), Some(b"hello".to_vec()));
    /// assert_eq!(datagram.take_data(), None);
    /// assert_eq!(datagram.encode(), Err(EncodeError::EmptyData));
    /// # Ok::<(), connect_proto::Refused<bytes::Bytes>>(())
    /// ```
    pub fn take_data(&mut self) -> Option<Vec<u8>> {
        if self.data.is_empty() {
            return None;
        }
        Some(core::mem::take(&mut self.data).into())
    }

    /// The data, without a copy.
    #[inline]
    #[must_use]
    pub fn into_data(self) -> Bytes {
        self.data
    }

    /// Length of the encoded frame in bytes: [`HEADER_LEN`] plus the data.
    #[must_use]
    pub const fn size(&self) -> usize {
        HEADER_LEN + self.data.len()
    }

    /// This datagram as one frame, size field included.
    ///
    /// For transports that carry whole messages; streams are served better by an
    /// [`Encoder`](crate::Encoder).
    ///
    /// # Errors
    ///
    /// [`EncodeError::EmptyData`] after the data was taken.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let header = Header::new(self.recipient, self.data.len())?;
        let mut frame = Vec::with_capacity(header.frame_len());
        frame.extend_from_slice(&header.to_bytes());
        frame.extend_from_slice(&self.data);
        Ok(frame)
    }

    /// The datagram in `contents`: a frame **without** its size field, which is what `decode` has
    /// always taken. [`decode_frame`](Self::decode_frame) takes what [`encode`](Self::encode) gives.
    ///
    /// ```
    /// use connect_proto::{ConnectDatagram, DecodeError};
    ///
    /// let datagram = ConnectDatagram::decode(&[0, 1, 0, 7, b'!'][..])?;
    /// assert_eq!((datagram.recipient(), &datagram.data()[..]), (7, &b"!"[..]));
    /// let empty = ConnectDatagram::decode(&[0, 1, 0, 7][..]);
    /// assert_eq!(empty, Err(DecodeError::SizeTooSmall { size: 4 }));
    /// # Ok::<(), DecodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DecodeError::SizeTooSmall`] below 5 bytes, [`DecodeError::DataTooLarge`] above
    /// [`MAX_DATA_LEN`] bytes of data, [`DecodeError::UnsupportedVersion`] of any but [`VERSION`].
    pub fn decode(contents: impl Into<Bytes>) -> Result<Self, DecodeError> {
        let mut contents = contents.into();
        let size = u32::try_from(contents.len()).unwrap_or(u32::MAX);
        let Some(&[v0, v1, r0, r1]) = contents.first_chunk() else {
            return Err(DecodeError::SizeTooSmall { size });
        };
        let [s0, s1, s2, s3] = size.to_be_bytes();
        let header = Header::parse(&[s0, s1, s2, s3, v0, v1, r0, r1], MAX_DATA_LEN)?;
        contents.advance(HEADER_LEN - SIZE_FIELD_LEN);
        Ok(Self::from_parts(header.recipient(), contents))
    }

    /// The datagram in `frame`, which holds exactly one frame, size field included.
    ///
    /// ```
    /// use connect_proto::ConnectDatagram;
    ///
    /// let datagram = ConnectDatagram::new(7, "seven")?;
    /// assert_eq!(ConnectDatagram::decode_frame(datagram.encode()?)?, datagram);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode), of the sizes in the header; and [`DecodeError::UnexpectedEof`] or
    /// [`DecodeError::TrailingBytes`] if the frame is shorter or longer than its header says.
    pub fn decode_frame(frame: impl Into<Bytes>) -> Result<Self, DecodeError> {
        let mut frame = frame.into();
        Header::check_prefix(&frame, MAX_DATA_LEN as u32)?;
        let Some(header) = frame.first_chunk() else {
            let missing = HEADER_LEN - frame.len();
            return Err(DecodeError::UnexpectedEof { missing });
        };
        let header = Header::parse(header, MAX_DATA_LEN)?;
        let (expected, received) = (header.frame_len(), frame.len());
        if received < expected {
            let missing = expected - received;
            return Err(DecodeError::UnexpectedEof { missing });
        }
        if received > expected {
            let extra = received - expected;
            return Err(DecodeError::TrailingBytes { extra });
        }
        frame.advance(HEADER_LEN);
        Ok(Self::from_parts(header.recipient(), frame))
    }
}

/// Prints the length of the data, not the data: it may be large, and it may be secret.
impl fmt::Debug for ConnectDatagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DatagramRef::from(self).fmt("ConnectDatagram", f)
    }
}

/// A datagram whose data belongs to somebody else: to the [`Decoder`](crate::Decoder) on the way in,
/// to the caller on the way out. Neither direction touches a reference count.
///
/// ```
/// use connect_proto::DatagramRef;
///
/// let datagram = DatagramRef::new(3, b"on the stack");
/// assert_eq!(datagram.to_datagram()?.data(), &b"on the stack"[..]);
/// # Ok::<(), connect_proto::Refused<bytes::Bytes>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DatagramRef<'a> {
    recipient: u16,
    data: &'a [u8],
}

impl<'a> DatagramRef<'a> {
    /// A datagram of `data` for `recipient`. The length is judged when it is sent.
    #[inline]
    #[must_use]
    pub const fn new(recipient: u16, data: &'a [u8]) -> Self {
        Self { recipient, data }
    }

    /// The recipient tag.
    #[inline]
    #[must_use]
    pub const fn recipient(&self) -> u16 {
        self.recipient
    }

    /// The data, for as long as its owner lends it.
    #[inline]
    #[must_use]
    pub const fn data(&self) -> &'a [u8] {
        self.data
    }

    /// An owned copy.
    ///
    /// # Errors
    ///
    /// As [`ConnectDatagram::new`].
    pub fn to_datagram(self) -> Result<ConnectDatagram, Refused<Bytes>> {
        ConnectDatagram::new(self.recipient, Bytes::copy_from_slice(self.data))
    }

    fn fmt(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("recipient", &self.recipient)
            .field("data_len", &self.data.len())
            .finish()
    }
}

impl<'a> From<&'a ConnectDatagram> for DatagramRef<'a> {
    fn from(datagram: &'a ConnectDatagram) -> Self {
        Self::new(datagram.recipient, &datagram.data)
    }
}

/// Prints the length of the data, not the data.
impl fmt::Debug for DatagramRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt("DatagramRef", f)
    }
}
