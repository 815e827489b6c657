//! Messages a second: rounds in which the contenders take turns.

use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::arguments::Arguments;
use crate::contender::{CONTENDERS, Contender, FEATURES, Receiving, SUBJECT, Sending};
use connect_bench::Failure;
use connect_bench::messages::Messages;
use connect_bench::options::{command, print_missing, wants};
use connect_bench::receipt::{Receipt, WARM_UP};
use connect_bench::results::{Record, Results};
use connect_bench::runtime::{Threads, run};
use connect_bench::statistics::{median, turns};

/// For how long messages are sent after the warm-up.
const TIMED: Duration = Duration::from_millis(500);

pub fn measure(arguments: &Arguments) -> Result<(), Failure> {
    print_missing(FEATURES);
    let contenders: Vec<_> = CONTENDERS
        .iter()
        .filter(|(_, name)| wants(&arguments.only, name))
        .collect();
    let command = command("queue-throughput", FEATURES, std::env::args().skip(1));
    let mut results = Results::by(&command);
    for &size in &arguments.sizes {
        for &tasks in &arguments.tasks {
            let messages = Messages::new(tasks, size, arguments.fresh);
            let mut rounds = vec![Vec::new(); contenders.len()];
            for round_number in 0..arguments.rounds {
                for at in turns(contenders.len(), round_number) {
                    let (contender, name) = contenders[at];
                    let round = round(*contender, messages, arguments.threads)
                        .map_err(|error| format!("{name}, {tasks} tasks: {error}"))?;
                    results.push(record(tasks, name, size, round_number, round));
                    rounds[at].push(round);
                }
            }
            print_setting(messages, arguments);
            let names = contenders.iter().map(|(_, name)| *name);
            print_rounds(&names.zip(rounds).collect::<Vec<_>>());
        }
    }
    let save = arguments.save.as_ref();
    save.map_or(Ok(()), |path| results.save(path))
}

fn record(tasks: usize, contender: &str, size: usize, round: usize, measured: Round) -> Record {
    let plural = if tasks == 1 { "" } else { "s" };
    Record {
        group: format!("{tasks} task{plural}"),
        contender: contender.into(),
        x: size as u64,
        measure: "messages/s".into(),
        round,
        value: measured.rate,
    }
}

/// One run of one contender.
#[derive(Clone, Copy)]
struct Round {
    /// Messages a second.
    rate: f64,
    /// Messages of the task that sent the fewest, of those of the task that sent the most.
    evenness: f64,
}

fn round(contender: Contender, messages: Messages, threads: Threads) -> Result<Round, Failure> {
    let (tell_address, address) = oneshot::channel();
    let (tell_received, received) = oneshot::channel::<()>();
    let receiving = Receiving {
        address: tell_address,
        messages,
        receipt: Receipt::new(messages, WARM_UP),
    };
    let receiver = thread::spawn(move || {
        let _received = tell_received;
        run(Threads::One, contender.receive(receiving))
    });
    let sent = run(threads, async move {
        let sending = Sending {
            address: address.await.map_err(|_| "the receiver does not listen")?,
            messages,
            time: WARM_UP + TIMED,
            received,
        };
        contender.send(sending).await
    });
    // When both fail, it is the receiver that knows why.
    let received = receiver.join().map_err(|_| "the receiver panicked")??;
    let sent = sent?;
    if sent != received.counts {
        return Err(format!("{sent:?} were sent, {:?} received", received.counts).into());
    }
    let fewest = sent.iter().min().copied().unwrap_or_default();
    let most = sent.iter().max().copied().unwrap_or_default();
    Ok(Round {
        rate: received.rate,
        evenness: fewest as f64 / most as f64,
    })
}

fn print_setting(messages: Messages, arguments: &Arguments) {
    let (size, tasks) = (messages.size, messages.tasks);
    let threads = match arguments.threads {
        Threads::One => "on one thread",
        Threads::Workers => "on two workers",
    };
    let fresh = if messages.fresh { ", fresh" } else { "" };
    let rounds = arguments.rounds;
    let plural = if tasks == 1 { "" } else { "s" };
    println!(
        "\n{size} bytes{fresh}, {tasks} task{plural} {threads}, messages/s, median of {rounds}"
    );
    println!(
        "{:<20}{:>12}{:>12}{:>12}{:>12}{:>14}",
        "", "median", "lowest", "highest", "queue/this", "fewest/most"
    );
}

fn print_rounds(contenders: &[(&str, Vec<Round>)]) {
    let middle = |rounds: &[Round]| median(rounds.iter().map(|round| round.rate).collect());
    let subject = contenders.iter().find(|(name, _)| *name == SUBJECT);
    let subject = subject.and_then(|(_, rounds)| middle(rounds));
    for (name, rounds) in contenders {
        let rates = || rounds.iter().map(|round| round.rate);
        let rate = middle(rounds).unwrap_or(f64::NAN);
        let evenness = median(rounds.iter().map(|round| round.evenness).collect());
        let lowest = rates().fold(f64::INFINITY, f64::min);
        let highest = rates().fold(0.0, f64::max);
        let ratio = subject.map_or(String::new(), |subject| format!("{:.2}", subject / rate));
        println!(
            "{name:<20}{rate:>12.0}{lowest:>12.0}{highest:>12.0}{ratio:>12}{:>14.2}",
            evenness.unwrap_or(f64::NAN),
        );
    }
}
