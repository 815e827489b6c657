//! What a connection costs while it waits: heap and resident memory of either side, Connect beside a bare socket and
//! its peers. `--help` says more.

mod arguments;
mod contenders;
mod measure;
mod side;
#[cfg(feature = "zeromq")]
mod zeromq_rs;

use connect_bench::Failure;
use connect_bench::child::Part;
use peak_alloc::PeakAlloc;

use crate::arguments::{HELP, parse};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

fn main() -> Result<(), Failure> {
    if let Some(part) = Part::of_this_process()? {
        return contenders::play(&part);
    }
    let Some(arguments) = parse(std::env::args().skip(1))? else {
        print!("{HELP}");
        return Ok(());
    };
    measure::measure(&arguments)
}
