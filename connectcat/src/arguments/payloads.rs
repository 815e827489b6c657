//! Messages on the command line, which are sent in the order in which they stand there.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use data_encoding::HEXLOWER_PERMISSIVE;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// Messages in the order of the command line, of whichever option.
#[derive(Debug)]
pub(crate) struct Payloads(Vec<Payload>);

/// Where the data of one message comes from.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Data(Vec<u8>),
    File(PathBuf),
}

const TEXT: &str = "send";
const HEX: &str = "send-hex";
const FILE: &str = "send-file";

pub(super) const OPTIONS: [&str; 3] = [TEXT, HEX, FILE];

impl Payloads {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them has no data, which no message can be without.
    pub(super) fn have_empty(&self) -> bool {
        let is_empty =
            |payload: &Payload| matches!(payload, Payload::Data(data) if data.is_empty());
        self.0.iter().any(is_empty)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Payload> {
        self.0.iter()
    }
}

impl Payload {
    /// The data of the message, 1 to `max_len` bytes.
    pub(crate) async fn load(&self, max_len: usize) -> io::Result<Vec<u8>> {
        let data = match self {
            Self::Data(data) => data.clone(),
            Self::File(path) => {
                let mut data = Vec::new();
                let file = File::open(path).await?;
                let mut file = file.take(max_len as u64 + 1);
                file.read_to_end(&mut data).await?;
                data
            }
        };
        match data.len() {
            0 => Err(invalid(
                "empty: a message carries at least one byte".to_owned(),
            )),
            len if len > max_len => Err(invalid(format!(
                "longer than a message may be: {max_len} bytes (see --max-len)"
            ))),
            _ => Ok(data),
        }
    }

    /// What it is called in an error.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Data(_) => "message of the command line".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

fn invalid(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, problem)
}

impl Args for Payloads {
    fn augment_args(command: Command) -> Command {
        let option = |name| Arg::new(name).long(name).action(ArgAction::Append);
        command
            .arg(
                option(TEXT)
                    .short('s')
                    .value_name("TEXT")
                    .value_parser(value_parser!(OsString))
                    .allow_hyphen_values(true)
                    .help("Sends this text as a message")
                    .long_help(
                        "Sends this text as a message.\n\n\
                         This and the next two options may be given several times; messages go in the order of the \
                         command line. Standard input is then read only if --stdin asks for it.",
                    ),
            )
            .arg(
                option(HEX)
                    .value_name("DIGITS")
                    .value_parser(hex)
                    .help("Sends the bytes that these hexadecimal digits say"),
            )
            .arg(
                option(FILE)
                    .value_name("FILE")
                    .value_parser(value_parser!(PathBuf))
                    .help("Sends the content of a file as one message"),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn hex(text: &str) -> Result<Payload, &'static str> {
    HEXLOWER_PERMISSIVE
        .decode(text.as_bytes())
        .map(Payload::Data)
        .map_err(|_| "expected hexadecimal digits, two for each byte, such as 00ff")
}

impl FromArgMatches for Payloads {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut payloads = Vec::new();
        collect(matches, TEXT, &mut payloads, |text: &OsString| {
            Payload::Data(text.clone().into_encoded_bytes())
        });
        collect(matches, HEX, &mut payloads, Payload::clone);
        collect(matches, FILE, &mut payloads, |path: &PathBuf| {
            Payload::File(path.clone())
        });
        payloads.sort_by_key(|(index, _)| *index);
        Ok(Self(
            payloads.into_iter().map(|(_, payload)| payload).collect(),
        ))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Adds what stands in all places of an option, with these places.
fn collect<T: Clone + Send + Sync + 'static>(
    matches: &ArgMatches,
    name: &str,
    payloads: &mut Vec<(usize, Payload)>,
    payload: impl Fn(&T) -> Payload,
) {
    let indices = matches.indices_of(name).into_iter().flatten();
    let values = matches.get_many(name).into_iter().flatten();
    payloads.extend(
        indices
            .zip(values)
            .map(|(index, value)| (index, payload(value))),
    );
}
