//! Runs one pass of a case, for callgrind to count its instructions. Without a name: lists all.

use connect_counts::{all, measured};

fn main() {
    let cases = all();
    let Some(name) = std::env::args().nth(1) else {
        for case in cases {
            println!("{} {}", case.name(), case.messages());
        }
        return;
    };
    let case = cases.iter().find(|case| case.name() == name);
    let Some(case) = case else {
        eprintln!("no case {name}");
        std::process::exit(2);
    };
    measured(&mut case.warm_pass());
}
