//! What a message costs where there are many connections: Connect beside hand-written loops and LengthDelimitedCodec.
//! `--help` says more.

mod arguments;
mod client;
mod contenders;
mod measure;
mod requests;
mod server;

use connect_bench::Failure;
use connect_bench::child::Part;
use peak_alloc::PeakAlloc;

use crate::arguments::{Arguments, HELP};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

fn main() -> Result<(), Failure> {
    if let Some(part) = Part::of_this_process()? {
        return contenders::play(&part);
    }
    let Some(arguments) = Arguments::parse(std::env::args().skip(1))? else {
        print!("{HELP}");
        return Ok(());
    };
    measure::measure(&arguments)
}
