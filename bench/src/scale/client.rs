//! The client: all connections, and the requests that go over them.

use std::time::{Duration, Instant};

use connect_bench::Failure;
use connect_bench::console::Console;
use connect_bench::opening::Opening;
use connect_bench::stack::{Link, Runtime};
use connect_bench::statistics::percentile;

use crate::requests::{Requests, drive};

/// After which the timed requests begin, and not before every connection was used.
const WARM_UP: Duration = Duration::from_millis(300);

pub async fn obey<R: Runtime, O: Opening>(
    mut console: Console,
    mut opening: O,
) -> Result<(), Failure> {
    let mut all = Vec::new();
    while let Some(command) = console.next().await? {
        match command.word.as_str() {
            "open" => {
                let [count] = command.numbers()?;
                let take = |link| all.push(Requests::over(link, all.len()));
                opening.open(count, take).await?;
                console.answer(count);
            }
            "run" => {
                let [count, in_flight, size, milliseconds] = command.numbers()?;
                let used = all.split_off(all.len().saturating_sub(count));
                let time = Duration::from_millis(milliseconds as u64);
                let (used, [rate, p50, p99, p999]) =
                    run::<R, _>(used, in_flight, size, time).await?;
                all.extend(used);
                console.answer(format_args!("{rate} {p50} {p99} {p999}"));
            }
            "end" => {
                let mut answered = 0;
                for requests in all.drain(..) {
                    answered += requests.end().await?;
                }
                console.answer(answered);
            }
            other => return Err(format!("{other} is no command").into()),
        }
    }
    Ok(())
}

/// Requests a second, and percentiles of their times in microseconds.
async fn run<R: Runtime, L: Link>(
    used: Vec<Requests<L>>,
    in_flight: usize,
    size: usize,
    time: Duration,
) -> Result<(Vec<Requests<L>>, [f64; 4]), Failure> {
    let (used, _) = drive::<R, _>(used, in_flight, size, WARM_UP).await?;
    let begin = Instant::now();
    let (used, mut times) = drive::<R, _>(used, in_flight, size, time).await?;
    let rate = times.len() as f64 / begin.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |percent| {
        let time = percentile(&times, percent).unwrap_or_default();
        time.as_secs_f64() * 1e6
    };
    Ok((used, [rate, at(50.0), at(99.0), at(99.9)]))
}
