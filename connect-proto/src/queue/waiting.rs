//! Futures of those who wait. Each gives its place up when it is dropped.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use super::line::Ticket;
use super::rounds::Rest;
use super::send_queue::{SendQueue, Watch};
use super::shared::Shared;
use crate::datagram::ConnectDatagram;
use crate::sync::Arc;
use crate::write_error::WriteError;

/// Waits until a datagram is accepted.
pub(super) struct Sending<'a> {
    shared: &'a Shared,
    place: Place<ConnectDatagram>,
}

/// Waits until room for `data_len` bytes of data is set aside. Whoever gets `Ok` has to give it back.
pub(super) struct Reserving<'a> {
    shared: &'a Shared,
    data_len: usize,
    place: Place<()>,
}

/// Lets others have their turn.
pub(super) struct Resting<'a> {
    shared: &'a Shared,
    rest: Rest,
}

/// Waits for a flush or for the end.
pub(super) struct Watching {
    shared: Arc<Shared>,
    start: Option<Start>,
    watch: Option<Watch>,
}

type Start = fn(&mut SendQueue<Waker>, &Waker) -> Result<Option<Watch>, WriteError>;

enum Place<T> {
    NotYet(T),
    InLine(Ticket),
    Done,
}

impl<'a> Sending<'a> {
    pub(super) const fn new(shared: &'a Shared, datagram: ConnectDatagram) -> Self {
        let place = Place::NotYet(datagram);
        Self { shared, place }
    }
}

impl Future for Sending<'_> {
    type Output = Result<(), WriteError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let shared = self.shared;
        self.place.poll(cx, shared, SendQueue::send)
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if let Place::InLine(ticket) = self.place {
            // If it was accepted meanwhile, it is sent.
            let _ = self
                .shared
                .with(|queue, notify| queue.leave(ticket, notify));
        }
    }
}

impl<'a> Reserving<'a> {
    pub(super) const fn new(shared: &'a Shared, data_len: usize) -> Self {
        Self {
            shared,
            data_len,
            place: Place::NotYet(()),
        }
    }
}

impl Future for Reserving<'_> {
    type Output = Result<(), WriteError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (shared, data_len) = (self.shared, self.data_len);
        self.place.poll(cx, shared, |queue, (), waker| {
            queue.reserve(data_len, waker)
        })
    }
}

impl Drop for Reserving<'_> {
    fn drop(&mut self) {
        if let Place::InLine(ticket) = self.place {
            self.shared.with(|queue, notify| {
                if !queue.leave(ticket, notify) {
                    queue.release(self.data_len, notify);
                }
            });
        }
    }
}

impl<T> Place<T> {
    fn poll(
        &mut self,
        cx: &Context<'_>,
        shared: &Shared,
        join: impl FnOnce(&mut SendQueue<Waker>, T, &Waker) -> Result<Option<Ticket>, WriteError>,
    ) -> Poll<Result<(), WriteError>> {
        let waker = cx.waker();
        let result = match core::mem::replace(self, Self::Done) {
            Self::NotYet(value) => match shared.with(|queue, _| join(queue, value, waker)) {
                Ok(Some(ticket)) => Err(ticket),
                Ok(None) => Ok(Ok(())),
                Err(error) => Ok(Err(error)),
            },
            Self::InLine(ticket) => shared
                .with(|queue, _| queue.check(ticket, waker))
                .ok_or(ticket),
            // Polled again after it was ready.
            Self::Done => return Poll::Pending,
        };
        match result {
            Ok(result) => Poll::Ready(result),
            Err(ticket) => {
                *self = Self::InLine(ticket);
                Poll::Pending
            }
        }
    }
}

impl<'a> Resting<'a> {
    pub(super) const fn new(shared: &'a Shared, rest: Rest) -> Self {
        Self { shared, rest }
    }
}

impl Future for Resting<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { shared, rest } = &mut *self;
        let is_over = shared.with(|queue, _| queue.check_rest(rest, cx.waker()));
        if is_over {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Watching {
    pub(super) fn new(shared: &Arc<Shared>, start: Start) -> Self {
        Self {
            shared: Arc::clone(shared),
            start: Some(start),
            watch: None,
        }
    }
}

impl Future for Watching {
    type Output = Result<(), WriteError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let waker = cx.waker();
        if let Some(start) = this.start.take() {
            this.watch = this.shared.with(|queue, _| start(queue, waker))?;
        } else if let Some(watch) = this.watch {
            let Some(result) = this.shared.with(|queue, _| queue.check_watch(watch, waker)) else {
                return Poll::Pending;
            };
            this.watch = None;
            return Poll::Ready(result);
        }
        match this.watch {
            None => Poll::Ready(Ok(())),
            Some(_) => Poll::Pending,
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        if let Some(watch) = self.watch {
            self.shared.with(|queue, _| queue.forget(watch));
        }
    }
}
