//! A ring with a safe face: whatever the kernel works on belongs to the ring until the kernel is done with it.

#![allow(unsafe_code)]

use std::collections::{HashMap, VecDeque};
use std::io;
use std::mem;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd};
use std::ptr;
use std::rc::Rc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use connect_proto::Outbox;
use io_uring::types::{Fd, SubmitArgs, Timespec};
use io_uring::{IoUring, opcode, squeue};

const ENTRIES: u32 = 256;

/// What the kernel is to do. The socket comes along, so that its descriptor stays open: another socket might get the
/// same number.
pub(crate) enum Operation {
    Accept(Rc<TcpListener>),
    /// Read into this buffer.
    Read(Rc<TcpStream>, BytesMut),
    /// Write from the front of this outbox. Boxed, so that nothing of it moves.
    Write(Rc<TcpStream>, Box<Outbox>),
}

/// What became of it, with what was lent for it.
pub(crate) enum Completion {
    Accepted(io::Result<TcpStream>),
    Read(BytesMut, io::Result<usize>),
    Written(Box<Outbox>, io::Result<usize>),
}

pub(crate) struct Ring {
    ring: IoUring,
    /// What the kernel works on, and who is to get it back, by the number that the kernel knows it by. Nothing in here
    /// is touched until the kernel has named that number.
    under_way: HashMap<u64, (u64, Operation)>,
    last: u64,
    /// Not yet handed over, because the queue to the kernel has its length.
    waiting: VecDeque<squeue::Entry>,
}

impl Ring {
    /// # Errors
    ///
    /// If the kernel has no io_uring, or not for us.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            ring: IoUring::new(ENTRIES)?,
            under_way: HashMap::new(),
            last: 0,
            waiting: VecDeque::new(),
        })
    }

    /// Begins an operation; what comes of it goes to `owner`.
    pub(crate) fn begin(&mut self, owner: u64, mut operation: Operation) {
        self.last += 1;
        let entry = entry(&mut operation).user_data(self.last);
        self.under_way.insert(self.last, (owner, operation));
        self.waiting.push_back(entry);
    }

    /// Hands everything begun to the kernel, and waits until it is done with something.
    pub(crate) fn wait(&mut self, at_most: Option<Duration>) -> io::Result<()> {
        let mut queue = self.ring.submission();
        while let Some(entry) = self.waiting.front() {
            // SAFETY: the buffer or outbox that the entry points into, and the socket that it names, are in `under_way`,
            // where they stay until the kernel is done with them: `next_completion` takes out only what the kernel has
            // named, and `drop` takes out nothing. Both keep their bytes on the heap, so that the map may move them.
            // Nobody reaches them there.
            if unsafe { queue.push(entry) }.is_err() {
                break;
            }
            self.waiting.pop_front();
        }
        drop(queue);
        // What found no place goes with the next call, for which nobody should wait.
        let wanted = usize::from(self.waiting.is_empty());
        let submitted = match at_most.map(Timespec::from) {
            None => self.ring.submit_and_wait(wanted),
            Some(time) => {
                let time = SubmitArgs::new().timespec(&time);
                self.ring.submitter().submit_with_args(wanted, &time)
            }
        };
        match submitted.map_err(|error| (error.raw_os_error(), error)) {
            // The time is over, a signal came, or completions have to be taken first: nothing is lost.
            Ok(_) | Err((Some(libc::ETIME | libc::EINTR | libc::EBUSY), _)) => Ok(()),
            Err((_, error)) => Err(error),
        }
    }

    /// The next operation that the kernel is done with, and whose it was.
    pub(crate) fn next_completion(&mut self) -> Option<(u64, Completion)> {
        let entry = self.ring.completion().next()?;
        let (owner, operation) = self.under_way.remove(&entry.user_data())?;
        let result = match entry.result() {
            error @ ..0 => Err(io::Error::from_raw_os_error(-error)),
            result => Ok(result),
        };
        let len = |result: io::Result<i32>| result.map(|len| len as usize);
        let completion = match operation {
            Operation::Accept(_) => Completion::Accepted(result.map(|descriptor| {
                // SAFETY: the kernel has just made this descriptor, for nobody else.
                unsafe { TcpStream::from_raw_fd(descriptor) }
            })),
            Operation::Read(_, buffer) => Completion::Read(buffer, len(result)),
            Operation::Write(_, outbox) => Completion::Written(outbox, len(result)),
        };
        Some((owner, completion))
    }
}

/// The kernel may go on for a while after the ring is closed, so the memory that it works on is never given back.
impl Drop for Ring {
    fn drop(&mut self) {
        mem::forget(mem::take(&mut self.under_way));
    }
}

/// How the kernel is told.
fn entry(operation: &mut Operation) -> squeue::Entry {
    // Less than asked for is always allowed.
    let most = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    match operation {
        Operation::Accept(listener) => {
            let listener = Fd(listener.as_raw_fd());
            let accept = opcode::Accept::new(listener, ptr::null_mut(), ptr::null_mut());
            accept.flags(libc::SOCK_CLOEXEC).build()
        }
        Operation::Read(socket, buffer) => {
            let socket = Fd(socket.as_raw_fd());
            opcode::Recv::new(socket, buffer.as_mut_ptr(), most(buffer.len())).build()
        }
        Operation::Write(socket, outbox) => {
            let socket = Fd(socket.as_raw_fd());
            let chunk = outbox.chunk();
            opcode::Send::new(socket, chunk.as_ptr(), most(chunk.len())).build()
        }
    }
}
