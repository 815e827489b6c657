//! One message and its echo, and again: what a queue costs where there is nothing to queue.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use connect_tokio::{ConnectDatagram, Connection, ConnectionReader, TcpListener};
use tokio::sync::oneshot;

use crate::arguments::Arguments;
use crate::contender::{LOOPBACK, tell};
use connect_bench::Failure;
use connect_bench::receipt::WARM_UP;
use connect_bench::runtime::{Threads, run};
use connect_bench::statistics::{median, turns};

/// For how long each round goes on after the warm-up.
const TIMED: Duration = Duration::from_millis(500);

#[derive(Clone, Copy)]
enum Way {
    Plain,
    Queue,
}

const WAYS: [(Way, &str); 2] = [(Way::Plain, "plain send"), (Way::Queue, "queue")];

/// Of one round, or medians of them, in microseconds.
#[derive(Clone, Copy)]
struct Times {
    p50: f64,
    p99: f64,
}

pub fn measure(arguments: &Arguments) -> Result<(), Failure> {
    for &size in &arguments.sizes {
        let mut rounds = [const { Vec::new() }; WAYS.len()];
        for round_number in 0..arguments.rounds {
            for at in turns(WAYS.len(), round_number) {
                let round = round(WAYS[at].0, size, arguments.threads)
                    .map_err(|error| format!("{}: {error}", WAYS[at].1))?;
                rounds[at].push(round);
            }
        }
        println!(
            "\n{size} bytes there and back, median of {}",
            arguments.rounds
        );
        println!("{:<12}{:>12}{:>12}", "", "p50 us", "p99 us");
        let medians = rounds.map(medians);
        for ((_, name), times) in WAYS.iter().zip(medians) {
            println!("{name:<12}{:>12.2}{:>12.2}", times.p50, times.p99);
        }
        let [plain, queue] = medians;
        let (p50, p99) = (queue.p50 / plain.p50, queue.p99 / plain.p99);
        println!("{:<12}{p50:>12.3}{p99:>12.3}", "queue/plain");
    }
    Ok(())
}

fn medians(rounds: Vec<Times>) -> Times {
    let of = |time: fn(&Times) -> f64| median(rounds.iter().map(time).collect());
    Times {
        p50: of(|times| times.p50).unwrap_or(f64::NAN),
        p99: of(|times| times.p99).unwrap_or(f64::NAN),
    }
}

fn round(way: Way, size: usize, threads: Threads) -> Result<Times, Failure> {
    let (tell_address, address) = oneshot::channel();
    let echo = thread::spawn(move || run(Threads::One, echo(tell_address)));
    let times = run(threads, async move {
        let address = address.await.map_err(|_| "the peer does not listen")?;
        let message = ConnectDatagram::new(1, Bytes::from(vec![7; size]))?;
        match way {
            Way::Plain => go_plainly(address, message).await,
            Way::Queue => go_queued(address, message).await,
        }
    });
    echo.join().map_err(|_| "the peer panicked")??;
    let mut times = times?;
    times.sort_unstable();
    let at = |percent: usize| {
        let time = times.get(times.len() * percent / 100);
        time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
    };
    Ok(Times {
        p50: at(50),
        p99: at(99),
    })
}

async fn echo(address: oneshot::Sender<SocketAddr>) -> Result<(), Failure> {
    let mut listener = TcpListener::bind(LOOPBACK).await?;
    tell(address, listener.local_addr())?;
    let mut connection = listener.accept().await?;
    while let Some(message) = connection.reader().next().await? {
        connection.writer().send(message).await?;
    }
    connection.close().await?;
    Ok(())
}

async fn go_plainly(
    address: SocketAddr,
    message: ConnectDatagram,
) -> Result<Vec<Duration>, Failure> {
    let (mut reader, mut writer) = Connection::tcp_client(address).await?.split();
    let mut watch = Watch::new();
    while let Some(begin) = watch.next() {
        writer.send(message.clone()).await?;
        expect(&mut reader, &message).await?;
        watch.stop(begin);
    }
    writer.close().await?;
    Ok(watch.times)
}

async fn go_queued(
    address: SocketAddr,
    message: ConnectDatagram,
) -> Result<Vec<Duration>, Failure> {
    let (mut reader, writer) = Connection::tcp_client(address).await?.split();
    let (sender, driver) = writer.into_queue();
    let driver = tokio::spawn(driver);
    let mut watch = Watch::new();
    while let Some(begin) = watch.next() {
        sender.send(message.clone()).await?;
        expect(&mut reader, &message).await?;
        watch.stop(begin);
    }
    sender.close().await?;
    driver.await??;
    Ok(watch.times)
}

async fn expect(reader: &mut ConnectionReader, sent: &ConnectDatagram) -> Result<(), Failure> {
    match reader.next().await? {
        Some(received) if received == *sent => Ok(()),
        received => Err(format!("{sent:?} came back as {received:?}").into()),
    }
}

/// Times round trips, and says when it is enough.
struct Watch {
    begin: Instant,
    times: Vec<Duration>,
}

impl Watch {
    fn new() -> Self {
        Self {
            begin: Instant::now(),
            // More than there will be.
            times: Vec::with_capacity(1_000_000),
        }
    }

    /// The beginning of another round trip.
    fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        (now - self.begin < WARM_UP + TIMED).then_some(now)
    }

    fn stop(&mut self, begin: Instant) {
        if begin - self.begin >= WARM_UP {
            self.times.push(begin.elapsed());
        }
    }
}
