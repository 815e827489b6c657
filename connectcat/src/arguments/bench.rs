//! Options of the measurement.

use clap::Args;

use super::{Common, Tls, values};
use crate::endpoint::Endpoint;

/// Measures round trips to a service that sends messages back, or how fast one takes them
#[derive(Args, Debug)]
#[command(
    long_about = "Measures round trips to a service that sends every message back, or how fast one takes messages.\n\n\
        connectcat itself is such a service:\n  \
        connectcat --listen --keep --echo --output none 127.0.0.1:3456\n\n\
        Every reply is checked. With --window 1 the latency is that of a single message; with more of them under \
        way at once it includes the time that a message waits for the others."
)]
pub(crate) struct Bench {
    /// The service: HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT or unix:PATH
    #[arg(value_name = "ADDRESS")]
    pub(crate) endpoint: Endpoint,

    /// Only sends, until the service has taken everything and closed
    #[arg(long, conflicts_with = "window")]
    pub(crate) one_way: bool,

    /// How many messages
    #[arg(short, long, value_name = "NUMBER", default_value = "100000",
        value_parser = values::number::<u64, 1, { u64::MAX }>)]
    pub(crate) messages: u64,

    /// How long each is
    #[arg(short, long, value_name = "BYTES", default_value = "64",
        value_parser = values::number::<usize, 1, 100_000_000>)]
    pub(crate) len: usize,

    /// How many may be on their way there and back at once
    #[arg(short, long, value_name = "NUMBER", default_value = "1",
        value_parser = values::number::<usize, 1, 1_000_000>)]
    pub(crate) window: usize,

    /// The recipient tag, 0 to 65535
    #[arg(short, long, value_name = "TAG", default_value = "0",
        value_parser = values::number::<u16, 0, 65535>)]
    pub(crate) to: u16,

    /// Writes the results as a line of JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) tls: Tls,
    #[command(flatten)]
    pub(crate) common: Common,
}

impl Bench {
    /// What is wrong with these options together, beyond what each rules out.
    pub(crate) fn check(&self) -> Result<(), String> {
        let Self {
            endpoint,
            len,
            common,
            ..
        } = self;
        self.tls.check(endpoint, false)?;
        if endpoint.has_port_zero() {
            return Err(format!("{endpoint}: there is no port 0 to connect to"));
        }
        if *len > common.max_len {
            return Err(format!("--len {len} is above --max-len {}", common.max_len));
        }
        Ok(())
    }
}
