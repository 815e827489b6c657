//! What the command line asks for.

use std::path::PathBuf;
use std::time::Duration;

use connect_bench::Failure;
use connect_bench::options::{check_sizes, value};
use connect_tokio::Config;

use crate::transport::Transport;

pub const HELP: &str = "\
Messages a second from one task to another, or with --round-trip the time until a lone message is back. Sender and
receiver have a thread and a runtime of one thread each. The receiver checks of every message its length and its
stamp, so that none is missing and all are in order, and once a ring of messages the whole content; at the end the
counts are compared. Contenders take turns, in an order that is shuffled for each round. Printed are medians of the
rounds, and in brackets the median of the ratios to the floor within a round.

    cargo run --release --manifest-path bench/Cargo.toml --bin throughput \\
        [--features libzmq,omq,zeromq] -- [OPTION...] [SIZE...]

SIZE             bytes of data in a message, 8 to 4194304; default 16 64 256 1024 4096 16384 65536 1048576
--transport T    tcp, unix, tls or unix-tls; may be repeated; default all of them. All on this machine, without Nagle
--only WORD      only contenders with this in their name, or with =WORD this name; may be repeated
--rounds N       default 5
--millis N       for how long each run is timed, after a warm-up of 100 ms; default 500
--save FILE      every round of every contender, separated by tabs
--ring           cryptography of ring instead of aws-lc-rs
--round-trip     one message there and back, and again: median (p50) and p99 of the times of a round
--high-water-mark BYTES, --read-block BYTES, --chain-from BYTES
                 for connect, connect batch and connect queue: another `Config::with_high_water_mark`,
                 `with_read_block_len`, `with_chain_threshold` than by default

Contenders, one way:
  floor               64 KiB a write and a read; small messages are copied together, from 8 KiB up written by writev
                      from where they are (over TLS from 64 KiB up, cut so that records are full); parsed in place
  floor 256k, 1m      the same with so much a write and a read
  raw stream          TLS only: as many bytes through tokio-rustls, 64 KiB a write and a read, and no messages
                      (over TLS all but Connect are streams of tokio-rustls over a BufReader of 64 KiB, without which
                      rustls reads 4 KiB at a time)
  connect             `feed` of a Bytes, received by `next`, all settings as they come
  connect batch       `push_while_ready`, which copies, received by `next_batch`
  connect deep        high-water mark of 256 KiB, reads of 1 MiB; `push_while_ready`, from 4 KiB up `feed`; received by `next_batch`
  connect queue       `send` of one task through a queue; received by `next_batch`
  ldc                 LengthDelimitedCodec of tokio-util, all settings as they come: feed, and flush at the end
  ldc tuned           the same with a capacity and a boundary of 256 KiB
  tungstenite         tokio-tungstenite without the HTTP handshake, not masked; feed, and flush at the end
  asynchronous-codec  TCP only: its LengthCodec, over tokio: feed, and flush at the end
  floor async-std, connect async-std   TCP only: floor and connect on async-std
  libzmq, omq, zeromq   with the feature of that name, TCP and Unix sockets: PUSH and PULL. libzmq copies each message into
                      one of its own, as its crate has it. omq is handed up to 256 messages at once, and hands out as
                      many. zeromq queues 100,000 messages however large, so from 4 KiB a message up no more than
                      64 MiB are let under way; how much it reads it adapts by itself, up to 64 KiB
  omq io thread       omq with a context on each side, whose thread has the sockets, as libzmq has it

Round trips: floor (one write and read_exact), connect (`send` and `next`), connect queue (the same through a queue on
each side), ldc, tungstenite, floor async-std, connect async-std, and REQ and REP of the three ZeroMQs.

Between two CPUs most of a round trip is the wake-up of the one that idles, which hides what software costs. With both
sides on one CPU nobody's is hidden:

    taskset -c 0 cargo run --release --manifest-path bench/Cargo.toml --bin throughput -- --round-trip 64
";

