//! Rounds in which the contenders take turns, each with two children.

use connect_bench::Failure;
use connect_bench::child::{Child, open, start_pair};
use connect_bench::held::Held;
use connect_bench::many_connections::ManyConnections;
use connect_bench::options::{command, print_missing, wants};
use connect_bench::results::{Record, Results};
use connect_bench::statistics::turns;

use crate::contenders::{Contender, End, FEATURES, GROUPS, Group};

/// Opened first, and not counted: as many as a server of rustls remembers sessions.
const BEFORE: usize = 256;

/// What is measured at each step; one message before each but the first.
const STEPS: [(Option<usize>, [&str; 2]); 3] = [
    (None, ["waiting B", "resident waiting B"]),
    (
        Some(64 * 1024),
        ["after 64 KiB B", "resident after 64 KiB B"],
    ),
    (
        Some(1024 * 1024),
        ["after 1 MiB B", "resident after 1 MiB B"],
    ),
];

pub fn measure(arguments: &ManyConnections) -> Result<(), Failure> {
    print_missing(FEATURES);
    let command = command("memory", FEATURES, std::env::args().skip(1));
    let mut results = Results::by(&command);
    for group in GROUPS {
        let contenders = group.contenders.iter();
        let contenders: Vec<_> = contenders
            .filter(|contender| wants(&arguments.only, contender.name))
            .collect();
        for &connections in &arguments.connections {
            for round_number in 0..arguments.rounds {
                for at in turns(contenders.len(), round_number) {
                    let contender = contenders[at];
                    for (measure, value) in round(group, contender, connections)? {
                        results.push(Record {
                            group: group.name.into(),
                            contender: contender.name.into(),
                            x: connections as u64,
                            measure: measure.into(),
                            round: round_number,
                            value,
                        });
                    }
                }
            }
            let names: Vec<_> = contenders.iter().map(|contender| contender.name).collect();
            print(&results, group.name, &names, connections);
        }
    }
    match &arguments.save {
        Some(path) => results.save(path),
        None => Ok(()),
    }
}

fn round(
    group: &Group,
    contender: &Contender,
    connections: usize,
) -> Result<Vec<(&'static str, f64)>, Failure> {
    let mut pair = start_pair(group.name, contender.name)?;
    open(&mut pair, BEFORE)?;
    let before = held(measured(&mut pair, group)[0])?;
    open(&mut pair, connections)?;
    let mut values = Vec::new();
    for (size, measures) in STEPS {
        let [waits, sends] = measured(&mut pair, group);
        if let Some(size) = size {
            for number in BEFORE..BEFORE + connections {
                send(sends, waits, number, size)?;
            }
        }
        let each = held(waits)?.each_since(before, connections);
        values.extend(measures.into_iter().zip(each));
    }
    Ok(values)
}

/// One after the other: what several messages need at the same time, malloc would keep, in an amount that depends on
/// how busy the machine is.
fn send(sends: &mut Child, waits: &mut Child, number: usize, size: usize) -> Result<(), Failure> {
    waits.tell("receive")?;
    sends.ask::<usize>(&format!("send {number} {size}"))?;
    let received: Vec<usize> = waits.answer()?;
    if received != [size] {
        return Err(format!("{received:?} bytes were received, not {size}").into());
    }
    Ok(())
}

/// The measured side first.
fn measured<'a>([server, client]: &'a mut [Child; 2], group: &Group) -> [&'a mut Child; 2] {
    match group.measured {
        End::Server => [server, client],
        End::Client => [client, server],
    }
}

fn held(child: &mut Child) -> Result<Held, Failure> {
    Held::from_words(&child.ask("held")?)
}

fn print(results: &Results, group: &str, contenders: &[&str], connections: usize) {
    if contenders.is_empty() {
        return;
    }
    println!("\n{group}, bytes for each of {connections} connections that wait");
    println!("{:<20}{:>42}{:>42}", "", "heap", "resident");
    let columns = ["opened", "after 64 KiB", "after 1 MiB"];
    print!("{:<20}", "");
    for column in [columns, columns].concat() {
        print!("{column:>14}");
    }
    println!();
    for contender in contenders {
        print!("{contender:<20}");
        for heap_or_resident in 0..2 {
            for (_, measures) in STEPS {
                let measure = measures[heap_or_resident];
                let median = results.median(group, contender, connections as u64, measure);
                print!("{:>14.0}", median.unwrap_or(f64::NAN));
            }
        }
        println!();
    }
}
