//! What is shown of one connection.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use connect_tokio::{DatagramRef, Recipients};
use tokio::sync::Notify;

use crate::format::Formatter;
use crate::printer::Printer;

/// Shows the messages of one connection.
pub(crate) struct Output {
    printer: Printer,
    formatter: Formatter,
    /// Which are shown; all of them if this is empty.
    only: Vec<Recipients>,
    peer: String,
    /// Shown and not yet written.
    pending: Vec<u8>,
    pending_count: u64,
    shown: Arc<Shown>,
}

/// How many messages were shown, for whoever waits for them.
#[derive(Default)]
pub(crate) struct Shown {
    count: AtomicU64,
    changed: Notify,
}

/// A buffer that one large message has made is not kept for small ones.
const MOST_KEPT: usize = 1024 * 1024;

impl Output {
    pub(crate) fn new(
        printer: Printer,
        formatter: Formatter,
        only: Vec<Recipients>,
        peer: String,
    ) -> Self {
        Self {
            printer,
            formatter,
            only,
            peer,
            pending: Vec::new(),
            pending_count: 0,
            shown: Arc::default(),
        }
    }

    pub(crate) fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown)
    }

    /// Shows a message with the next [`flush`](Self::flush), unless its tag is not asked for.
    pub(crate) fn show(&mut self, datagram: DatagramRef<'_>) {
        let recipient = datagram.recipient();
        if self.only.is_empty() || self.only.iter().any(|only| only.contains(recipient)) {
            self.formatter
                .append(&self.peer, datagram, &mut self.pending);
            self.pending_count += 1;
        }
    }

    /// How many were shown, those included that wait for a flush.
    pub(crate) fn count(&self) -> u64 {
        self.shown.count() + self.pending_count
    }

    /// Hands everything over to whoever reads it.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            let pending = std::mem::take(&mut self.pending);
            self.pending = self.printer.print(pending).await?;
            self.pending.clear();
            self.pending.shrink_to(MOST_KEPT);
        }
        self.shown.add(self.pending_count);
        self.pending_count = 0;
        Ok(())
    }
}

impl Shown {
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn add(&self, count: u64) {
        self.count.fetch_add(count, Ordering::Relaxed);
        // There is one who waits at the most, who may not be waiting yet.
        self.changed.notify_one();
    }

    /// Waits until that many were shown.
    pub(crate) async fn reach(&self, count: u64) {
        while self.count() < count {
            self.changed.notified().await;
        }
    }
}
