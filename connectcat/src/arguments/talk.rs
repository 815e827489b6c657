//! Options of connecting and of listening.

use std::time::Duration;

use clap::Args;
use connect_tokio::Recipients;

use super::payloads::{self, Payloads};
use super::{Common, Tls, values};
use crate::conversation::End;
use crate::endpoint::Endpoint;
use crate::format::Format;
use crate::input::{Framing, Repeat};

/// Connects or listens, sends and shows.
#[derive(Args, Debug)]
pub(crate) struct Talk {
    #[command(flatten)]
    pub(crate) listening: Listening,
    #[command(flatten)]
    pub(crate) sending: Sending,
    #[command(flatten)]
    pub(crate) showing: Showing,
    #[command(flatten)]
    pub(crate) ending: Ending,
    #[command(flatten)]
    pub(crate) tls: Tls,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Listening")]
pub(crate) struct Listening {
    /// Waits for a client instead of connecting, and says on standard error where
    ///
    /// The first line on standard error is `listening on ADDRESS`, with the port that the system chose if port 0 was
    /// asked for. Without --keep one client is served, and the next ones are refused.
    #[arg(short, long)]
    pub(crate) listen: bool,

    /// Serves any number of clients, many at once, until it is interrupted
    #[arg(short, long, requires = "listen", conflicts_with_all = ["stdin", "replies", "count"])]
    pub(crate) keep: bool,

    /// How many clients --keep serves at once
    ///
    /// The next ones wait until one of these has gone, however silent it is. Each needs a file descriptor, of which a
    /// process has 1024 on most systems unless `ulimit -n` gives it more.
    #[arg(long, value_name = "NUMBER", default_value = "256", requires = "keep",
        value_parser = values::number::<usize, 1, 1_000_000>)]
    pub(crate) max_clients: usize,

    /// Sends every message back to whoever sent it
    #[arg(short, long, requires = "listen",
        conflicts_with_all = ["stdin", "repeat", "interval", "rate", "replies", "count", "linger"],
        conflicts_with_all = payloads::OPTIONS)]
    pub(crate) echo: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Sending")]
pub(crate) struct Sending {
    #[command(flatten)]
    pub(crate) payloads: Payloads,

    /// Reads messages from standard input. Default: lines, unless there is another option that sends
    #[arg(short = 'i', long, value_name = "HOW", value_enum)]
    pub(crate) stdin: Option<Framing>,

    /// The recipient tag of what is sent, 0 to 65535
    #[arg(short, long, value_name = "TAG", default_value = "0",
        value_parser = values::number::<u16, 0, 65535>)]
    pub(crate) to: u16,

    /// Sends the messages of the command line this many times, or `forever`
    #[arg(
        short,
        long,
        value_name = "TIMES",
        default_value = "1",
        hide_default_value = true
    )]
    pub(crate) repeat: Repeat,

    /// Time from one message to the next: 500ms, 5s
    #[arg(long, value_name = "TIME", value_parser = values::time, conflicts_with = "rate")]
    pub(crate) interval: Option<Duration>,

    /// At most this many messages a second
    #[arg(long, value_name = "NUMBER", value_parser = values::rate)]
    pub(crate) rate: Option<Duration>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Showing")]
pub(crate) struct Showing {
    /// How messages are written to standard output
    #[arg(short, long, value_name = "HOW", value_enum, default_value = "text")]
    pub(crate) output: Format,

    /// Shows only messages with this recipient tag, or of a range such as 1..=9; may be repeated
    ///
    /// Others are received and count for nothing.
    #[arg(long, value_name = "TAGS", value_parser = values::recipients)]
    pub(crate) only: Vec<Recipients>,

    /// Begins each line of text or hex with the recipient tag and a tab
    #[arg(long)]
    pub(crate) show_tags: bool,
}

/// What ends a conversation. Without any of these, the peer does, once it was told that all is sent.
#[derive(Args, Debug)]
#[group(multiple = false)]
#[command(next_help_heading = "Ending")]
pub(crate) struct Ending {
    /// Ends when all is sent and this many messages were shown; fewer are exit code 4
    ///
    /// Those that come beyond that while messages are still sent are not shown.
    #[arg(short = 'n', long, value_name = "NUMBER",
        value_parser = values::number::<u64, 1, { u64::MAX }>)]
    pub(crate) replies: Option<u64>,

    /// Ends when this many messages were shown, whatever is still to be sent; fewer are exit code 4
    #[arg(short, long, value_name = "NUMBER",
        value_parser = values::number::<u64, 1, { u64::MAX }>)]
    pub(crate) count: Option<u64>,

    /// Ends this long after all is sent: 500ms, 5s
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub(crate) linger: Option<Duration>,
}

impl Ending {
    pub(crate) const fn end(&self) -> End {
        match self {
            Self {
                replies: Some(replies),
                ..
            } => End::Replies(*replies),
            Self {
                count: Some(count), ..
            } => End::Count(*count),
            Self {
                linger: Some(time), ..
            } => End::Linger(*time),
            _ => End::Peer,
        }
    }
}

impl Talk {
    /// What is wrong with these options together and with this endpoint, beyond what each rules out.
    pub(crate) fn check(&self, endpoint: &Endpoint) -> Result<(), String> {
        let Self {
            sending, showing, ..
        } = self;
        let listens = self.listening.listen;
        self.tls.check(endpoint, listens)?;
        if !listens && endpoint.has_port_zero() {
            return Err(format!(
                "{endpoint}: port 0 lets the system choose, which is for --listen"
            ));
        }
        if sending.payloads.have_empty() {
            return Err("nothing to send: a message carries at least one byte".to_owned());
        }
        if sending.repeat != Repeat::Times(1) && sending.payloads.is_empty() {
            return Err(
                "--repeat is for --send, --send-hex and --send-file, none of which is given"
                    .to_owned(),
            );
        }
        if showing.show_tags && !matches!(showing.output, Format::Text | Format::Hex) {
            return Err(
                "--show-tags is for --output text and --output hex; json shows tags anyway"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// How standard input is read.
    pub(crate) fn framing(&self) -> Framing {
        match self.sending.stdin {
            Some(framing) => framing,
            None if self.reads_stdin_unasked() => Framing::Lines,
            None => Framing::None,
        }
    }

    fn reads_stdin_unasked(&self) -> bool {
        !self.listening.keep && !self.listening.echo && self.sending.payloads.is_empty()
    }

    /// The time from one message to the next.
    pub(crate) fn interval(&self) -> Duration {
        let interval = self.sending.interval.or(self.sending.rate);
        interval.unwrap_or_default()
    }
}
