//! One connection: what is sent, what is shown, and when it is over.

use std::pin::{Pin, pin};
use std::time::Duration;

use connect_tokio::{Connection, ConnectionReader, ConnectionWriter, ReadError, WriteError};
use tokio::io::AsyncRead;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::failure::Failure;
use crate::input::Input;
use crate::output::Output;
use crate::pace::Pace;

/// What ends a conversation that the peer does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All is sent and the direction closed; then the peer has its say to its own end.
    Peer,
    /// All is sent, and this many messages were shown.
    Replies(u64),
    /// This many messages were shown.
    Count(u64),
    /// All is sent, and so much time has passed.
    Linger(Duration),
}

/// When to send, and when to stop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) pace: Pace,
    pub(crate) end: End,
    /// Whether the peer's end leaves nothing to wait for: somebody at a terminal can start again.
    pub(crate) ends_with_peer: bool,
}

/// How long a peer may take to take and to say its last words when everything that was asked for is done.
pub(crate) const FAREWELL: Duration = Duration::from_secs(1);

/// Sends `input` and shows what comes, both at once, until the end that `manner` describes.
///
/// The two directions are independent: after the peer's end the rest is still sent. What was accepted is handed over
/// whatever fails, unless the connection itself does.
pub(crate) async fn converse<R: AsyncRead + Unpin>(
    connection: &mut Connection,
    input: &mut Input<R>,
    output: &mut Output,
    manner: Manner,
) -> Result<(), Failure> {
    let shown = output.shown();
    let result = exchange(connection, input, output, manner).await;
    conclude(connection, result).await?;
    match manner.end {
        End::Replies(expected) | End::Count(expected) if shown.count() < expected => {
            Err(Failure::FewerMessages {
                received: shown.count(),
                expected,
            })
        }
        _ => Ok(()),
    }
}

async fn exchange<R: AsyncRead + Unpin>(
    connection: &mut Connection,
    input: &mut Input<R>,
    output: &mut Output,
    manner: Manner,
) -> Result<Heard, Failure> {
    let (reader, writer) = connection.halves();
    // Without anything to send there is no end of it to tell the peer.
    let closes = manner.end == End::Peer && !input.is_none();
    let shown = output.shown();
    let mut sending = pin!(send(writer, input, manner.pace, closes));
    let enough = Notify::new();
    let mut receiving = pin!(receive(reader, output, manner.end, enough.notified()));
    let first = tokio::select! {
        sent = &mut sending => First::Sent(sent),
        heard = &mut receiving => First::Heard(heard?),
    };
    match first {
        First::Sent(Err(Failure::Write(error))) => {
            let heard = within(FAREWELL, receiving, &enough).await;
            Err(better_reason(error, heard))
        }
        First::Sent(Err(failure)) => {
            // What is said to that which could be sent. The failure of the input came first.
            let _ = within(FAREWELL, receiving, &enough).await;
            Err(failure)
        }
        First::Sent(Ok(())) => match manner.end {
            End::Peer | End::Count(_) => receiving.await,
            End::Linger(time) => within(time, receiving, &enough).await,
            // After that many nothing is shown that could be cut.
            End::Replies(count) => tokio::select! {
                biased;
                () = shown.reach(count) => Ok(Heard::Enough),
                heard = receiving => heard,
            },
        },
        First::Heard(Heard::Enough) => Ok(Heard::Enough),
        First::Heard(Heard::End) => {
            if !manner.ends_with_peer && !awaits_more(manner.end, shown.count()) {
                sending.await?;
            }
            Ok(Heard::End)
        }
    }
}

/// Receives until this time has passed. What is being shown then is shown to its end: no output ends inside a message.
async fn within(
    time: Duration,
    mut receiving: Pin<&mut impl Future<Output = Result<Heard, Failure>>>,
    enough: &Notify,
) -> Result<Heard, Failure> {
    if let Ok(heard) = timeout(time, &mut receiving).await {
        return heard;
    }
    enough.notify_one();
    receiving.await
}

enum First {
    Sent(Result<(), Failure>),
    Heard(Heard),
}

/// Why no more is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// The peer has ended its direction.
    End,
    /// As much was shown as was asked for.
    Enough,
}

/// Messages that cannot come any more need not be waited for.
const fn awaits_more(end: End, shown: u64) -> bool {
    matches!(end, End::Replies(expected) | End::Count(expected) if shown < expected)
}

