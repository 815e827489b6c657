//! What the command line asks for.

use connect_bench::Failure;
use connect_bench::many_connections::ManyConnections;

pub const HELP: &str = "\
Memory of a connection that waits for a message, in a task of its own, over loopback TCP: after it was opened, and
after it has received one message of 64 KiB, then one of 1 MiB, each checked and dropped. The connections get theirs one
after the other. Each contender has a fresh process for the measured side, and another one for the side that sends.

    cargo run --release --manifest-path bench/Cargo.toml --bin memory [--features zeromq] -- [OPTION...]

--connections N  that many wait; may be repeated; default 1000
--rounds N       default 3; contenders take turns, printed are medians
--only WORD      only contenders with this in their name, or with =WORD this name; may be repeated
--save FILE      record every round of every contender in this file, too

Heap is what Rust code has allocated and not freed, as a counting allocator says. The cryptography of TLS is C code,
which it does not see. Resident is what the system says of the process: it has all that, and what malloc keeps of what
was freed, up to a few KiB for each of 1000 connections. A socket's memory in the kernel is in neither.
Both are differences, divided by the connections; 256 more are opened before, so that tables and caches which have an
upper bound (TLS sessions) are not counted.

Contenders:
  raw                a socket and a task that waits in a read; what it reads into belongs to the thread
  connect            a Connection that waits in next
  ldc                LengthDelimitedCodec in a Framed that waits in next
  tungstenite        tokio-tungstenite's WebSocketStream, without a handshake over HTTP
  zeromq             with the feature zeromq: one PULL socket for all connections
  ... async-std      on async-std instead of tokio
Plain is the server's side. With TLS, by tokio-rustls or by Connect, the server's and the client's side are measured.
";

/// `None` when help is wanted.
pub fn parse(words: impl Iterator<Item = String>) -> Result<Option<ManyConnections>, Failure> {
    ManyConnections::parse(words, &[1000], |_, _| Ok(false))
}
