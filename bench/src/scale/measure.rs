//! Rounds in which the contenders take turns, each with two children.

use connect_bench::Failure;
use connect_bench::child::{Child, open, start_pair};
use connect_bench::held::Held;
use connect_bench::options::{command, wants};
use connect_bench::results::{Record, Results};
use connect_bench::statistics::turns;

use crate::arguments::Arguments;
use crate::contenders::{CONTENDERS, Contender, GROUPS};

/// In the order in which they are printed.
const MEASURES: [&str; 6] = [
    "messages/s",
    "p50 us",
    "p99 us",
    "p99.9 us",
    "heap B",
    "resident B",
];

pub fn measure(arguments: &Arguments) -> Result<(), Failure> {
    let command = command("scale", &[], std::env::args().skip(1));
    let mut results = Results::by(&command);
    for group in GROUPS {
        let contenders: Vec<_> = CONTENDERS
            .iter()
            .filter(|contender| contender.group == group)
            .filter(|contender| wants(&arguments.many.only, contender.name))
            .collect();
        if contenders.is_empty() {
            continue;
        }
        for &size in &arguments.sizes {
            let group = format!("{group} {size} B");
            print_head(&group, arguments);
            for &connections in &arguments.many.connections {
                for round_number in 0..arguments.many.rounds {
                    for at in turns(contenders.len(), round_number) {
                        let contender = contenders[at];
                        let values = round(contender, connections, size, arguments)?;
                        for (measure, value) in MEASURES.into_iter().zip(values) {
                            results.push(Record {
                                group: group.clone(),
                                contender: contender.name.into(),
                                x: connections as u64,
                                measure: measure.into(),
                                round: round_number,
                                value,
                            });
                        }
                    }
                }
                for contender in &contenders {
                    print_row(&results, &group, contender.name, connections);
                }
                // What was measured until somebody loses patience took long as well.
                if let Some(path) = &arguments.many.save {
                    results.save(path)?;
                }
            }
        }
    }
    Ok(())
}

fn round(
    contender: &Contender,
    connections: usize,
    size: usize,
    arguments: &Arguments,
) -> Result<[f64; MEASURES.len()], Failure> {
    let mut pair = start_pair(contender.group, contender.name)?;
    // One that stays idle, so that what the process needs once is not counted.
    open(&mut pair, 1)?;
    let before = held(&mut pair[0])?;
    open(&mut pair, connections)?;
    let [server, client] = &mut pair;
    let (in_flight, time) = (arguments.in_flight, arguments.time.as_millis());
    let figures = client.ask(&format!("run {connections} {in_flight} {size} {time}"))?;
    let [rate, p50, p99, p999] = figures[..] else {
        return Err(format!("{figures:?} are not four figures").into());
    };
    let [heap, resident] = held(server)?.each_since(before, connections);
    let answered = client.ask::<u64>("end")?;
    let echoed = server.ask("end")?;
    if answered != echoed {
        let error = format!("the server sent {echoed:?} echoes, the client got {answered:?}");
        return Err(error.into());
    }
    Ok([rate, p50, p99, p999, heap, resident])
}

fn held(child: &mut Child) -> Result<Held, Failure> {
    Held::from_words(&child.ask("held")?)
}

fn print_head(group: &str, arguments: &Arguments) {
    let (in_flight, rounds) = (arguments.in_flight, arguments.many.rounds);
    println!("\n{group}, {in_flight} requests in flight at most, median of {rounds}");
    print!("{:>11}  {:<14}", "connections", "");
    for measure in MEASURES {
        print!("{measure:>12}");
    }
    println!();
}

fn print_row(results: &Results, group: &str, contender: &str, connections: usize) {
    print!("{connections:>11}  {contender:<14}");
    for measure in MEASURES {
        let median = results.median(group, contender, connections as u64, measure);
        print!("{:>12.0}", median.unwrap_or(f64::NAN));
    }
    println!();
}
