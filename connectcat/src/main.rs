//! The command `connectcat`: see its `--help`, or the documentation of the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    connectcat::run(std::env::args_os())
}
