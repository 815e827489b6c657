//! Messages out of a stream of bytes, one after the other.

use std::fmt;
use std::io;

use connect_tokio::ConnectDatagram;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

use crate::input::{Framing, json};

/// How much is read at once.
const BLOCK_LEN: usize = 64 * 1024;

const PREFIX_LEN: usize = 4;

/// Takes messages out of a stream. Holds one block and one message, whatever the stream does.
pub(crate) struct MessageReader<R> {
    source: BufReader<R>,
    framing: Framing,
    recipient: u16,
    max_len: usize,
    /// Messages and empty lines so far.
    position: u64,
    empty_lines: u64,
}

/// Why no further message could be taken out of a stream.
#[derive(Debug)]
pub(crate) struct InputError {
    framing: Framing,
    /// Which one, from 1 on.
    position: u64,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Io(io::Error),
    Empty,
    TooLong { max: usize },
    LineTooLong { max: usize },
    Cut { missing: usize },
    Json(String),
}

impl<R: AsyncRead + Unpin> MessageReader<R> {
    /// Messages of up to `max_len` bytes, for `recipient` unless they name another one.
    pub(crate) fn new(source: R, framing: Framing, recipient: u16, max_len: usize) -> Self {
        Self {
            source: BufReader::with_capacity(BLOCK_LEN, source),
            framing,
            recipient,
            max_len,
            position: 0,
            empty_lines: 0,
        }
    }

    pub(crate) const fn empty_lines(&self) -> u64 {
        self.empty_lines
    }

    /// The next message, or `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<ConnectDatagram>, InputError> {
        let next = match self.framing {
            Framing::Lines => self.next_line().await,
            Framing::Json => self.next_json().await,
            Framing::Framed => self.next_framed().await,
            Framing::Whole => self.whole().await,
            Framing::None => Ok(None),
        };
        let (recipient, data) = match next {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(None),
            Err(problem) => return Err(self.error(problem)),
        };
        if data.len() > self.max_len {
            return Err(self.error(Problem::TooLong { max: self.max_len }));
        }
        ConnectDatagram::new(recipient, data)
            .map(Some)
            .map_err(|_| self.error(Problem::Empty))
    }

    fn error(&self, problem: Problem) -> InputError {
        InputError {
            framing: self.framing,
            position: self.position,
            problem,
        }
    }

    async fn next_line(&mut self) -> Next {
        loop {
            match self.line(self.max_len).await? {
                Some(line) if line.is_empty() => self.empty_lines += 1,
                line => return Ok(line.map(|line| (self.recipient, line))),
            }
        }
    }

    async fn next_json(&mut self) -> Next {
        loop {
            match self.line(json::line_limit(self.max_len)).await? {
                None => return Ok(None),
                Some(line) if line.trim_ascii().is_empty() => self.empty_lines += 1,
                Some(line) => {
                    let (recipient, data) = json::parse(&line).map_err(Problem::Json)?;
                    return Ok(Some((recipient.unwrap_or(self.recipient), data)));
                }
            }
        }
    }

    /// The next line, of `max` bytes at the most, without its end.
    async fn line(&mut self, max: usize) -> Result<Option<Vec<u8>>, Problem> {
        let mut line = Vec::new();
        // Its end may have two bytes.
        let mut source = (&mut self.source).take(max as u64 + 2);
        if source.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        self.position += 1;
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        }
        if line.len() > max {
            return Err(Problem::LineTooLong { max });
        }
        Ok(Some(line))
    }

    async fn next_framed(&mut self) -> Next {
        let mut prefix = Vec::new();
        let mut source = (&mut self.source).take(PREFIX_LEN as u64);
        source.read_to_end(&mut prefix).await?;
        if prefix.is_empty() {
            return Ok(None);
        }
        self.position += 1;
        let Ok(prefix) = <[u8; PREFIX_LEN]>::try_from(&prefix[..]) else {
            let missing = PREFIX_LEN - prefix.len();
            return Err(Problem::Cut { missing });
        };
        let len = length(prefix);
        if len > self.max_len {
            return Err(Problem::TooLong { max: self.max_len });
        }
        // Grows with what comes, not with what was announced.
        let mut data = Vec::new();
        let mut source = (&mut self.source).take(len as u64);
        source.read_to_end(&mut data).await?;
        if data.len() < len {
            let missing = len - data.len();
            return Err(Problem::Cut { missing });
        }
        Ok(Some((self.recipient, data)))
    }

    async fn whole(&mut self) -> Next {
        if self.position > 0 {
            return Ok(None);
        }
        self.position = 1;
        let mut data = Vec::new();
        let mut source = (&mut self.source).take(self.max_len as u64 + 1);
        source.read_to_end(&mut data).await?;
        Ok(Some((self.recipient, data)))
    }
}

type Next = Result<Option<(u16, Vec<u8>)>, Problem>;

fn length(prefix: [u8; PREFIX_LEN]) -> usize {
    u32::from_be_bytes(prefix) as usize
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let position = self.position;
        f.write_str("standard input")?;
        match self.framing {
            _ if matches!(self.problem, Problem::Io(_)) => {}
            Framing::Lines | Framing::Json => write!(f, ", line {position}")?,
            Framing::Framed => write!(f, ", message {position}")?,
            Framing::Whole | Framing::None => {}
        }
        match &self.problem {
            Problem::Io(error) => write!(f, ": {error}"),
            Problem::Empty => f.write_str(" is empty: a message carries at least one byte"),
            Problem::TooLong { max } => write!(
                f,
                " is longer than a message may be: {max} bytes (see --max-len)"
            ),
            Problem::LineTooLong { max } => {
                write!(f, " is longer than {max} bytes (see --max-len)")
            }
            Problem::Cut { missing } => write!(f, " is cut: {missing} bytes are missing"),
            Problem::Json(problem) => write!(f, ": {problem}"),
        }
    }
}

impl std::error::Error for InputError {}
