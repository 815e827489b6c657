//! One connection: what is sent, what is shown, and when it is over.

use std::pin::pin;
use std::time::Duration;

use connect_tokio::{Connection, ConnectionReader, ConnectionWriter, ReadError, WriteError};
use tokio::io::AsyncRead;
use tokio::time::{Instant, sleep_until, timeout};

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
        End::Replies(expected) if shown.count() < expected => Err(Failure::FewerReplies {
            received: shown.count(),
            expected,
        }),
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
    let mut receiving = pin!(receive(reader, output, manner.end));
    let first = tokio::select! {
        sent = &mut sending => First::Sent(sent),
        heard = &mut receiving => First::Heard(heard?),
    };
    match first {
        First::Sent(Err(Failure::Write(error))) => {
            let heard = timeout(FAREWELL, receiving).await;
            Err(better_reason(error, heard.ok()))
        }
        First::Sent(Err(failure)) => Err(failure),
        First::Sent(Ok(())) => match manner.end {
            End::Peer | End::Count(_) => receiving.await,
            End::Linger(time) => timeout(time, receiving).await.unwrap_or(Ok(Heard::Enough)),
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

/// Replies that cannot come any more need not be waited for.
const fn awaits_more(end: End, shown: u64) -> bool {
    matches!(end, End::Replies(expected) if shown < expected)
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
                writer.flush().await?;
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

/// Shows what comes until the peer's end, or until enough was shown.
async fn receive(
    reader: &mut ConnectionReader,
    output: &mut Output,
    end: End,
) -> Result<Heard, Failure> {
    let enough = match end {
        End::Count(count) => count,
        _ => u64::MAX,
    };
    loop {
        match reader.next_batch().await {
            Ok(Some(batch)) => {
                for datagram in batch {
                    output.show(datagram);
                    if output.count() == enough {
                        break;
                    }
                }
            }
            Ok(None) => return Ok(Heard::End),
            Err(error) => return Err(error.into()),
        }
        output.flush().await.map_err(Failure::of_output)?;
        if output.count() == enough {
            return Ok(Heard::Enough);
        }
    }
}

/// Why a write failed. A peer that hung up may have said why before, which is the better reason.
fn better_reason(error: WriteError, heard: Option<Result<Heard, Failure>>) -> Failure {
    match heard {
        Some(Err(said @ Failure::Read(ReadError::Stage(_) | ReadError::Protocol(_)))) => said,
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
    let result = send_back(connection, output).await;
    conclude(connection, result).await
}

async fn send_back(connection: &mut Connection, output: &mut Output) -> Result<Heard, Failure> {
    let (reader, writer) = connection.halves();
    while let Some(batch) = reader.next_batch().await? {
        for datagram in batch {
            output.show(datagram);
            if !writer.is_ready() {
                writer.ready().await?;
            }
            writer.push_ref(datagram)?;
        }
        writer.flush().await?;
        output.flush().await.map_err(Failure::of_output)?;
    }
    Ok(Heard::End)
}
