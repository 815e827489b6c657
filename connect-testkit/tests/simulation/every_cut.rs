//! Every cut of short conversations without TLS.

use connect_testkit::simulation::{Conditions, Conversation, Cut, Party, Totals, Way, run_plain};

/// Both sides send this.
const LENGTHS: &[usize] = &[1, 5, 2];

fn conversation(by_queue: bool) -> Conversation {
    let party = Party {
        sends_by_queue: by_queue,
        ..Party::simple(LENGTHS)
    };
    let way = Way {
        conditions: Conditions::calm(),
        cut: None,
    };
    Conversation {
        seed: 0,
        client: party.clone(),
        server: party,
        up: way,
        down: way,
        network_turns: 4,
    }
}

/// Which side sends by a queue makes no difference to which direction is cut.
fn each_way(plan: &Conversation, way: Way) -> [Conversation; 2] {
    let (mut up, mut down) = (plan.clone(), plan.clone());
    up.up = way;
    down.down = way;
    [up, down]
}

#[test]
fn every_cut_in_every_manner() {
    let mut totals = Totals::default();
    for by_queue in [false, true] {
        let plan = conversation(by_queue);
        for chop in [usize::MAX, 1, 7] {
            let conditions = Conditions::chopping(chop);
            for cut in (0..=plan.client.stream_len()).flat_map(Cut::manners) {
                let way = Way {
                    conditions,
                    cut: Some(cut),
                };
                for plan in each_way(&plan, way) {
                    totals += run_cut(&plan, cut);
                }
            }
        }
    }
    println!("every cut in every manner: {totals}");
}

#[test]
fn every_cut_after_every_stall() {
    let mut totals = Totals::default();
    for by_queue in [false, true] {
        let plan = conversation(by_queue);
        for cut in 0..=plan.client.stream_len() {
            // Each with another manner, so that each manner has its turn.
            let manners: Vec<_> = Cut::manners(cut).collect();
            for stall in 0..cut {
                let cut = manners[(cut + stall) % manners.len()];
                let way = Way {
                    conditions: Conditions::stalling_after(stall, 10),
                    cut: Some(cut),
                };
                for plan in each_way(&plan, way) {
                    let ran = run_cut(&plan, cut);
                    // What is lost with a cut may be what the stall waits for.
                    let stalls = if cut.loses_what_is_under_way {
                        0..=1
                    } else {
                        1..=1
                    };
                    assert!(stalls.contains(&ran.stalls), "{ran}");
                    totals += ran;
                }
            }
        }
    }
    println!("every cut after every stall: {totals}");
    assert!(totals.stalls > totals.conversations / 2);
}

/// Runs what is cut once, and sees to it that it was.
fn run_cut(plan: &Conversation, cut: Cut) -> Totals {
    let totals = run_plain(plan);
    assert_eq!(totals.cuts, 1 + u64::from(cut.both_ways), "{plan:?}");
    totals
}
