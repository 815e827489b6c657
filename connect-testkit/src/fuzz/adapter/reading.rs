//! The reading half beside the list of what has to come.

use std::future::poll_fn;
use std::pin::Pin;

use connect_proto::{ConnectDatagram, DatagramRef, Datagrams, ReadError};
use futures_core::Stream;

use super::script::{MOST_READ_POLLS, ReadEnd, Script};
use super::{Outcome, polls};
use crate::conformance::{Adapter, Reader};
use crate::fuzz::choices::Choices;
use crate::naive::{Message, Parsed};
use crate::task::Task;

pub(super) struct Reading<A: Adapter> {
    pub(super) reader: A::Reader,
    parsed: Parsed,
    pub(super) end: ReadEnd,
    taken: usize,
    /// The reader as a stream has yielded its end.
    terminated: bool,
}

impl<A: Adapter> Reading<A> {
    pub(super) fn new(reader: A::Reader, script: &Script) -> Self {
        let (parsed, end) = script.expected();
        Self {
            reader,
            parsed,
            end,
            taken: 0,
            terminated: false,
        }
    }

    /// What was not handed out yet.
    pub(super) fn left(&self) -> &[Message] {
        &self.parsed.messages[self.taken..]
    }

    pub(super) fn apply(&mut self, operation: u8, choices: &mut Choices<'_>) {
        let polls = polls(choices, MOST_READ_POLLS);
        match operation % 5 {
            0 => self.next(polls),
            1 => self.take_several(usize::from(choices.byte() % 4), polls, Self::next_many),
            2 => self.take_several(usize::from(choices.byte() % 4), polls, Self::next_batch),
            3 => self.next_ref(polls),
            _ => self.next_item(polls),
        }
        let stats = self.reader.stats();
        assert_eq!(stats.messages, self.taken as u64);
        let whole = self.parsed.frame_ends[..self.taken].last();
        let taken_bytes = whole.copied().unwrap_or_default();
        // A broken stream is not kept.
        if !matches!(self.end, ReadEnd::Protocol(_)) {
            assert_eq!(stats.bytes, (taken_bytes + stats.buffered_bytes) as u64);
        }
    }

    fn next(&mut self, polls: usize) {
        let may_wait = self.may_wait();
        let result = poll(self.reader.next(), polls, may_wait);
        self.check(result.map(|result| result.map(|next| next.map(|one| vec![one]))));
    }

    /// By a call that waits for one and gives what else is there, up to `most`. How much that is depends on how
    /// much the adapter reads at once, which is its own affair. So the same call is made until the transport waits or
    /// there are as many: then all adapters have handed out the same, and what comes later can be compared.
    fn take_several(&mut self, most: usize, polls: usize, take: fn(&mut Self, usize, usize)) {
        let mut before = self.taken;
        let goal = before + most;
        take(self, most, polls);
        while (before + 1..goal).contains(&self.taken) {
            before = self.taken;
            take(self, goal - before, 1);
        }
    }

    fn next_many(&mut self, limit: usize, polls: usize) {
        let mut batch = Vec::new();
        let may_wait = self.may_wait();
        let count = poll(self.reader.next_many(&mut batch, limit), polls, may_wait);
        if !matches!(count, Some(Ok(_))) {
            assert!(batch.is_empty());
        }
        let result = count.map(|count| {
            count.map(|count| {
                assert!(count == batch.len() && count <= limit);
                (count > 0 || limit == 0).then_some(batch)
            })
        });
        self.check(result);
    }

    fn next_batch(&mut self, most: usize, polls: usize) {
        let may_wait = self.may_wait();
        let result = poll(self.reader.next_batch(), polls, may_wait);
        let owned = |one: DatagramRef<'_>| one.to_datagram().expect("valid");
        let owned = |batch: Datagrams<'_>| {
            let batch: Vec<_> = batch.take(most).map(owned).collect();
            assert!(most == 0 || !batch.is_empty());
            batch
        };
        let result = result.map(|result| result.map(|next| next.map(owned)));
        self.check(result);
    }

    fn next_ref(&mut self, polls: usize) {
        let may_wait = self.may_wait();
        let result = poll(self.reader.next_ref(), polls, may_wait);
        let owned = |one: DatagramRef<'_>| vec![one.to_datagram().expect("valid")];
        let result = result.map(|result| result.map(|next| next.map(owned)));
        self.check(result);
    }

    fn next_item(&mut self, polls: usize) {
        let may_wait = self.may_wait();
        let next = poll_fn(|cx| Pin::new(&mut self.reader).poll_next(cx));
        let result = poll(next, polls, may_wait);
        if self.terminated {
            assert!(polls == 0 || matches!(result, Some(None)));
            return;
        }
        self.terminated = matches!(result, Some(None | Some(Err(_))));
        let result = result.map(|item| item.transpose());
        self.check(result.map(|result| result.map(|next| next.map(|one| vec![one]))));
    }

    /// Whether there is nothing to come any more, not even an end.
    fn may_wait(&self) -> bool {
        self.left().is_empty() && self.end == ReadEnd::Silence
    }

    /// What came, `None` for the end; nothing at all if it waits, or that many polls were not enough.
    fn check(&mut self, result: Option<Result<Option<Vec<ConnectDatagram>>, ReadError>>) {
        let comes_more = !self.left().is_empty();
        match result {
            Some(Ok(Some(datagrams))) => {
                for datagram in &datagrams {
                    self.take(datagram);
                }
            }
            Some(Ok(None)) => assert!(!comes_more && self.end == ReadEnd::Clean),
            Some(Err(error)) => {
                assert!(!comes_more, "datagrams were lost");
                check_error(self.end, &error);
            }
            None => {}
        }
    }

    fn take(&mut self, datagram: &ConnectDatagram) {
        let expected = self.left().first().expect("it was sent");
        assert_eq!(datagram.recipient(), expected.recipient);
        assert!(*datagram.data() == expected.data);
        self.taken += 1;
    }

    /// Everything that comes, and twice what comes then.
    pub(super) fn end(mut self) -> Outcome {
        for _ in 0..self.left().len() + 2 {
            self.next(MOST_READ_POLLS);
        }
        assert!(self.left().is_empty());
        let may_wait = self.may_wait();
        let last = poll(self.reader.next(), MOST_READ_POLLS, may_wait);
        vec![match last {
            None => "silence".into(),
            Some(Ok(_)) => "the end".into(),
            Some(Err(error)) => error.to_string(),
        }]
    }
}

/// Polls up to `polls` times, as long as it is woken, then drops the future. To wait for somebody else is a finding
/// unless it `may_wait`.
fn poll<T>(future: impl Future<Output = T>, polls: usize, may_wait: bool) -> Option<T> {
    let mut task = Task::new(future);
    let output = task.run_at_most(polls);
    if output.is_none() && task.is_woken() {
        assert!(polls < MOST_READ_POLLS, "wakes itself again and again");
    } else if output.is_none() {
        assert!(may_wait, "waits for ever");
    }
    output
}

/// Whether this is what a broken stream or transport is reported as.
pub(super) fn check_error(end: ReadEnd, error: &ReadError) {
    match error {
        ReadError::Protocol(error) => assert_eq!(end, ReadEnd::Protocol(*error)),
        ReadError::Io(error) => assert_eq!(end, ReadEnd::Failure(error.kind())),
        other => panic!("{other}"),
    }
}