/// Sends everything at its pace. Writes what is queued whenever the next message has to be waited for, which only the
/// input knows: what is there already may be an empty line, or half a message.
async fn send<R: AsyncRead + Unpin>(
    writer: &mut ConnectionWriter,
    input: &mut Input<R>,
    mut pace: Pace,
    closes: bool,
) -> Result<(), Failure> {
    loop {
        let mut next = pin!(input.next());
        let next = tokio::select! {
            biased;
            next = &mut next => next,
            flushed = writer.flush() => {
                flushed?;
                next.await
            }
        };
        let datagram = match next {
            Ok(Some(datagram)) => datagram,
            Ok(None) => break,
            Err(error) => {
                // Nothing follows: whoever knows it says its last words.
                writer.close().await?;
                return Err(error.into());
            }
        };
        if let Some(turn) = pace.take_turn(Instant::now()) {
            writer.flush().await?;
            sleep_until(turn).await;
        }
        writer.feed(datagram).await?;
    }
    if closes {
        writer.close().await?;
    } else {
        writer.flush().await?;
    }
    Ok(())
}

/// Shows what comes until the peer's end, until as much was shown as `end` says, or, between two batches, until `enough`.
///
/// Replies beyond those that were asked for are taken as long as messages are sent, so that neither waits for the other, and
/// not shown.
async fn receive(
    reader: &mut ConnectionReader,
    output: &mut Output,
    end: End,
    enough: impl Future<Output = ()>,
) -> Result<Heard, Failure> {
    let (most, is_enough) = match end {
        End::Count(count) => (count, true),
        End::Replies(count) => (count, false),
        End::Peer | End::Linger(_) => (u64::MAX, false),
    };
    let mut enough = pin!(enough);
    loop {
        let batch = tokio::select! {
            biased;
            () = &mut enough => return Ok(Heard::Enough),
            batch = reader.next_batch() => batch?,
        };
        let Some(batch) = batch else {
            return Ok(Heard::End);
        };
        for datagram in batch {
            if output.count() < most {
                output.show(datagram);
            }
            if is_enough && output.count() == most {
                break;
            }
        }
        output.flush().await.map_err(Failure::of_output)?;
        if is_enough && output.count() == most {
            return Ok(Heard::Enough);
        }
    }
}

/// Why a write failed. A peer that hung up may have said why before, which is the better reason.
fn better_reason(error: WriteError, heard: Result<Heard, Failure>) -> Failure {
    match heard {
        Err(said @ Failure::Read(ReadError::Stage(_) | ReadError::Protocol(_))) => said,
        _ => Failure::Write(error),
    }
}

/// Hands over what was accepted, whatever has failed, unless writing has.
async fn conclude(
    connection: &mut Connection,
    result: Result<Heard, Failure>,
) -> Result<(), Failure> {
    match result {
        Ok(heard) => finish(connection, heard).await,
        Err(failure @ Failure::Write(_)) => Err(failure),
        Err(failure) => {
            // Over TLS this also tells the peer what was wrong.
            let _ = finish(connection, Heard::Enough).await;
            Err(failure)
        }
    }
}

/// Hands over what is left, and lets the peer take it: unread messages answered by a reset could overtake it.
async fn finish(connection: &mut Connection, heard: Heard) -> Result<(), Failure> {
    let (reader, writer) = connection.halves();
    match timeout(FAREWELL, writer.close()).await {
        Ok(Ok(())) => {}
        // Of what was to be said, nothing is missing.
        Ok(Err(_)) if writer.stats().queued_messages == 0 => return Ok(()),
        Ok(Err(error)) => return Err(error.into()),
        Err(_) => return Err(Failure::NotTaken { limit: FAREWELL }),
    }
    if heard == Heard::Enough && writer.stats().messages > 0 {
        let rest = async {
            while let Ok(Some(batch)) = reader.next_batch().await {
                batch.for_each(drop);
            }
        };
        let _ = timeout(FAREWELL, rest).await;
    }
    Ok(())
}

/// Sends every message back, and shows it, to the peer's end.
pub(crate) async fn echo(connection: &mut Connection, output: &mut Output) -> Result<(), Failure> {
    let result = match send_back(connection, output).await {
        Err(Failure::Write(error)) => {
            // Nothing goes back any more. What had come before that is shown all the same.
            let reader = connection.reader();
            let heard = receive(reader, output, End::Peer, sleep(FAREWELL)).await;
            Err(better_reason(error, heard))
        }
        result => result,
    };
    conclude(connection, result).await
}

/// Shows before it waits for the peer, which may not take anything any more.
async fn send_back(connection: &mut Connection, output: &mut Output) -> Result<Heard, Failure> {
    let (reader, writer) = connection.halves();
    while let Some(batch) = reader.next_batch().await? {
        for datagram in batch {
            output.show(datagram);
            if !writer.is_ready() {
                output.flush().await.map_err(Failure::of_output)?;
                writer.ready().await?;
            }
            writer.push_ref(datagram)?;
        }
        output.flush().await.map_err(Failure::of_output)?;
        writer.flush().await?;
    }
    Ok(Heard::End)
}

#[cfg(test)]
mod tests;
