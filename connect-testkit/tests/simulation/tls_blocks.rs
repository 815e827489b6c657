//! Cuts of what TLS encrypts at once, which is up to four records: what of it is called unsent.

use connect_proto::HEADER_LEN;
use connect_testkit::simulation::{
    BLOCK_LEN, Conversation, Party, RECORD_LEN, TlsConfigs, TlsResult, Totals, run_tls,
};

use crate::every_tls_cut::{CALM, assert_cut, cut_off, uncut, with_cut};

const RECORDS_IN_BLOCK: usize = BLOCK_LEN / RECORD_LEN;

fn conversation(client: Party) -> Conversation {
    Conversation {
        seed: 0,
        client,
        server: Party::simple(&[2]),
        up: CALM,
        down: CALM,
        network_turns: 4,
    }
}

/// Runs it once for each record that the client sends after its handshake, cut before the last byte of it and behind
/// that. `check` is told how many of them were written whole. Returns how many there are.
fn cut_at_each_record(
    test: &str,
    client: Party,
    mut check: impl FnMut(usize, &TlsResult),
) -> usize {
    let configs = TlsConfigs::not_resuming();
    let plan = conversation(client);
    let ends = uncut(&plan, &configs).up.record_ends;
    let handshake = configs.handshake_len().up;
    let mut totals = Totals::default();
    let ends: Vec<usize> = ends.into_iter().filter(|end| *end > handshake).collect();
    for (before, end) in ends.iter().enumerate() {
        for is_whole in [false, true] {
            let cut = cut_off(end - usize::from(!is_whole));
            let result = run_tls(&with_cut(&plan, true, cut), &configs);
            assert_cut(&result, cut);
            check(before + usize::from(is_whole), &result);
            totals += result.totals;
        }
    }
    println!("{test}: {totals}");
    ends.len()
}

#[test]
fn a_block_is_unsent_until_all_of_it_is_written() {
    let len = 150_000;
    let frame_len = HEADER_LEN + len;
    let last = frame_len.div_ceil(RECORD_LEN);
    let client = Party::simple(&[len]);
    let records = cut_at_each_record("blocks of TLS", client, |written, result| {
        let blocks = written / RECORDS_IN_BLOCK * RECORDS_IN_BLOCK;
        let sent = if written < last {
            blocks * RECORD_LEN
        } else {
            frame_len
        };
        let unsent = result.up.unsent.expect("it was cut");
        assert_eq!(unsent.bytes, frame_len - sent, "{written} records");
        assert_eq!(unsent.messages, usize::from(written < last));
    });
    // With close_notify.
    assert_eq!(records, last + 1);
}

/// In which order they are sent is left to chance; that as many are called unsent as belong to the bytes is checked of
/// every conversation. Here some must have arrived that are called unsent, or nothing was shared.
#[test]
fn messages_that_share_a_block_are_unsent_with_it() {
    let client = Party {
        senders: vec![vec![20_000, 3]; 6],
        sends_by_queue: true,
        ..Party::simple(&[])
    };
    let (mut before, mut some_arrived) = (None, false);
    cut_at_each_record("shared blocks of TLS", client, |_, result| {
        let now = (result.up.unsent.expect("it was cut"), result.up.received);
        some_arrived |=
            before.is_some_and(|(unsent, received)| unsent == now.0 && received < now.1);
        before = Some(now);
    });
    assert!(some_arrived);
}
