//! Why a run did not do what it was asked for, and the exit code that says so.

use std::fmt;
use std::io;
use std::time::Duration;

use connect_tokio::connect_tls::{ConfigError, HandshakeError};
use connect_tokio::{ReadError, WriteError};

use crate::endpoint::Endpoint;
use crate::input::InputError;
use crate::stop::Signal;

/// Why a run did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    Connect {
        endpoint: Endpoint,
        error: HandshakeError,
    },
    Listen {
        endpoint: Endpoint,
        error: io::Error,
    },
    TlsFiles(ConfigError),
    Read(ReadError),
    Write(WriteError),
    /// The peer does not take what is left.
    NotTaken {
        limit: Duration,
    },
    TimedOut {
        limit: Duration,
    },
    FewerMessages {
        received: u64,
        expected: u64,
    },
    /// The peer has not sent back what was sent to it.
    WrongReply {
        /// Which one, from 1 on.
        position: u64,
        problem: &'static str,
    },
    /// A message of the command line.
    Payload {
        name: String,
        error: io::Error,
    },
    Input(InputError),
    Output(io::Error),
    /// Whoever read the standard output has gone.
    OutputClosed,
    Stopped(Signal),
    /// The operating system does not even give what every run needs.
    System(io::Error),
}

impl Failure {
    /// The exit code, as the help text explains it.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Connect {
                error: HandshakeError::InvalidServerName { .. },
                ..
            } => 2,
            Self::Connect { .. }
            | Self::Listen { .. }
            | Self::Write(_)
            | Self::NotTaken { .. }
            | Self::System(_) => 1,
            Self::Read(error) if is_of_the_format(error) => 5,
            Self::Read(_) => 1,
            Self::TimedOut { .. } => 3,
            Self::FewerMessages { .. } => 4,
            Self::WrongReply { .. } => 5,
            Self::TlsFiles(_) | Self::Payload { .. } | Self::Input(_) | Self::Output(_) => 6,
            Self::Stopped(Signal::Interrupt) => 130,
            Self::Stopped(Signal::Terminate) => 143,
            Self::OutputClosed => 141,
        }
    }

    /// Whether there is nothing to say about it, because whoever caused it knows.
    pub(crate) const fn is_quiet(&self) -> bool {
        matches!(self, Self::OutputClosed)
    }

    pub(crate) fn of_output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Output(error),
        }
    }
}

/// A frame that no peer may send. One that was cut is a lost connection.
const fn is_of_the_format(error: &ReadError) -> bool {
    use connect_tokio::DecodeError::UnexpectedEof;
    match error {
        ReadError::Protocol(error) => !matches!(error, UnexpectedEof { .. }),
        _ => false,
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Self::Input(error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::TlsFiles(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { endpoint, error } => write!(f, "{endpoint}: {error}"),
            Self::Listen {
                endpoint: Endpoint::Unix(path),
                error,
            } if error.kind() == io::ErrorKind::AddrInUse => write!(
                f,
                "{}: {error} (if no service uses it, remove the file)",
                path.display()
            ),
            Self::Listen { endpoint, error } => write!(f, "{endpoint}: {error}"),
            Self::TlsFiles(error) => fmt::Display::fmt(error, f),
            Self::Read(error) => fmt::Display::fmt(error, f),
            Self::Write(error) => {
                fmt::Display::fmt(error, f)?;
                if error.datagram().is_some() {
                    f.write_str("; the message after those was not accepted")?;
                }
                Ok(())
            }
            Self::NotTaken { limit } => write!(
                f,
                "peer has not taken what was left to send within {limit:?}"
            ),
            Self::TimedOut { limit } => write!(
                f,
                "not done within the time limit of {} (--timeout)",
                humantime::format_duration(*limit)
            ),
            Self::FewerMessages { received, expected } => write!(
                f,
                "peer closed the connection after {received} of {expected} messages"
            ),
            Self::WrongReply { position, problem } => {
                write!(f, "reply {position} is wrong: {problem}")
            }
            Self::Payload { name, error } => write!(f, "{name}: {error}"),
            Self::Input(error) => fmt::Display::fmt(error, f),
            Self::Output(error) => write!(f, "standard output: {error}"),
            Self::OutputClosed => f.write_str("standard output is closed"),
            Self::Stopped(Signal::Interrupt) => f.write_str("interrupted"),
            Self::Stopped(Signal::Terminate) => f.write_str("terminated"),
            Self::System(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for Failure {}
