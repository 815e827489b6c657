//! One direction of a hostile network: delays, chops, stalls, fills up, and is cut.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll};

use super::faults::{Conditions, Cut};
use super::flow::{FLUSH, Flow, Record, SHUT_DOWN};
use super::witness::{Who, Witness};

/// One direction, as the network sees it.
///
/// ```text
///            write            carry            read
///   sender --------> under way ------> arrived ------> receiver
///          entered             arrived          left
/// ```
#[derive(Clone)]
pub(crate) struct Pipe(Rc<RefCell<Flow>>);

/// Where bytes go in. Dropped, it ends the direction.
pub(crate) struct PipeWriter(Pipe);

/// Where bytes come out. Dropped, it makes writes fail.
pub(crate) struct PipeReader(Pipe);

impl Pipe {
    pub(crate) fn new(
        who: Who,
        conditions: Conditions,
        cut: Option<Cut>,
        seed: u64,
        witness: Rc<Witness>,
    ) -> (PipeReader, PipeWriter, Self) {
        let flow = Flow::new(who, conditions, cut, seed, witness);
        let pipe = Self(Rc::new(RefCell::new(flow)));
        (PipeReader(pipe.clone()), PipeWriter(pipe.clone()), pipe)
    }

    /// Whether the network has anything to do here.
    pub(crate) fn can_move(&self) -> bool {
        self.0.borrow().can_move()
    }

    /// The network does a little.
    pub(crate) fn advance(&self) {
        self.0.borrow_mut().advance();
    }

    /// The other direction was cut, and takes this one with it.
    pub(crate) fn cut_with(&self, other: &Self) {
        let cut = other.0.borrow().cut;
        let other_is_cut = other.0.borrow().record.is_cut;
        let flow = &mut *self.0.borrow_mut();
        if let Some(cut) = cut.filter(|cut| cut.both_ways && other_is_cut) {
            if !flow.record.is_cut {
                flow.cut = Some(cut);
                flow.cut_now(cut);
            }
        }
    }

    /// What was flushed until now.
    pub(crate) fn flushed(&self) -> Vec<u8> {
        let record = &self.0.borrow().record;
        record.entered[..record.flushed].to_vec()
    }

    /// What became of the direction; the end of it.
    pub(crate) fn into_record(self) -> Record {
        let flow = Rc::into_inner(self.0).expect("both ends are dropped");
        flow.into_inner().record
    }
}

impl PipeWriter {
    pub(crate) fn poll_write(
        &self,
        cx: &Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.0.borrow_mut().poll_write(cx, pieces)
    }

    pub(crate) fn poll_flush(&self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        self.0.0.borrow_mut().poll_control(cx, FLUSH)
    }

    pub(crate) fn poll_shut_down(&self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        self.0.0.borrow_mut().poll_control(cx, SHUT_DOWN)
    }

    /// How many bytes were taken until now.
    pub(crate) fn entered(&self) -> usize {
        self.0.0.borrow().record.entered.len()
    }

    /// Everything that was taken was flushed.
    pub(crate) fn is_flushed(&self) -> bool {
        let record = &self.0.0.borrow().record;
        record.flushed == record.entered.len()
    }

    /// The direction that it writes to.
    pub(crate) fn pipe(&self) -> Pipe {
        self.0.clone()
    }
}

impl PipeReader {
    pub(crate) fn poll_read(&self, cx: &Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.0.borrow_mut().poll_read(cx, room)
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        // While a panic inside of the pipe unwinds it is borrowed.
        if let Ok(mut flow) = self.0.0.try_borrow_mut() {
            flow.writer_gone = true;
            flow.wake_all();
        }
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        // While a panic inside of the pipe unwinds it is borrowed.
        if let Ok(mut flow) = self.0.0.try_borrow_mut() {
            flow.reader_gone = true;
            flow.wake_all();
        }
    }
}
