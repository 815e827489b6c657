//! How messages stand in a stream.

use clap::ValueEnum;

/// How messages stand in a stream of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Framing {
    /// Each line is a message, without its end (LF or CR LF)
    Lines,
    /// All of it is one message
    Whole,
    /// Each message stands behind its length: 4 bytes, big-endian
    Framed,
    /// JSON lines, as `--output json` writes them: {"recipient":7,"text":"hello"}
    Json,
    /// Nothing is read
    None,
}
