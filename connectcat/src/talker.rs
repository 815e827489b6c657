//! What is said over each connection, and how what comes is shown.

use std::io::{self, IsTerminal};

use connect_tokio::{ConnectDatagram, Connection, Recipients};

use crate::arguments::Talk;
use crate::conversation::{Manner, converse, echo};
use crate::diagnostics::{complain, say, summary};
use crate::failure::Failure;
use crate::format::Formatter;
use crate::input::{Fixed, Framing, Input, MessageReader};
use crate::output::Output;
use crate::pace::Pace;
use crate::printer::Printer;
use crate::stop::Stop;

/// Talks over any number of connections in the same way.
pub(crate) struct Talker {
    fixed: Fixed,
    framing: Framing,
    recipient: u16,
    max_len: usize,
    manner: Manner,
    echoes: bool,
    printer: Printer,
    formatter: Formatter,
    only: Vec<Recipients>,
    /// Whether a conversation is summed up that went well.
    sums_up: bool,
}

impl Talker {
    /// Loads the messages of the command line. Files may be pipes, which take their time.
    pub(crate) async fn new(options: &Talk, printer: Printer) -> Result<Self, Failure> {
        let (sending, showing) = (&options.sending, &options.showing);
        let max_len = options.common.max_len;
        let mut datagrams = Vec::new();
        for payload in sending.payloads.iter() {
            let loaded = payload.load(max_len).await.and_then(|data| {
                ConnectDatagram::new(sending.to, data)
                    .map_err(|refused| io::Error::new(io::ErrorKind::InvalidInput, refused))
            });
            datagrams.push(loaded.map_err(|error| Failure::Payload {
                name: payload.name(),
                error,
            })?);
        }
        let framing = options.framing();
        Ok(Self {
            fixed: Fixed::new(datagrams, sending.repeat),
            framing,
            recipient: sending.to,
            max_len,
            manner: Manner {
                pace: Pace::new(options.interval()),
                end: options.ending.end(),
                ends_with_peer: framing != Framing::None && io::stdin().is_terminal(),
            },
            echoes: options.listening.echo,
            printer,
            formatter: Formatter {
                format: showing.output,
                shows_tag: showing.show_tags,
                is_terminal: io::stdout().is_terminal(),
            },
            only: showing.only.clone(),
            sums_up: options.common.verbose || options.listening.listen,
        })
    }

    /// Talks over a connection, until that is over or has to stop.
    pub(crate) async fn talk(
        &self,
        mut connection: Connection,
        stop: &Stop,
    ) -> Result<(), Failure> {
        let peer = connection.peer_addr().to_string();
        let printer = self.printer.clone();
        let mut output = Output::new(printer, self.formatter, self.only.clone(), peer);
        let result = if self.echoes {
            stop.guard(echo(&mut connection, &mut output)).await
        } else {
            let mut input = Input::new(self.fixed.clone(), self.stdin());
            let talking = converse(&mut connection, &mut input, &mut output, self.manner);
            let result = stop.guard(talking).await;
            if input.empty_lines() > 0 {
                complain(format_args!(
                    "empty lines that were not sent: {}; a message carries at least one byte",
                    input.empty_lines()
                ));
            }
            result
        };
        let has_failed = result.as_ref().is_err_and(|failure| !failure.is_quiet());
        if self.sums_up || has_failed {
            say(summary(&connection, &result));
        }
        result
    }

    fn stdin(&self) -> Option<MessageReader<tokio::io::Stdin>> {
        let stdin = || {
            MessageReader::new(
                tokio::io::stdin(),
                self.framing,
                self.recipient,
                self.max_len,
            )
        };
        (self.framing != Framing::None).then(stdin)
    }
}
