//! Two peers over a simulated network, in a simulated time: no socket, no thread, no clock. One seed decides how long
//! bytes travel, how much a write takes and a read gives, and whether and where a direction is cut; so whatever goes
//! wrong with a seed goes wrong each time.
//!
//! ```text
//! cargo run -p connect-proto --example simulation -- 7      # what happens with seed 7
//! ```
//!
//! The core is as it is in production, because it neither reads nor waits by itself. `peer.rs` is a loop around it that
//! would do for a socket, too; `network.rs` is in place of the sockets, and of whoever says when they are ready.

mod network;
mod peer;
#[cfg(test)]
mod tests;

use std::error::Error;

use connect_proto::{Config, ConnectDatagram};
use connect_testkit::SplitMix64;

use crate::network::{Network, Side};
use crate::peer::Peer;

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).ok_or("usage: simulation SEED")?;
    let outcome = run(seed.parse()?)?;
    for line in outcome.trace {
        println!("{line}");
    }
    let sent = outcome.messages.len();
    let peers = [outcome.client, outcome.server];
    for (side, peer) in [Side::Client, Side::Server].into_iter().zip(peers) {
        let received = peer.received.len();
        let end = match peer.end {
            None => "nothing, not even an end".to_owned(),
            Some(Ok(())) => "the end".to_owned(),
            Some(Err(error)) => error.to_string(),
        };
        println!("{side:?}: {received} of {sent} messages, then {end}");
        if let (bytes, true) = outcome.network.entered(side) {
            println!("{side:?}: cut off after {bytes} bytes");
        }
    }
    Ok(())
}

/// What one seed came to.
struct Outcome {
    trace: Vec<String>,
    /// What the client wanted to send. The server sends it back.
    messages: Vec<ConnectDatagram>,
    client: Peer,
    server: Peer,
    network: Network,
}

/// Lets a client send some messages to an echo server. Both end their direction after the last one.
fn run(seed: u64) -> Result<Outcome, Box<dyn Error>> {
    let mut random = SplitMix64::new(seed);
    // Small, so that all that a limit brings about comes about with little data.
    let config = Config::new()
        .with_read_block_len(512)
        .with_chain_threshold(100)
        .with_high_water_mark(random.below(400));
    let mut messages = Vec::new();
    for number in 0..random.below(30) {
        let longest = if random.one_in(5) { 2_000 } else { 30 };
        let data = vec![number as u8; 1 + random.below(longest)];
        messages.push(ConnectDatagram::new(number as u16, data)?);
    }
    let mut client = Peer::client(&config, messages.clone());
    let mut server = Peer::echo_server(&config);
    let mut network = Network::new(random);

    // Nothing runs but what an event has woken. When there is no event any more, it is over: whoever waits then would
    // wait for ever.
    while let Some(side) = network.next_event() {
        match side {
            Side::Client => client.run(network.socket(side)),
            Side::Server => server.run(network.socket(side)),
        }
    }
    Ok(Outcome {
        trace: network.take_trace(),
        messages,
        client,
        server,
        network,
    })
}
