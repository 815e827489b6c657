//! What the command line asks for.

use std::time::Duration;

use connect_bench::Failure;
use connect_bench::many_connections::ManyConnections;
use connect_bench::options::{check_sizes, value};

pub const HELP: &str = "\
Requests and their echoes over 1 to 10,000 loopback TCP connections, plain and with TLS. The load is the same however
many connections there are: 64 requests are in flight, or one on each connection if there are fewer. Each is one of
64 tasks of the client, which goes round its share of the connections, so all of them stay in use. Every echo is
compared with its request, and at the end both sides have to have counted the same.

    cargo run --release --manifest-path bench/Cargo.toml --bin scale -- [OPTION...]

--connections N  may be repeated; default 1, 10, 100, 1000 and 10000
--size N         bytes of data in a message, 8 to 1048576; may be repeated; default 64
--in-flight N    default 64
--seconds N      for which each round is timed, after the warm-up, in which each connection is used; default 2
--rounds N       default 3; contenders take turns, printed are medians
--only WORD      only contenders with this in their name, or with =WORD this name; may be repeated
--save FILE      record every round of every contender in this file, too

Server and client are fresh processes in every round, with one thread and one tokio runtime each. The server has a
task a connection, which sends every message back by itself. Latency is from before a request is sent to after its
echo is received. Heap (counted by an allocator: Rust code only) and resident memory are the server's after the
round, when its connections wait again, divided by the connections. There are no more connections than descriptors
allowed to a process (ulimit -Hn), and than ports for one address (28,000 on an ordinary Linux).

Contenders:
  raw      a hand-written loop, without a buffer where a connection waits
  connect  send and next of a Connection
  ldc      LengthDelimitedCodec in a Framed
  ... tls  the same over tokio-rustls, Connect by itself
";

/// In a message.
const MOST_BYTES: usize = 1024 * 1024;

pub struct Arguments {
    pub many: ManyConnections,
    pub sizes: Vec<usize>,
    pub in_flight: usize,
    pub time: Duration,
}

impl Arguments {
    /// `None` when help is wanted.
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Option<Self>, Failure> {
        let mut sizes = Vec::new();
        let mut in_flight = 64;
        let mut time = Duration::from_secs(2);
        let many = ManyConnections::parse(words, &[1, 10, 100, 1000, 10_000], |word, words| {
            match word {
                "--size" => sizes.push(value(word, words.next())?),
                "--in-flight" => in_flight = value(word, words.next())?,
                "--seconds" => time = Duration::try_from_secs_f64(value(word, words.next())?)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let Some(many) = many else {
            return Ok(None);
        };
        if sizes.is_empty() {
            sizes.push(64);
        }
        if in_flight == 0 || time.is_zero() {
            return Err("there is nothing to measure: see --help".into());
        }
        check_sizes(&sizes, MOST_BYTES)?;
        Ok(Some(Self {
            many,
            sizes,
            in_flight,
            time,
        }))
    }
}
