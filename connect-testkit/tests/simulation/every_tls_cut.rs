//! Every cut of short conversations with TLS: of the handshake, of messages, of close_notify.

use connect_testkit::simulation::{
    Conditions, Conversation, Cut, Party, ReaderSees, TlsConfigs, TlsResult, Totals, Way,
    WriterSees, Written, run_tls,
};

pub(crate) const CALM: Way = Way {
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

pub(crate) fn with_cut(plan: &Conversation, is_up: bool, cut: Cut) -> Conversation {
    let mut plan = plan.clone();
    let way = if is_up { &mut plan.up } else { &mut plan.down };
    way.cut = Some(cut);
    plan
}

/// The uncut conversation, which is the same in length every time.
pub(crate) fn uncut(plan: &Conversation, configs: &TlsConfigs) -> TlsResult {
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
        for after in 0..=len(whole) {
            // Each with another manner, so that each manner has its turn.
            let manners: Vec<_> = Cut::manners(after).collect();
            let cut = manners[after % manners.len()];
            totals += run_cut(&plan, is_up, cut, whole, &configs);
        }
    }
    println!("every cut of TLS: {totals}");
}

#[test]
fn every_manner_around_the_last_datagram_and_close_notify() {
    let configs = TlsConfigs::not_resuming();
    let plan = conversation();
    let whole = uncut(&plan, &configs);
    let mut totals = Totals::default();
    for (is_up, whole) in [(true, &whole.up), (false, &whole.down)] {
        let last = *datagram_ends(whole).last().expect("datagrams");
        for after in [last - 1, last, last + 1, len(whole) - 1, len(whole)] {
            for cut in Cut::manners(after) {
                totals += run_cut(&plan, is_up, cut, whole, &configs);
            }
        }
    }
    println!("every manner of cut at the end of TLS: {totals}");
}

/// Runs a conversation that is cut, and compares with the whole one what arrives.
fn run_cut(
    plan: &Conversation,
    is_up: bool,
    cut: Cut,
    whole: &Written,
    configs: &TlsConfigs,
) -> Totals {
    let result = run_tls(&with_cut(plan, is_up, cut), configs);
    assert_cut(&result, cut);
    let received = if is_up { &result.up } else { &result.down }.received;
    let ends = datagram_ends(whole).iter();
    let expected = ends.filter(|end| **end <= cut.after).count();
    if cut.loses_what_is_under_way {
        assert!(received <= expected, "{received} after {cut:?}");
    } else {
        assert_eq!(received, expected, "after {cut:?}");
    }
    result.totals
}

#[test]
fn after_any_cuts_a_connection_is_whole_again() {
    let plan = conversation();
    let mut totals = Totals::default();
    // Sessions are resumed here: what a cut connection leaves behind must not hurt the next.
    let configs = TlsConfigs::resuming();
    let whole = uncut(&plan, &configs);
    assert!(whole.is_resumed);
    let lens = [len(&whole.down), len(&whole.up)];
    let longest = lens[0].max(lens[1]);
    for offset in (0..=longest).step_by(7) {
        for (is_up, from_end) in [(offset % 2 == 0, false), (offset % 3 == 0, true)] {
            let len = lens[usize::from(is_up)];
            let after = offset.min(len);
            let cut = cut_off(if from_end { len - after } else { after });
            let result = run_tls(&with_cut(&plan, is_up, cut), &configs);
            assert_cut(&result, cut);
            totals += result.totals;
        }
        // A whole connection leaves two tickets and uses one; those that are cut may leave none.
        for _ in 0..2 {
            let result = run_tls(&plan, &configs);
            assert!(result.is_resumed);
            totals += result.totals;
        }
    }
    println!("four connections of TLS: {totals}");
}

/// The cut that was planned has happened.
pub(crate) fn assert_cut(result: &TlsResult, cut: Cut) {
    assert_eq!(result.totals.cuts, 1 + u64::from(cut.both_ways), "{cut:?}");
}

fn len(written: &Written) -> usize {
    *written.record_ends.last().expect("records")
}

/// Both sides learn at once.
pub(crate) fn cut_off(after: usize) -> Cut {
    Cut {
        after,
        reader: ReaderSees::Reset,
        writer: WriterSees::Failure,
        loses_what_is_under_way: false,
        both_ways: true,
    }
}
