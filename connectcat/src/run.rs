//! From the command line to an exit code.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use clap_complete::Shell;

use crate::arguments::{Arguments, Command, Common, Talk};
use crate::bench::bench;
use crate::diagnostics::{complain, introduction, say};
use crate::dial::dial;
use crate::endpoint::Endpoint;
use crate::failure::Failure;
use crate::man;
use crate::printer::Printer;
use crate::serve::serve;
use crate::stop::Stop;
use crate::talker::Talker;

/// Does what a command line says, of which the first word is the name of the command, and returns the exit code that
/// `connectcat --help` documents. Reads standard input, and writes to standard output and standard error.
///
/// Ctrl-C ends it, and has no effect on the process by itself from then on. What reads standard input may be left behind as
/// a thread, so this is for a `main` that returns what it gets.
pub fn run<A: Into<OsString> + Clone>(arguments: impl IntoIterator<Item = A>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return answer(&error),
    };
    match (arguments.command, arguments.endpoint) {
        (Some(Command::Completions { shell }), _) => complete(shell),
        (Some(Command::Man { page }), _) => print(&man::page(page)),
        (Some(Command::Bench(options)), _) => match options.check() {
            Ok(()) => drive(&options.common, async |stop| bench(&options, &stop).await),
            Err(problem) => refuse(problem),
        },
        (None, Some(endpoint)) => match arguments.talk.check(&endpoint) {
            Ok(()) => talk(&endpoint, &arguments.talk),
            Err(problem) => refuse(problem),
        },
        (None, None) => refuse("ADDRESS is missing: where to connect or to listen".to_owned()),
    }
}

/// Prints what the parser has to say: help, or what is wrong.
fn answer(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn refuse(problem: String) -> ExitCode {
    answer(&Arguments::command().error(ErrorKind::ArgumentConflict, problem))
}

fn complete(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "connectcat", &mut script);
    print(&script)
}

fn print(text: &[u8]) -> ExitCode {
    code(io::stdout().write_all(text).map_err(Failure::of_output))
}

fn talk(endpoint: &Endpoint, options: &Talk) -> ExitCode {
    drive(&options.common, async |stop| {
        let printer = Printer::new(tokio::io::stdout());
        let result = talk_through(endpoint, options, printer.clone(), &stop).await;
        // Whoever reads it gets whole messages, however it ends.
        if let Err(reason) = stop.last_moment(printer.settled()).await {
            complain(format_args!(
                "standard output may end inside a message: {reason}"
            ));
        }
        result
    })
}

async fn talk_through(
    endpoint: &Endpoint,
    options: &Talk,
    printer: Printer,
    stop: &Stop,
) -> Result<(), Failure> {
    let talker = stop.guard(Talker::new(options, printer)).await?;
    if options.listening.listen {
        return serve(endpoint, options, Arc::new(talker), stop).await;
    }
    let connecting = dial(endpoint, &options.tls, options.common.config());
    let connection = stop.guard(connecting).await?;
    if options.common.verbose {
        say(introduction(&connection));
    }
    talker.talk(connection, stop).await
}

/// Runs what has to be done on a runtime of its own.
fn drive(common: &Common, work: impl AsyncFnOnce(Stop) -> Result<(), Failure>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return code(Err(Failure::System(error))),
    };
    let result = runtime.block_on(async {
        let stop = Stop::new(common.timeout).map_err(Failure::System)?;
        work(stop).await
    });
    // Whoever reads standard input may wait for ever.
    runtime.shutdown_background();
    code(result)
}

fn code(result: Result<(), Failure>) -> ExitCode {
    let Err(failure) = result else {
        return ExitCode::SUCCESS;
    };
    if !failure.is_quiet() {
        complain(&failure);
    }
    ExitCode::from(failure.exit_code())
}
