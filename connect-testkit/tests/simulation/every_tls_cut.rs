//! Every cut of short conversations with TLS: of the handshake, of messages, of close_notify.

use connect_testkit::simulation::{
    Conditions, Conversation, Cut, Party, ReaderSees, TlsConfigs, TlsResult, Totals, Way,
    WriterSees, Written, run_tls,
};

const CALM: Way = Way {
    conditions: Conditions::calm(),
    cut: None,
};

fn conversation() -> Conversation {
    Conversation {
        seed: 0,
        client: Party::simple(&[1, 30, 5]),
        server: Party::simple(&[20, 2]),
        up: CALM,
        down: CALM,
        network_turns: 4,
    }
}

fn with_cut(plan: &Conversation, is_up: bool, cut: Cut) -> Conversation {
    let mut plan = plan.clone();
    let way = if is_up { &mut plan.up } else { &mut plan.down };
    way.cut = Some(cut);
    plan
}

/// The uncut conversation, which is the same in length every time.
fn uncut(plan: &Conversation, configs: &TlsConfigs) -> TlsResult {
    let whole = run_tls(plan, configs);
    for _ in 0..3 {
        let again = run_tls(plan, configs);
        assert_eq!((&again.up, &again.down), (&whole.up, &whole.down));
    }
    whole
}

/// Where each datagram is whole: the last records but close_notify have one each.
fn datagram_ends(whole: &Written) -> &[usize] {
    let ends = &whole.record_ends[..whole.record_ends.len() - 1];
    &ends[ends.len() - whole.received..]
}

#[test]
fn every_cut() {
    let configs = TlsConfigs::not_resuming();
    let plan = conversation();
    let whole = uncut(&plan, &configs);
    let mut totals = Totals::default();
    for (is_up, whole) in [(true, &whole.up), (false, &whole.down)] {
        let len = *whole.record_ends.last().expect("records");
        for after in 0..=len {
            // Each with another manner, so that each manner has its turn.
            let manners: Vec<_> = Cut::manners(after).collect();
            let cut = manners[after % manners.len()];
            let result = run_tls(&with_cut(&plan, is_up, cut), &configs);
            totals += result.totals;
            let received = if is_up { &result.up } else { &result.down }.received;
            let ends = datagram_ends(whole).iter();
            let expected = ends.filter(|end| **end <= after).count();
            if cut.loses_what_is_under_way {
                assert!(received <= expected, "{received} after {after} bytes");
            } else {
                assert_eq!(received, expected, "after {after} bytes");
            }
        }
    }
    println!("every cut of TLS: {totals}");
    assert!(totals.cuts >= totals.conversations);
}

#[test]
fn after_any_cuts_a_connection_is_whole_again() {
    let plan = conversation();
    let mut totals = Totals::default();
    let whole = uncut(&plan, &TlsConfigs::not_resuming());
    let len = *whole.down.record_ends.last().expect("records");
    // Sessions are resumed here: what a cut connection leaves behind must not hurt the next.
    let configs = TlsConfigs::resuming();
    for after in (0..=len).step_by(7) {
        let first = with_cut(&plan, after % 2 == 0, cut_off(after));
        let second = with_cut(&plan, after % 3 == 0, cut_off(len - after));
        for plan in [&first, &second, &plan] {
            totals += run_tls(plan, &configs).totals;
        }
    }
    println!("three connections of TLS: {totals}");
}

/// Both sides learn at once.
fn cut_off(after: usize) -> Cut {
    Cut {
        after,
        reader: ReaderSees::Reset,
        writer: WriterSees::Failure,
        loses_what_is_under_way: false,
        both_ways: true,
    }
}