const SIZES: [usize; 8] = [16, 64, 256, 1024, 4096, 16_384, 65_536, 1_048_576];

/// In a message: what all peers take as they come.
const MOST_BYTES: usize = 4 * 1024 * 1024;

#[derive(Debug, PartialEq)]
pub struct Arguments {
    pub round_trip: bool,
    pub transports: Vec<Transport>,
    pub only: Vec<String>,
    pub rounds: usize,
    pub timed: Duration,
    pub save: Option<PathBuf>,
    pub ring: bool,
    /// Of the contenders that have no settings of their own.
    pub config: Config,
    pub sizes: Vec<usize>,
}

impl Arguments {
    /// `None` when help is wanted.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, Failure> {
        let mut arguments = Self {
            round_trip: false,
            transports: Vec::new(),
            only: Vec::new(),
            rounds: 5,
            timed: Duration::from_millis(500),
            save: None,
            ring: false,
            config: Config::new(),
            sizes: Vec::new(),
        };
        while let Some(word) = words.next() {
            let mut next = || words.next();
            let config = arguments.config;
            match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--round-trip" => arguments.round_trip = true,
                "--ring" => arguments.ring = true,
                "--transport" => arguments.transports.push(value(&word, next())?),
                "--only" => arguments.only.push(value(&word, next())?),
                "--rounds" => arguments.rounds = value(&word, next())?,
                "--save" => arguments.save = Some(value(&word, next())?),
                "--high-water-mark" => {
                    arguments.config = config.with_high_water_mark(value(&word, next())?);
                }
                "--read-block" => {
                    arguments.config = config.with_read_block_len(value(&word, next())?);
                }
                "--chain-from" => {
                    arguments.config = config.with_chain_threshold(value(&word, next())?);
                }
                "--millis" => arguments.timed = Duration::from_millis(value(&word, next())?),
                _ => arguments.sizes.push(value(&word, Some(word.clone()))?),
            }
        }
        if arguments.sizes.is_empty() {
            arguments.sizes = SIZES.to_vec();
        }
        if arguments.transports.is_empty() {
            arguments.transports = Transport::ALL.to_vec();
        }
        if arguments.rounds == 0 || arguments.timed.is_zero() {
            return Err("there is nothing to measure in no rounds or no time".into());
        }
        check_sizes(&arguments.sizes, MOST_BYTES)?;
        Ok(Some(arguments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Arguments>, Failure> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn without_a_word_everything_is_measured() {
        let arguments = parse("").unwrap().unwrap();
        assert_eq!(arguments.sizes, SIZES);
        assert_eq!(arguments.transports, Transport::ALL);
        assert!(arguments.only.is_empty());
        assert_eq!(arguments.config, Config::new());
    }

    #[test]
    fn every_option_is_understood() {
        let line = "--round-trip --transport tls --transport unix --only floor --rounds 2 --millis 30 --save a/b 64 8";
        let settings = "--high-water-mark 1000 --read-block 2000 --chain-from 3000";
        let arguments = parse(&format!("{line} {settings}"));
        let arguments = arguments.unwrap().unwrap();
        assert!(arguments.round_trip);
        assert_eq!(arguments.transports, [Transport::Tls, Transport::Unix]);
        assert_eq!(arguments.rounds, 2);
        assert_eq!(arguments.timed, Duration::from_millis(30));
        assert_eq!(arguments.sizes, [64, 8]);
        assert_eq!(arguments.only, ["floor"]);
        assert_eq!(arguments.save, Some("a/b".into()));
        assert_eq!(arguments.config.high_water_mark(), 1000);
        assert_eq!(arguments.config.read_block_len(), 2000);
        assert_eq!(arguments.config.chain_threshold(), Some(3000));
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        for line in [
            "7",
            "5000000",
            "sixty",
            "--rounds 0",
            "--millis 0",
            "--transport udp",
            "--only",
            "--chain-from",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(parse("64 --help").unwrap().is_none());
    }
}
