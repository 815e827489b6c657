//! The network, and the time in which it all happens.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io::{self, ErrorKind, Read, Write};

use connect_testkit::SplitMix64;

/// Nanoseconds, or whatever one likes to think of.
type Time = u64;

/// Who is at which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Client,
    Server,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// What was sent first to this side, and has not arrived, arrives.
    Arrival(Side),
    /// This side can write again.
    Room(Side),
}

/// Two directions, each with a bounded buffer as a system has for a socket.
pub(crate) struct Network {
    now: Time,
    /// The earliest first; the number keeps events of the same time in the order in which they were planned.
    events: BinaryHeap<Reverse<(Time, u64, Event)>>,
    planned: u64,
    random: SplitMix64,
    /// By who reads from it.
    pipes: [Pipe; 2],
    trace: Vec<String>,
}

/// One direction.
struct Pipe {
    capacity: usize,
    slowest: usize,
    /// After so many bytes the reader sees the end, and the writer an error: one of them has vanished.
    cut_after: usize,
    /// Bytes that went in.
    entered: usize,
    /// On the way; `None` is the end.
    travelling: VecDeque<Option<Vec<u8>>>,
    last_arrival: Time,
    arrived: VecDeque<u8>,
    is_over: bool,
    writer_waits: bool,
}

impl Network {
    pub(crate) fn new(mut random: SplitMix64) -> Self {
        let pipes = [(); 2].map(|()| Pipe {
            capacity: 1 + random.below(600),
            slowest: 1 + random.below(1000),
            cut_after: match random.one_in(3) {
                true => 1 + random.below(3_000),
                false => usize::MAX,
            },
            entered: 0,
            travelling: VecDeque::new(),
            last_arrival: 0,
            arrived: VecDeque::new(),
            is_over: false,
            writer_waits: false,
        });
        let mut network = Self {
            now: 0,
            events: BinaryHeap::new(),
            planned: 0,
            random,
            pipes,
            trace: Vec::new(),
        };
        // Both can write at first.
        network.plan(0, Event::Room(Side::Client));
        network.plan(0, Event::Room(Side::Server));
        network
    }

    /// Lets the time pass until something happens, and says to whom.
    pub(crate) fn next_event(&mut self) -> Option<Side> {
        let Reverse((time, _, event)) = self.events.pop()?;
        self.now = time;
        match event {
            Event::Room(side) => Some(side),
            Event::Arrival(side) => {
                let pipe = &mut self.pipes[side as usize];
                match pipe.travelling.pop_front().flatten() {
                    Some(bytes) => pipe.arrived.extend(bytes),
                    None => pipe.is_over = true,
                }
                Some(side)
            }
        }
    }

    /// How many bytes have come into the pipe that this side reads from, and whether it was cut.
    pub(crate) fn entered(&self, side: Side) -> (usize, bool) {
        let pipe = &self.pipes[side as usize];
        (pipe.entered, pipe.entered == pipe.cut_after)
    }

    pub(crate) fn take_trace(&mut self) -> Vec<String> {
        std::mem::take(&mut self.trace)
    }

    pub(crate) fn socket(&mut self, side: Side) -> Socket<'_> {
        Socket {
            network: self,
            side,
        }
    }

    fn plan(&mut self, time: Time, event: Event) {
        self.events.push(Reverse((time, self.planned, event)));
        self.planned += 1;
    }

    fn send(&mut self, to: Side, bytes: Option<Vec<u8>>) {
        let pipe = &mut self.pipes[to as usize];
        let arrival = self.now + 1 + self.random.below(pipe.slowest) as Time;
        // A stream: what was sent later does not overtake.
        pipe.last_arrival = pipe.last_arrival.max(arrival);
        pipe.travelling.push_back(bytes);
        let arrival = pipe.last_arrival;
        self.plan(arrival, Event::Arrival(to));
    }
}

/// One end. Like a socket that does not block it takes and gives as much as is convenient, or says that it would block.
pub(crate) struct Socket<'a> {
    network: &'a mut Network,
    side: Side,
}

impl Socket<'_> {
    fn peer(&self) -> Side {
        match self.side {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }

    /// Ends the writing direction.
    pub(crate) fn shut_down(&mut self) {
        self.note(format_args!("ends its direction"));
        let pipe = &self.network.pipes[self.peer() as usize];
        if pipe.entered < pipe.cut_after {
            self.network.send(self.peer(), None);
        }
    }

    fn note(&mut self, what: std::fmt::Arguments<'_>) {
        let line = format!("{:>6} {:?} {what}", self.network.now, self.side);
        self.network.trace.push(line);
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let to = self.peer();
        let Network { pipes, random, .. } = &mut *self.network;
        let pipe = &mut pipes[to as usize];
        if pipe.entered == pipe.cut_after {
            self.note(format_args!("writes into nowhere"));
            return Err(ErrorKind::BrokenPipe.into());
        }
        let inside = pipe
            .travelling
            .iter()
            .flatten()
            .map(Vec::len)
            .sum::<usize>();
        let room = (pipe.capacity - inside - pipe.arrived.len()).min(bytes.len());
        if room == 0 {
            pipe.writer_waits = true;
            self.note(format_args!("cannot write"));
            return Err(ErrorKind::WouldBlock.into());
        }
        let taken = 1 + random.below(room);
        // Of the last write before the cut, the writer learns nothing.
        let entering = taken.min(pipe.cut_after - pipe.entered);
        pipe.entered += entering;
        let is_cut = pipe.entered == pipe.cut_after;
        self.note(format_args!("writes {taken} of {}", bytes.len()));
        self.network.send(to, Some(bytes[..entering].to_vec()));
        if is_cut {
            self.note(format_args!("is cut off"));
            self.network.send(to, None);
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Socket<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let Network { pipes, random, .. } = &mut *self.network;
        let pipe = &mut pipes[self.side as usize];
        let most = space.len().min(pipe.arrived.len());
        if most == 0 {
            if pipe.is_over {
                self.note(format_args!("reads the end"));
                return Ok(0);
            }
            return Err(ErrorKind::WouldBlock.into());
        }
        let given = 1 + random.below(most);
        for (space, byte) in space.iter_mut().zip(pipe.arrived.drain(..given)) {
            *space = byte;
        }
        let delay = 1 + random.below(pipe.slowest) as Time;
        if std::mem::take(&mut pipe.writer_waits) {
            let time = self.network.now + delay;
            self.network.plan(time, Event::Room(self.peer()));
        }
        self.note(format_args!("reads {given}"));
        Ok(given)
    }
}
