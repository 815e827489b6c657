//! Messages handed over one by one, from one task or many, on loopback TCP: Connect's queue beside plain `send`,
//! hand-written code and the ZeroMQs. `--help` says more.

mod arguments;
mod codec;
mod contender;
mod floor;
#[cfg(feature = "libzmq")]
mod libzmq;
mod ours;
mod throughput;
#[cfg(feature = "zeromq")]
mod zeromq_rs;

use connect_bench::Failure;

use crate::arguments::{Arguments, HELP};

fn main() -> Result<(), Failure> {
    let Some(arguments) = Arguments::parse(std::env::args().skip(1))? else {
        print!("{HELP}");
        return Ok(());
    };
    throughput::measure(&arguments)
}
