//! One-way throughput and round trips of one task over TCP, Unix sockets and TLS: Connect beside hand-written loops and
//! its peers. `--help` says more.

mod arguments;
mod async_io;
mod codec;
mod contender;
mod end;
mod floor;
mod ground;
#[cfg(feature = "libzmq")]
mod libzmq;
mod measure;
#[cfg(any(feature = "libzmq", feature = "omq", feature = "zeromq"))]
mod meeting;
#[cfg(feature = "omq")]
mod omq;
mod ours;
mod raw;
mod table;
mod transport;
mod trips;
mod websocket;
#[cfg(feature = "zeromq")]
mod zeromq_rs;

use connect_bench::Failure;

use crate::arguments::{Arguments, HELP};

fn main() -> Result<(), Failure> {
    let Some(arguments) = Arguments::parse(std::env::args().skip(1))? else {
        print!("{HELP}");
        return Ok(());
    };
    if arguments.ring {
        let provider = connect_tls::rustls::crypto::ring::default_provider();
        provider
            .install_default()
            .map_err(|_| "a provider is installed already")?;
    }
    measure::measure(&arguments)
}
