//! What to do when a listener cannot accept.

use core::time::Duration;
use std::io;

/// How long to wait before the next `accept` after this error: 100 milliseconds, or not at all.
///
/// An error of one connection says nothing about the next one: its peer gave it up before it was accepted, or the
/// network failed, which `accept(2)` of Linux reports in its place and says to answer by a retry. Every other error (no
/// file descriptors left, no memory) comes back at once for as long as its cause lasts: without a pause, a loop around
/// `accept` would spin.
///
/// ```
/// use std::io::{Error, ErrorKind};
///
/// assert!(connect_proto::pause_after_accept_error(&ErrorKind::ConnectionAborted.into()).is_none());
/// let descriptor_table_full = Error::from_raw_os_error(24); // EMFILE on Unix
/// assert!(connect_proto::pause_after_accept_error(&descriptor_table_full).is_some());
/// ```
#[must_use]
pub fn pause_after_accept_error(error: &io::Error) -> Option<Duration> {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted,
        NetworkDown, NetworkUnreachable, TimedOut,
    };
    match error.kind() {
        ConnectionAborted | ConnectionRefused | ConnectionReset | HostUnreachable | Interrupted
        | NetworkDown | NetworkUnreachable | TimedOut => None,
        _ => Some(PAUSE),
    }
}

/// Short enough that nobody notices once descriptors are free again, long enough that a thousand
/// failing listeners cost no more than ten thousand calls a second.
const PAUSE: Duration = Duration::from_millis(100);
