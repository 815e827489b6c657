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
                let cut = Some(cut);
                for plan in each_way(&plan, Way { conditions, cut }) {
                    totals += run_plain(&plan);
                }
            }
        }
    }
    println!("every cut in every manner: {totals}");
    assert!(totals.cuts >= totals.conversations);
}

#[test]
fn every_cut_after_every_stall() {
    let mut totals = Totals::default();
    for by_queue in [false, true] {
        let plan = conversation(by_queue);
        for cut in 0..=plan.client.stream_len() {
            // Each with another manner, so that each manner has its turn.
            let manners: Vec<_> = Cut::manners(cut).collect();
            for stall in 0..=cut {
                let cut = Some(manners[(cut + stall) % manners.len()]);
                let conditions = Conditions::stalling_after(stall, 10);
                for plan in each_way(&plan, Way { conditions, cut }) {
                    totals += run_plain(&plan);
                }
            }
        }
    }
    println!("every cut after every stall: {totals}");
    assert!(totals.stalls > totals.conversations / 2);
}
