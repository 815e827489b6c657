//! A bar for somebody who waits.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, if that is a terminal.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

/// The bar is drawn a few times a second, and nobody sees more.
const INTERVAL: Duration = Duration::from_millis(100);

/// How many messages pass before the bar is told; each one would cost more than some messages.
const STRIDE: u64 = 64;

impl Progress {
    pub(super) fn new(expected: u64) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(expected);
            if let Ok(style) = ProgressStyle::with_template(
                "{bar:40} {human_pos} of {human_len} messages, {per_sec}, {eta} left",
            ) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(INTERVAL);
            bar
        });
        Self { bar }
    }

    pub(super) fn show(&self, count: u64) {
        if count % STRIDE == 0 {
            if let Some(bar) = &self.bar {
                bar.set_position(count);
            }
        }
    }

    /// Leaves nothing behind: the results say it all.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
