//! What happens inside of a pipe: when bytes are taken, carried and given, and who has to wait.

use std::io::{self, ErrorKind, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::faults::{Conditions, Cut, ReaderSees, WriterSees};
use super::witness::{Event, Who, Witness};
use crate::random::SplitMix64;

/// What is on its way, and who waits for it.
pub(super) struct Flow {
    who: Who,
    witness: Rc<Witness>,
    random: SplitMix64,
    conditions: Conditions,
    pub(super) cut: Option<Cut>,
    pub(super) record: Record,
    /// How many bytes lie at the far end, those that left included.
    arrived: usize,
    /// How many ever will, once that is known.
    deliverable: Option<usize>,
    stalled_for: usize,
    /// The stall that is to come: after how many bytes, and for how many turns.
    stall: Option<(usize, usize)>,
    /// Somebody was made to wait for no reason.
    owes_wake: bool,
    pub(super) writer_gone: bool,
    pub(super) reader_gone: bool,
    writing: Option<Waker>,
    reading: Option<Waker>,
}

/// What became of a direction.
#[derive(Debug)]
pub(crate) struct Record {
    /// Every byte that the writer was told is taken.
    pub(crate) entered: Vec<u8>,
    /// How many of them the reader got.
    pub(crate) left: usize,
    /// What the writer was told when it failed.
    pub(crate) writer_told: Option<ErrorKind>,
    /// What the reader was told last.
    pub(crate) reader_told: Option<Ending>,
    /// How many bytes had entered when the pipe was last flushed.
    pub(crate) flushed: usize,
    /// The writer has ended the direction.
    pub(crate) shut_down: bool,
    pub(crate) is_cut: bool,
}

/// How the bytes ended for the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    End,
    Reset,
}

impl Flow {
    pub(super) fn new(
        who: Who,
        conditions: Conditions,
        cut: Option<Cut>,
        seed: u64,
        witness: Rc<Witness>,
    ) -> Self {
        let record = Record {
            entered: Vec::new(),
            left: 0,
            writer_told: None,
            reader_told: None,
            flushed: 0,
            shut_down: false,
            is_cut: false,
        };
        let mut flow = Self {
            who,
            witness,
            random: SplitMix64::new(seed),
            conditions,
            cut,
            record,
            arrived: 0,
            deliverable: None,
            stalled_for: 0,
            stall: conditions
                .stall_after
                .map(|after| (after, conditions.longest_stall)),
            owes_wake: false,
            writer_gone: false,
            reader_gone: false,
            writing: None,
            reading: None,
        };
        flow.cut_if_due();
        flow
    }

    pub(super) fn can_move(&self) -> bool {
        self.stalled_for > 0 || self.owes_wake || self.arrived < self.limit()
    }

    pub(super) fn advance(&mut self) {
        if self.stalled_for > 0 {
            self.stalled_for -= 1;
            if self.stalled_for == 0 {
                self.wake_all();
            }
        } else if self.arrived < self.limit() {
            if let Some(turns) = self.stall_if_due() {
                self.stalled_for = turns;
                return;
            }
            let mut under_way = self.limit() - self.arrived;
            if let Some((after, _)) = self.stall {
                under_way = under_way.min(after - self.arrived);
            }
            let carried = self.some_of(under_way, self.conditions.longest_carry);
            self.arrived += carried;
            self.witness.saw(self.who, Event::Carried(carried));
            self.reading.take().into_iter().for_each(Waker::wake);
        } else {
            self.wake_all();
        }
    }

    /// How many bytes arrive, as far as is known.
    fn limit(&self) -> usize {
        self.deliverable.unwrap_or(self.record.entered.len())
    }

    /// All of it without a limit. With one as much as it allows every other time or so, and else less.
    fn some_of(&mut self, count: usize, longest: usize) -> usize {
        let most = count.min(longest);
        if longest == usize::MAX || self.random.one_in(2) {
            most
        } else {
            1 + self.random.below(most)
        }
    }

    /// The one stall whose place is known, when all before it has arrived.
    fn stall_if_due(&mut self) -> Option<usize> {
        let (_, turns) = self.stall.take_if(|(after, _)| *after == self.arrived)?;
        self.witness.saw(self.who, Event::Stalled(turns));
        Some(turns)
    }

    fn cut_if_due(&mut self) {
        if let Some(cut) = self.cut {
            if !self.record.is_cut && self.record.entered.len() >= cut.after {
                self.cut_now(cut);
            }
        }
    }

    pub(super) fn cut_now(&mut self, cut: Cut) {
        self.record.is_cut = true;
        self.deliverable = Some(if cut.loses_what_is_under_way {
            self.arrived
        } else {
            self.record.entered.len()
        });
        self.witness.saw(self.who, Event::Cut);
        self.wake_all();
    }

    fn active_cut(&self) -> Option<Cut> {
        self.cut.filter(|_| self.record.is_cut)
    }

    pub(super) fn wake_all(&mut self) {
        self.owes_wake = false;
        let waiting = [self.writing.take(), self.reading.take()];
        waiting.into_iter().flatten().for_each(Waker::wake);
    }

    /// Whether a call has to wait although it need not, or is interrupted.
    fn hinder(&mut self) -> Option<Poll<io::Error>> {
        if self.stalled_for > 0 {
            return Some(Poll::Pending);
        }
        let Conditions {
            stalls_one_in,
            longest_stall,
            hinders_one_in,
            ..
        } = self.conditions;
        if stalls_one_in > 0 && self.random.one_in(stalls_one_in) {
            self.stalled_for = 1 + self.random.below(longest_stall);
            self.witness.saw(self.who, Event::Stalled(self.stalled_for));
            return Some(Poll::Pending);
        }
        if hinders_one_in > 0 && self.random.one_in(hinders_one_in) {
            if self.random.one_in(4) {
                return Some(Poll::Ready(ErrorKind::Interrupted.into()));
            }
            self.owes_wake = true;
            return Some(Poll::Pending);
        }
        None
    }

