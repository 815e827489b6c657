//! One-way throughput and round trips of one task over TCP, Unix sockets and TLS: Connect beside hand-written loops and
//! its peers. `--help` says more.

mod arguments;
mod async_std_stream;
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
mod ours_on_async_std;
mod raw;
mod table;
mod transport;
mod trips;
mod websocket;
#[cfg(feature = "zeromq")]
mod zeromq_rs;

use connect_bench::Failure;
use connect_bench::security::use_ring;

use crate::arguments::{Arguments, HELP};

fn main() -> Result<(), Failure> {
    let Some(arguments) = Arguments::parse(std::env::args().skip(1))? else {
        print!("{HELP}");
        return Ok(());
    };
    if arguments.ring {
        use_ring()?;
    }
    measure::measure(&arguments)
}
