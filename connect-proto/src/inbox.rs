//! Received bytes that wait to be handed out, and how much it was since the beginning.

use alloc::boxed::Box;

use bytes::buf::Limit;
use bytes::{Bytes, BytesMut};

use crate::store::Store;

pub(crate) struct Inbox {
    /// Nothing before something is received, and after the transport ran dry with all of it taken: connections are
    /// many, and most of them wait.
    store: Option<Box<Store>>,
    busy_block_len: u32,
    /// Bytes ever received, counted once a read.
    received: u64,
    /// Frames ever taken: the one count that every message pays for.
    taken: u64,
}

impl Inbox {
    /// Nothing received yet. `busy_block_len` is how much is read at once while much comes; little more than 16 MiB at
    /// the most.
    pub(crate) const fn new(busy_block_len: usize) -> Self {
        Self {
            store: None,
            busy_block_len: busy_block_len as u32,
            received: 0,
            taken: 0,
        }
    }

    /// The bytes received and not yet taken.
    #[inline]
    pub(crate) fn filled(&self) -> &[u8] {
        let store = self.store.as_ref();
        store.map_or(&[], |store| store.filled())
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.store.as_ref().map_or(0, |store| store.len())
    }

    /// Bytes of memory held, for bounds: the block, and what is shared with datagrams.
    pub(crate) fn allocated(&self) -> usize {
        self.store.as_ref().map_or(0, |store| store.allocated())
    }

    /// Whether nothing is here, and so little came since the transport last ran dry that the next wait may be
    /// a long one.
    pub(crate) fn is_quiet(&self) -> bool {
        let store = self.store.as_ref();
        store.is_none_or(|store| store.is_empty() && store.is_quiet())
    }

    pub(crate) const fn busy_block_len(&self) -> usize {
        self.busy_block_len as usize
    }

    /// Bytes ever received, and frames ever taken.
    pub(crate) const fn received_and_taken(&self) -> (u64, u64) {
        (self.received, self.taken)
    }

    /// If anything is here: the bytes received and not yet taken, the position of the first of them, which
    /// moves when bytes are taken, and the count of frames taken.
    pub(crate) fn filled_start_and_taken(&mut self) -> Option<(&[u8], &mut usize, &mut u64)> {
        let (filled, start) = self.store.as_mut()?.filled_and_start();
        Some((filled, start, &mut self.taken))
    }

    /// Takes a frame of `data_len` bytes of data from the front, and lends the data. The frame must be
    /// whole.
    #[inline]
    pub(crate) fn take_frame_ref(&mut self, data_len: usize) -> &[u8] {
        self.taken += 1;
        let store = self.store.as_mut();
        store.map_or(&[], |store| store.take_frame_ref(data_len))
    }

    /// Takes a frame of `data_len` bytes of data from the front, to keep the data. The frame must be
    /// whole.
    // Always: each return through memory stalls on the parts that `Bytes` was just written in.
    #[inline(always)]
    pub(crate) fn take_frame_shared(&mut self, data_len: usize) -> Bytes {
        self.taken += 1;
        match &mut self.store {
            Some(store) => store.take_frame_shared(data_len),
            None => Bytes::new(),
        }
    }

    /// Initialised space behind the filled part, never empty. `frame_len` is the length of the frame
    /// that the filled part begins with, where it is known.
    pub(crate) fn spare(&mut self, frame_len: Option<usize>) -> &mut [u8] {
        self.store_mut().spare(frame_len)
    }

    /// As [`spare`](Self::spare), to append to, and so not initialised.
    pub(crate) fn spare_buf(&mut self, frame_len: Option<usize>) -> Limit<&mut BytesMut> {
        self.store_mut().spare_buf(frame_len)
    }

    /// Marks the first `len` bytes behind the filled part as received.
    pub(crate) fn commit(&mut self, len: usize) {
        if len > 0 {
            self.store_mut().commit(len);
            self.received += len as u64;
        }
    }

    /// Hands the space behind the filled part to the caller.
    pub(crate) fn take_spare(&mut self, frame_len: Option<usize>) -> BytesMut {
        self.store_mut().take_spare(frame_len)
    }

    /// Takes received bytes over: without a copy if `buffer` is the spare space that was handed out.
    pub(crate) fn put_back(&mut self, buffer: BytesMut, received: usize, frame_len: Option<usize>) {
        self.store_mut().put_back(buffer, received, frame_len);
        self.received += received as u64;
    }

    /// Copies `bytes` behind the filled part.
    pub(crate) fn extend(&mut self, bytes: &[u8], frame_len: Option<usize>) {
        if !bytes.is_empty() {
            self.store_mut().extend(bytes, frame_len);
            self.received += bytes.len() as u64;
        }
    }

    /// The transport has nothing at the moment: hold nothing while nothing is here.
    pub(crate) fn handle_would_block(&mut self) {
        match &mut self.store {
            Some(store) if !store.is_empty() => store.handle_would_block(),
            _ => self.store = None,
        }
    }

    /// A block that is too long to be used again, and from which everything was taken, goes back. With an owned
    /// datagram as its last it mostly has already.
    pub(crate) fn release_oversized(&mut self) {
        if let Some(store) = &mut self.store {
            store.release_oversized();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.store = None;
    }

    fn store_mut(&mut self) -> &mut Store {
        let busy_block_len = self.busy_block_len as usize;
        self.store
            .get_or_insert_with(|| Box::new(Store::new(busy_block_len)))
    }
}
