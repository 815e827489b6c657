//! Rounds in which the contenders take turns.

use connect_bench::Failure;
use connect_bench::messages::Messages;
use connect_bench::options::{command, print_missing, wants};
use connect_bench::receipt::WARM_UP;
use connect_bench::results::{Record, Results};
use connect_bench::statistics::turns;

use crate::arguments::Arguments;
use crate::contender::{CONTENDERS, Contender, FEATURES, Run};
use crate::ground::Ground;
use crate::table;

pub const RATE: &str = "messages/s";
pub const P50: &str = "p50 us";
pub const P99: &str = "p99 us";

pub fn measure(arguments: &Arguments) -> Result<(), Failure> {
    print_missing(FEATURES);
    let command = command("throughput", FEATURES, std::env::args().skip(1));
    let mut results = Results::by(&command);
    let outcome = each_transport(arguments, &mut results);
    // What was measured before a failure took long as well.
    if let Some(path) = &arguments.save {
        results.save(path)?;
    }
    outcome
}

fn each_transport(arguments: &Arguments, results: &mut Results) -> Result<(), Failure> {
    let runs = arguments.sizes.iter().map(|&size| Run {
        messages: Messages::new(1, size, false),
        warm_up: WARM_UP,
        timed: arguments.timed,
        config: arguments.config,
    });
    let runs: Vec<Run> = runs.collect();
    for &transport in &arguments.transports {
        let ground = Ground::new(transport);
        let contenders = CONTENDERS.iter().filter(|contender| {
            contender.transports.contains(&transport)
                && contender.takes_part(arguments.round_trip)
                && wants(&arguments.only, contender.name)
        });
        let contenders: Vec<_> = contenders.collect();
        for &run in &runs {
            for round in 0..arguments.rounds {
                for at in turns(contenders.len(), round) {
                    measure_one(contenders[at], arguments.round_trip, &ground, run, |it| {
                        results.push(Record { round, ..it });
                    })?;
                }
            }
        }
        table::print(results, transport.name(), arguments);
    }
    Ok(())
}

/// One run of one contender; hands out records without the number of the round.
fn measure_one(
    contender: &Contender,
    round_trip: bool,
    ground: &Ground,
    run: Run,
    mut record: impl FnMut(Record),
) -> Result<(), Failure> {
    let values = if round_trip {
        round_trip_values(contender, ground, run)
    } else {
        one_way_values(contender, ground, run)
    };
    let (name, transport, size) = (contender.name, ground.transport.name(), run.messages.size);
    let values =
        values.map_err(|error| format!("{name} over {transport}, {size} bytes: {error}"))?;
    for (measure, value) in values {
        record(Record {
            group: transport.to_owned(),
            contender: name.to_owned(),
            x: size as u64,
            measure: measure.to_owned(),
            round: 0,
            value,
        });
    }
    Ok(())
}

type Values = Vec<(&'static str, f64)>;

fn one_way_values(contender: &Contender, ground: &Ground, run: Run) -> Result<Values, Failure> {
    let (sent, received) = (contender.one_way)(ground, run)?;
    if received.counts != [sent] {
        let received = received.counts;
        return Err(format!("{sent} were sent, {received:?} received").into());
    }
    Ok(vec![(RATE, received.rate)])
}

fn round_trip_values(contender: &Contender, ground: &Ground, run: Run) -> Result<Values, Failure> {
    let round_trip = contender.round_trip.ok_or("it only goes one way")?;
    let (times, ()) = round_trip(ground, run)?;
    Ok(vec![(P50, times.p50), (P99, times.p99)])
}
