//! What a driver is told to do on the way to a flushed or closed writer.

use connect_proto::{Config, Encoder, Goal, Outbound, Step};
use connect_testkit::datagrams;

/// Write, flush, end: in this order, each only when there is something to it, and the end once.
#[test]
fn the_steps_to_the_end_come_in_order() {
    let mut outbound = Outbound::from(Encoder::new(&Config::new().with_high_water_mark(10)));
    assert_eq!(outbound.next_step(Goal::Flushed).expect("open"), Step::Done);
    let datagram = datagrams::datagram(0, 1, 5);
    outbound.push(datagram.clone()).expect("open");
    for goal in [Goal::Ready, Goal::Flushed] {
        assert_eq!(outbound.next_step(goal).expect("open"), Step::Write);
    }
    outbound.handle_write(13, Ok(5)).expect("open");
    assert_eq!(outbound.next_step(Goal::Ready).expect("open"), Step::Done);
    assert_eq!(
        outbound.next_step(Goal::Flushed).expect("open"),
        Step::Write
    );
    outbound.handle_write(8, Ok(8)).expect("open");
    for goal in [Goal::Flushed, Goal::Closed] {
        assert_eq!(outbound.next_step(goal).expect("open"), Step::Flush);
    }
    outbound.handle_flush(Ok(())).expect("open");
    assert_eq!(outbound.next_step(Goal::Flushed).expect("open"), Step::Done);
    assert_eq!(
        outbound.next_step(Goal::Closed).expect("open"),
        Step::ShutDown
    );
    assert!(outbound.push(datagram).is_err());
    outbound.handle_shut_down(Ok(())).expect("open");
    for goal in [Goal::Flushed, Goal::Closed] {
        assert_eq!(outbound.next_step(goal).expect("ended well"), Step::Done);
    }
}

/// Everything is written, and nothing is flushed for it.
#[test]
fn what_is_to_be_written_is_not_flushed() {
    let mut outbound = Outbound::from(Encoder::new(&Config::new()));
    let next = |outbound: &mut Outbound| outbound.next_step(Goal::Written).expect("open");
    assert_eq!(next(&mut outbound), Step::Done);
    outbound.push(datagrams::datagram(0, 1, 5)).expect("open");
    assert_eq!(next(&mut outbound), Step::Write);
    outbound.handle_write(13, Ok(12)).expect("open");
    assert_eq!(next(&mut outbound), Step::Write);
    outbound.handle_write(1, Ok(1)).expect("open");
    assert_eq!(next(&mut outbound), Step::Done);
    assert_eq!(
        outbound.next_step(Goal::Flushed).expect("open"),
        Step::Flush
    );
}
