//! However the ciphertext is cut on its way, handshake, datagrams and end arrive the same.

use std::sync::Arc;

use connect_proto::ConnectDatagram;
use connect_testkit::certificates::{Authority, PemPair};
use connect_testkit::tls::{Ending, Endpoint, Pair, Staged, expected, not_resuming, records};
use connect_testkit::{Counts, Entry, Schedule, check_property, datagrams};
use connect_tls::rustls::{ClientConfig, ServerConfig};
use connect_tls::{ClientConfigBuilder, ServerConfigBuilder};
use proptest::collection::vec;
use proptest::prelude::*;

/// Longer than two records, shorter than what rustls takes for one message.
const LONG_CERTIFICATE: usize = 40_000;

type Configs = (Arc<ClientConfig>, Arc<ServerConfig>);

/// Without and with a certificate of the client, and with long ones on both sides.
fn setups() -> [Configs; 3] {
    let authority = Authority::new("fragments");
    let names = ["localhost"];
    let mutual = |server: PemPair, client: PemPair| {
        let client = ClientConfigBuilder::new(authority.authorities())
            .with_identity(client.identity())
            .build()
            .unwrap();
        let server = ServerConfigBuilder::new(server.identity())
            .with_client_authorities(authority.authorities())
            .build()
            .unwrap();
        not_resuming(&client, &server)
    };
    [
        not_resuming(&authority.client_config(), &authority.server_config(&names)),
        mutual(authority.issue(&names), authority.issue(&["client"])),
        mutual(
            authority.issue_long(&names, LONG_CERTIFICATE),
            authority.issue_long(&["client"], LONG_CERTIFICATE),
        ),
    ]
}

fn check(
    (client, server): &Configs,
    schedules: (&Schedule, &Schedule),
    entry: Entry,
    up: &[ConnectDatagram],
    down: &[ConnectDatagram],
) -> Counts {
    let client = Staged::client(Arc::clone(client), "localhost").with_entry(entry);
    let server = Staged::server(server).with_entry(entry);
    let mut pair = Pair::with_schedules(client, server, schedules.0, schedules.1);
    pair.run();
    assert!(!pair.client.handle.is_handshaking());
    assert!(!pair.server.handle.is_handshaking());
    pair.client.send(up);
    pair.server.send(down);
    pair.run();
    assert!(matches!(pair.client.ending(), Ending::Open));
    assert!(matches!(pair.server.ending(), Ending::Open));
    pair.client.close();
    pair.server.close();
    pair.run();
    assert!(matches!(pair.client.ending(), Ending::Clean));
    assert!(matches!(pair.server.ending(), Ending::Clean));
    assert!(pair.server.messages() == expected(up));
    assert!(pair.client.messages() == expected(down));
    pair.counts(up.len() + down.len())
}

#[test]
fn every_length_of_fragments_makes_the_same_connection() {
    let setups = setups();
    let up = datagrams::of_lengths(&[1, 300, 2]);
    let down = datagrams::of_lengths(&[700, 1]);
    let mut total = Counts::default();
    for len in 1..=600 {
        let schedule = Schedule::Each(len);
        let entry = if len % 2 == 0 {
            Entry::Spare
        } else {
            Entry::Slice
        };
        // The long handshake takes long in short fragments.
        let setup = match len {
            1 | 2 | 5 | 17 | 18 => 2,
            len if len % 16 == 0 => 2,
            len => len / 2 % 2,
        };
        total += check(&setups[setup], (&schedule, &schedule), entry, &up, &down);
    }
    println!("fragments of 1 to 600 bytes: {total}");
    assert_eq!(total.datagrams, 600 * 5);
}

#[test]
fn datagrams_of_all_lengths_pass_long_fragments() {
    let setups = setups();
    let lengths: Vec<usize> = vec![1, 16_376, 16_377, 16_384, 65_536, 3, 100_000, 200_000, 1];
    let up = datagrams::of_lengths(&lengths);
    let mut down = up.clone();
    down.reverse();
    let mut total = Counts::default();
    for (index, len) in [600, 1024, 4096, 16_384, 16_406, 65_536]
        .into_iter()
        .enumerate()
    {
        for entry in [Entry::Spare, Entry::Slice] {
            let schedule = Schedule::Each(len);
            let setup = &setups[index % 3];
            total += check(setup, (&schedule, &schedule), entry, &up, &down);
        }
    }
    println!("long fragments: {total}");
}

#[test]
fn any_cuts_make_the_same_connection() {
    let setups = setups();
    let length = prop_oneof![8 => 1..400usize, 2 => 16_000..17_000usize, 1 => 60_000..200_000usize];
    let lengths = || vec(length.clone(), 0..8);
    let schedule = || prop_oneof![4 => Schedule::any().prop_filter("slow", is_not_tiny), 1 => (1..40usize).prop_map(|most| Schedule::Random { seed: most as u64, longest: 10 * most })];
    let strategy = (
        (0..3usize, any::<bool>()),
        (schedule(), schedule()),
        (lengths(), lengths()),
    );
    check_property(
        "any fragments",
        60,
        &strategy,
        |((setup, spare), (up, down), (up_lengths, down_lengths))| {
            let entry = if spare { Entry::Spare } else { Entry::Slice };
            let up_datagrams = datagrams::of_lengths(&up_lengths);
            let down_datagrams = datagrams::of_lengths(&down_lengths);
            check(
                &setups[setup],
                (&up, &down),
                entry,
                &up_datagrams,
                &down_datagrams,
            )
        },
    );
}

/// Byte by byte is for the other tests, over less.
fn is_not_tiny(schedule: &Schedule) -> bool {
    match schedule {
        Schedule::Each(len) => *len > 20,
        Schedule::Cycle(lengths) => lengths.iter().sum::<usize>() > 20 * lengths.len(),
        Schedule::Random { longest, .. } => *longest > 40,
        _ => true,
    }
}

/// The tests above would prove less than they say otherwise.
#[test]
fn a_long_certificate_spans_records() {
    let [_, _, (client, server)] = setups();
    let pair = Pair::established(Staged::client(client, "localhost"), Staged::server(&server));
    for sent in [&pair.up.sent, &pair.down.sent] {
        let full = records(sent)
            .iter()
            .filter(|record| record.bytes.len() > 16_384)
            .count();
        assert!(full >= 2, "{full} full records");
    }
}
