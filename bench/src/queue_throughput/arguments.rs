//! What the command line asks for.

use std::path::PathBuf;

use connect_bench::Failure;
use connect_bench::options::{check_sizes, value};
use connect_bench::runtime::Threads;

pub const HELP: &str = "\
Messages a second over loopback TCP, handed over one by one through the `send` of each contender by 1, 4 and 64
tasks. Sender and receiver have a thread and a runtime each. The receiver checks of every message its length and
its stamp, so its order within its task, and at the end the exact counts. Contenders take turns, in an order that
is shuffled for each round; printed are medians of the rounds, and ratios of medians. `fewest/most` compares the
task that got to send the fewest messages with the one that sent the most.

    cargo run --release --manifest-path bench/Cargo.toml --bin queue-throughput \\
        [--features libzmq,zeromq] -- [OPTION...] [ROUNDS [SIZE...]]

ROUNDS          default 5
SIZE            bytes of data in a message, 8 to 65536; default 64
--tasks N       tasks that send; may be repeated; default 1, 4 and 64
--multi-thread  the sending tasks and what serves them run on tokio's pool with two workers, instead of on one thread
--fresh         what wants an owned message gets one that was allocated for it, instead of a `Bytes` of static data
--only WORD     only contenders with this in their name, or with =WORD this name; may be repeated
--save FILE     every round of every contender, separated by tabs

Contenders:
  floor               a loop that copies frames into 64 KiB and writes them
  mpsc + codec        tokio's mpsc::channel(1024), and a task that takes all of it with recv_many, feeds it to
                      LengthDelimitedCodec, and flushes when nothing more waits
  mpsc + codec tuned  the same with a capacity and a boundary of 256 KiB on both sides
  connect plain send  ConnectionWriter::send, which flushes: a system call a message
  connect queue       a clone of the queue's sender in each task
  libzmq              with the feature libzmq: PUSH and PULL, high-water marks of 100,000 messages; it copies each message
                      into one of its own, as its crate has it
  zeromq              with the feature zeromq: PUSH and PULL; several tasks reach the socket through mpsc::channel(1024)
Floor, plain send and libzmq have one owner, in whose one loop the tasks take turns: no lock, no switch of tasks.

What a queue costs where there is nothing to queue says `throughput --round-trip`.
";

/// In a message: peers queue up to 100,000, however large, and all have to arrive.
const MOST_BYTES: usize = 64 * 1024;

pub struct Arguments {
    pub rounds: usize,
    pub sizes: Vec<usize>,
    pub tasks: Vec<usize>,
    pub only: Vec<String>,
    pub threads: Threads,
    pub fresh: bool,
    pub save: Option<PathBuf>,
}

impl Arguments {
    /// `None` when help is wanted.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, Failure> {
        let mut arguments = Self {
            rounds: 5,
            sizes: Vec::new(),
            tasks: Vec::new(),
            only: Vec::new(),
            threads: Threads::One,
            fresh: false,
            save: None,
        };
        let mut numbers = Vec::new();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--multi-thread" => arguments.threads = Threads::Workers,
                "--fresh" => arguments.fresh = true,
                "--tasks" => arguments.tasks.push(value(&word, words.next())?),
                "--save" => arguments.save = Some(value(&word, words.next())?),
                "--only" => arguments.only.push(value(&word, words.next())?),
                _ => numbers.push(value(&word, Some(word.clone()))?),
            }
        }
        let mut numbers = numbers.into_iter();
        arguments.rounds = numbers.next().unwrap_or(arguments.rounds);
        arguments.sizes = numbers.collect();
        if arguments.sizes.is_empty() {
            arguments.sizes.push(64);
        }
        if arguments.tasks.is_empty() {
            arguments.tasks = vec![1, 4, 64];
        }
        if arguments.rounds == 0 || arguments.tasks.contains(&0) {
            return Err("there is nothing to measure in 0 rounds or with 0 tasks".into());
        }
        check_sizes(&arguments.sizes, MOST_BYTES)?;
        Ok(Some(arguments))
    }
}
