//! What is said on standard error.

use std::fmt;
use std::io::{self, Write};

use connect_tokio::Connection;

use crate::failure::Failure;
use crate::terminal::harmless_line;

/// Says in one line what somebody has to know. It may quote a peer, whose name can be a path of any characters: none of them
/// controls a terminal or begins a line. Where nobody listens, there is nothing to be done about it.
pub(crate) fn say(what: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{}", harmless_line(&what.to_string()));
}

/// Says why a run has failed.
pub(crate) fn complain(what: impl fmt::Display) {
    say(format_args!("connectcat: {what}"));
}

/// Who the peer is and what was agreed upon.
pub(crate) fn introduction(connection: &Connection) -> String {
    let peer = connection.peer_addr();
    let Some(tls) = connection.tls() else {
        return format!("connected: {peer}");
    };
    let info = tls.info();
    let version = info.protocol_version.and_then(|version| version.as_str());
    let suite = info.cipher_suite.and_then(|suite| suite.as_str());
    let certificate = match &info.peer_certificates[..] {
        [] => "no certificate",
        _ => "a certificate that was verified",
    };
    format!(
        "connected: {peer}, {} {}, {certificate}",
        version.unwrap_or("unknown version"),
        suite.unwrap_or("unknown suite"),
    )
}

/// What went through a connection, and what was accepted in vain: of messages to send, none is lost in silence.
pub(crate) fn summary(connection: &Connection, result: &Result<(), Failure>) -> String {
    let stats = connection.stats();
    let (sent, received) = (stats.sent, stats.received);
    let mut summary = format!(
        "sent {} ({} bytes), received {} ({} bytes)",
        messages(sent.messages),
        sent.bytes,
        messages(received.messages),
        received.bytes
    );
    // The error of a write says it itself.
    if sent.queued_messages > 0 && !matches!(result, Err(Failure::Write(_))) {
        summary += &format!(
            "; accepted but not handed over: {} ({} bytes)",
            messages(sent.queued_messages as u64),
            sent.queued_bytes
        );
    }
    summary
}

fn messages(count: u64) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} message{plural}")
}