    fn block<T>(&mut self, cx: &Context<'_>, what: &'static str) -> Poll<T> {
        let waker = Some(cx.waker().clone());
        if what == READ {
            self.reading = waker;
        } else {
            self.writing = waker;
        }
        self.witness.saw(self.who, Event::Blocked(what));
        Poll::Pending
    }

    fn tell_writer<T>(&mut self, kind: ErrorKind) -> Poll<io::Result<T>> {
        self.record.writer_told.get_or_insert(kind);
        self.witness.saw(self.who, Event::Told("write failed"));
        Poll::Ready(Err(kind.into()))
    }

    pub(super) fn poll_write(
        &mut self,
        cx: &Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.called_to_write();
        if self.reader_gone {
            return self.tell_writer(ErrorKind::BrokenPipe);
        }
        let offered: usize = pieces.iter().map(|piece| piece.len()).sum();
        assert!(offered > 0, "a write of nothing");
        let mut taken = match self.active_cut().map(|cut| cut.writer) {
            Some(WriterSees::Failure) => return self.tell_writer(ErrorKind::ConnectionAborted),
            Some(WriterSees::NoRoom) => {
                self.record.writer_told.get_or_insert(ErrorKind::WriteZero);
                return Poll::Ready(Ok(0));
            }
            Some(WriterSees::Nothing) => offered,
            None => match self.hinder() {
                Some(Poll::Pending) => return self.block(cx, WRITE),
                Some(Poll::Ready(error)) => return Poll::Ready(Err(error)),
                None => {
                    let held = self.record.entered.len() - self.record.left;
                    let room = self.conditions.capacity.saturating_sub(held);
                    if room == 0 {
                        return self.block(cx, WRITE);
                    }
                    self.some_of(offered.min(room), self.conditions.longest_write)
                }
            },
        };
        if let Some(cut) = self.cut.filter(|_| !self.record.is_cut) {
            taken = taken.min(cut.after - self.record.entered.len());
        }
        let mut left = taken;
        for piece in pieces {
            let part = piece.len().min(left);
            self.record.entered.extend_from_slice(&piece[..part]);
            left -= part;
        }
        self.witness
            .saw(self.who, Event::Entered { taken, offered });
        self.cut_if_due();
        Poll::Ready(Ok(taken))
    }

    /// A flush, or the end of the direction.
    pub(super) fn poll_control(
        &mut self,
        cx: &Context<'_>,
        what: &'static str,
    ) -> Poll<io::Result<()>> {
        self.called_to_write();
        match self.active_cut().map(|cut| cut.writer) {
            Some(WriterSees::Failure) => return self.tell_writer(ErrorKind::ConnectionAborted),
            Some(_) => {}
            None => match self.hinder() {
                Some(Poll::Pending) => return self.block(cx, what),
                Some(Poll::Ready(error)) => return Poll::Ready(Err(error)),
                None => {}
            },
        }
        if what == SHUT_DOWN {
            assert!(!self.record.shut_down, "ended twice");
            let entered = self.record.entered.len();
            assert_eq!(self.record.flushed, entered, "ended before all was flushed");
            self.record.shut_down = true;
            self.wake_all();
            self.witness.saw(self.who, Event::Told(what));
        } else {
            let new = self.record.entered.len() - self.record.flushed;
            self.record.flushed += new;
            self.witness.saw(self.who, Event::Flushed(new));
        }
        Poll::Ready(Ok(()))
    }

    fn called_to_write(&self) {
        self.witness.called();
        assert_eq!(self.record.writer_told, None, "called after a failure");
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.witness.called();
        assert_eq!(self.record.reader_told, None, "a read after the end");
        assert!(!room.is_empty(), "a read into nothing");
        match self.hinder() {
            Some(Poll::Pending) => return self.block(cx, READ),
            Some(Poll::Ready(error)) => return Poll::Ready(Err(error)),
            None => {}
        }
        let here = self.arrived - self.record.left;
        if here > 0 {
            let possible = here.min(room.len());
            let taken = self.some_of(possible, self.conditions.longest_read);
            let left = self.record.left;
            room[..taken].copy_from_slice(&self.record.entered[left..left + taken]);
            self.record.left += taken;
            self.witness.saw(self.who, Event::Left { taken, possible });
            // There is room for the writer.
            self.writing.take().into_iter().for_each(Waker::wake);
            return Poll::Ready(Ok(taken));
        }
        if self.arrived < self.limit() {
            return self.block(cx, READ);
        }
        let over = self.record.shut_down || self.writer_gone;
        let ending = match self.active_cut().map(|cut| cut.reader) {
            Some(ReaderSees::Reset) => Ending::Reset,
            Some(ReaderSees::End) => Ending::End,
            Some(ReaderSees::Nothing) | None if over => Ending::End,
            Some(ReaderSees::Nothing) | None => return self.block(cx, READ),
        };
        self.record.reader_told = Some(ending);
        Poll::Ready(match ending {
            Ending::End => {
                self.witness.saw(self.who, Event::Told("end of stream"));
                Ok(0)
            }
            Ending::Reset => {
                self.witness.saw(self.who, Event::Told("reset"));
                Err(ErrorKind::ConnectionReset.into())
            }
        })
    }
}

const READ: &str = "read";
const WRITE: &str = "write";
pub(super) const FLUSH: &str = "flush";
pub(super) const SHUT_DOWN: &str = "shut down";
