//! What the command line asks for.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::Failure;

pub(crate) const HELP: &str = "\
Good clients and bad ones against one server over loopback sockets, for as long as you like.

    cargo run --release -p connect-testkit --all-features --example soak -- [OPTION...]

--seconds N       how long; default 60. Closing everything properly comes on top
--connections N   good clients at a time; default 100
--garbage N       bad clients at a time; default 12
--rate N          messages a second, all directions together; default 50000
--tls WORD        both (default), only, none
--seed N          varies what is sent and when; default 1. No run can be repeated: who comes when is up to the system
--report-every N  seconds between two lines; default 10
--csv             lines for a spreadsheet
";

/// A plain value: see [`HELP`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) duration: Duration,
    pub(crate) connections: usize,
    pub(crate) garbage: usize,
    pub(crate) rate: u64,
    pub(crate) transports: &'static [Transport],
    pub(crate) seed: u64,
    pub(crate) report_every: Duration,
    pub(crate) csv: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Tcp,
    Tls,
}

impl Settings {
    /// `None` when help is wanted.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, Failure> {
        let mut settings = Self {
            duration: Duration::from_secs(60),
            connections: 100,
            garbage: 12,
            rate: 50_000,
            transports: &[Transport::Tcp, Transport::Tls],
            seed: 1,
            report_every: Duration::from_secs(10),
            csv: false,
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--csv" => settings.csv = true,
                "--seconds" => {
                    settings.duration = Duration::from_secs(positive(&word, words.next())?);
                }
                "--connections" => settings.connections = positive(&word, words.next())?,
                "--garbage" => settings.garbage = value(&word, words.next())?,
                "--rate" => settings.rate = positive(&word, words.next())?,
                "--seed" => settings.seed = value(&word, words.next())?,
                "--report-every" => {
                    settings.report_every = Duration::from_secs(positive(&word, words.next())?);
                }
                "--tls" => {
                    settings.transports = match words.next().as_deref() {
                        Some("both") => &[Transport::Tcp, Transport::Tls],
                        Some("only") => &[Transport::Tls],
                        Some("none") => &[Transport::Tcp],
                        _ => return Err("--tls: both, only or none".into()),
                    };
                }
                _ => return Err(format!("{word}: see --help").into()),
            }
        }
        Ok(Some(settings))
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        })
    }
}

fn value<T: FromStr>(option: &str, value: Option<String>) -> Result<T, Failure> {
    let parsed = value.and_then(|value| value.parse().ok());
    parsed.ok_or_else(|| format!("{option}: see --help").into())
}

fn positive<T: FromStr + Default + PartialEq>(
    option: &str,
    word: Option<String>,
) -> Result<T, Failure> {
    let value: T = value(option, word)?;
    if value == T::default() {
        return Err(format!("{option} 0: there is nothing to do").into());
    }
    Ok(value)
}
