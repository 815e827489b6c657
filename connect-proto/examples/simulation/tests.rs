use std::collections::HashSet;

use connect_proto::ConnectDatagram;
use connect_testkit::datagrams::frame_ends;

use crate::network::Side;
use crate::peer::Peer;
use crate::{Outcome, run};

const SEEDS: u64 = 3_000;

#[test]
fn a_seed_tells_everything_that_happens() {
    let traces: HashSet<_> = (0..100).map(|seed| run(seed).unwrap().trace).collect();
    assert!(traces.len() > 95, "the seed decides nothing");
    for seed in 0..100 {
        assert!(traces.contains(&run(seed).unwrap().trace));
    }
}

#[test]
fn what_enters_the_network_is_received_and_a_cut_is_told_from_an_end() {
    let (mut whole, mut clean, mut cut, mut messages) = (0, 0, 0, 0);
    for seed in 0..SEEDS {
        let outcome = run(seed).unwrap();
        let Outcome {
            messages: sent,
            client,
            server,
            network,
            ..
        } = &outcome;
        let up = network.entered(Side::Server);
        let down = network.entered(Side::Client);
        check(seed, server, sent, up, &mut [&mut clean, &mut cut]);
        check(
            seed,
            client,
            &server.received,
            down,
            &mut [&mut clean, &mut cut],
        );
        if !up.1 && !down.1 {
            assert_eq!(&client.received, sent, "seed {seed}");
            whole += 1;
        }
        messages += server.received.len() + client.received.len();
    }
    println!(
        "{SEEDS} seeds: {messages} messages received, {whole} conversations without a cut, {clean} directions cut \
         between two messages and {cut} inside of one"
    );
    assert!(whole > 0 && clean > 0 && cut > 0);
}

/// What a peer got: of what was sent all that has entered the network whole, and then what is true of the end.
fn check(
    seed: u64,
    peer: &Peer,
    sent: &[ConnectDatagram],
    (entered, is_cut): (usize, bool),
    [clean, cut]: &mut [&mut u32; 2],
) {
    let ends = frame_ends(sent);
    let whole = ends.iter().filter(|end| **end <= entered).count();
    assert_eq!(peer.received, sent[..whole], "seed {seed}");
    let is_between = entered == 0 || ends.contains(&entered);
    match &peer.end {
        Some(Ok(())) => assert!(is_between, "seed {seed}: a cut looks like an end"),
        Some(Err(error)) => {
            assert!(!is_between && is_cut, "seed {seed}: {error}");
            assert!(error.to_string().contains("ended inside a frame"));
        }
        None => panic!("seed {seed}: somebody waits for ever"),
    }
    if is_cut {
        **if is_between { clean } else { cut } += 1;
    }
}
