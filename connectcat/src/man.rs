//! Man pages, from what `--help` says.

use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::arguments::{Arguments, END, EXAMPLES, Page, USAGE};

/// The page of a command, or that of `connectcat` itself.
pub(crate) fn page(page: Option<Page>) -> Vec<u8> {
    let mut command = Arguments::command().override_usage(USAGE);
    command.build();
    let source = format!("connectcat {}", env!("CARGO_PKG_VERSION"));
    let mut out = Vec::new();
    let written = match page {
        None => main_page(command, source, &mut out),
        Some(Page::Bench) => bench_page(&command, source, &mut out),
    };
    // A vector takes everything.
    let _ = written;
    out
}

type Written = std::io::Result<()>;

fn main_page(command: clap::Command, source: String, out: &mut Vec<u8>) -> Written {
    let mut commands = Roff::new();
    commands.control("SH", ["COMMANDS"]);
    for command in command.get_subcommands() {
        commands.control("TP", []);
        commands.text([bold(command.get_name())]);
        let about = command.get_about().map(ToString::to_string);
        commands.text([roman(about.unwrap_or_default())]);
    }
    let mut examples = Roff::new();
    append(&mut examples, EXAMPLES);
    let mut end = Roff::new();
    append(&mut end, END);
    end.control("SH", ["SEE ALSO"]);
    end.text([bold("connectcat-bench"), roman("(1)")]);

    let man = Man::new(command).source(source);
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    examples.to_writer(out)?;
    man.render_options_section(out)?;
    commands.to_writer(out)?;
    end.to_writer(out)
}

fn bench_page(command: &clap::Command, source: String, out: &mut Vec<u8>) -> Written {
    let Some(bench) = command.find_subcommand("bench") else {
        return Ok(());
    };
    let man = Man::new(bench.clone()).source(source);
    man.render(out)?;
    let mut end = Roff::new();
    end.control("SH", ["SEE ALSO"]);
    end.text([bold("connectcat"), roman("(1), also for exit codes")]);
    end.to_writer(out)
}

/// Adds text of the help: a line that ends with a colon begins a section, two columns are a list, what stands further to the
/// right is a command line or goes on with the list, and all the rest is filled.
fn append(roff: &mut Roff, text: &str) {
    for paragraph in text.split("\n\n") {
        let mut in_list = false;
        for (position, line) in paragraph.lines().enumerate() {
            let words = line.trim_start();
            let indent = line.len() - words.len();
            let heading = words.strip_suffix(':').filter(|_| indent == 0);
            if let Some(heading) = heading {
                roff.control("SH", [&heading.to_uppercase()[..]]);
                continue;
            }
            if position == 0 {
                roff.control("PP", []);
            }
            match words.split_once("  ") {
                Some((term, rest)) if indent == 2 => {
                    in_list = true;
                    roff.control("TP", []);
                    roff.text([bold(term)]);
                    roff.text([roman(rest.trim_start())]);
                }
                _ if indent > 2 && !in_list => {
                    roff.control("RS", ["4"]);
                    roff.text([bold(words)]);
                    roff.control("RE", []);
                }
                _ => {
                    roff.text([roman(words)]);
                }
            }
        }
    }
}
