//! The command line.

mod bench;
mod help;
mod payloads;
mod talk;
mod tls;
mod values;

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use connect_tokio::Config;
use connect_tokio::connect_proto::MAX_DATA_LEN;

use crate::endpoint::Endpoint;
pub(crate) use bench::Bench;
pub(crate) use help::{END, EXAMPLES, USAGE};
pub(crate) use talk::Talk;
pub(crate) use tls::Tls;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "connectcat",
    version,
    about = "Looks at a service that speaks Connect: sends messages and shows those that come",
    help_template = help::TEMPLATE,
    before_long_help = help::EXAMPLES,
    after_help = help::SHORT_END,
    after_long_help = help::END,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Where to connect or to listen: HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT or unix:PATH
    #[arg(value_name = "ADDRESS", required = true)]
    pub(crate) endpoint: Option<Endpoint>,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Bench(Box<Bench>),
    /// Writes what makes a shell complete these options
    Completions {
        /// Which shell: `connectcat completions bash > /etc/bash_completion.d/connectcat`
        shell: Shell,
    },
    /// Writes a man page
    Man {
        /// Of which command, if not of connectcat itself: `connectcat man > /usr/local/share/man/man1/connectcat.1`
        page: Option<Page>,
    },
}

/// Commands that have a man page of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Page {
    /// Measuring: `connectcat man bench > /usr/local/share/man/man1/connectcat-bench.1`
    Bench,
}

/// What every kind of run has.
#[derive(Args, Debug)]
#[command(next_help_heading = "Limits and diagnostics")]
pub(crate) struct Common {
    /// Gives up after this time, with exit code 3: 500ms, 5s, 2m
    ///
    /// Counted from the start, whatever is being waited for by then: a file that is a pipe, a connection, replies, the
    /// peer's end. What is being written to standard output then is written to its end, for 5 seconds at the most.
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub(crate) timeout: Option<Duration>,

    /// The longest message that is sent or received
    ///
    /// A peer that announces a longer one is refused before a byte of it is stored.
    #[arg(long, value_name = "BYTES", default_value = "100000000",
        value_parser = values::number::<usize, 1, { MAX_DATA_LEN as u64 }>)]
    pub(crate) max_len: usize,

    /// Says on standard error what happens: peers, TLS, how many messages
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

impl Common {
    /// The settings of every connection.
    pub(crate) const fn config(&self) -> Config {
        Config::new()
            .with_max_receive_len(self.max_len)
            .with_max_send_len(self.max_len)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
