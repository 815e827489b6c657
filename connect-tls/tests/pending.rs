//! The listener's table of handshakes against a list that is obviously right.

use std::time::{Duration, Instant};

use connect_testkit::{Counts, check_property};
use connect_tls::{HandshakeError, HandshakeId, HandshakeLimits, PendingHandshakes};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Call {
    Begin,
    /// Of the nth that ever began, whatever has become of it.
    End(usize),
    Wait(u64),
    Expire,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => Just(Call::Begin),
        2 => (0..60usize).prop_map(Call::End),
        2 => (0..1500u64).prop_map(Call::Wait),
        2 => Just(Call::Expire),
    ]
}

/// Number and deadline of each, the slowest first.
#[derive(Default)]
struct Model(Vec<(usize, Instant)>);

impl Model {
    fn begin(&mut self, number: usize, deadline: Instant, limit: usize) -> Option<usize> {
        let displaced = (self.0.len() == limit).then(|| self.0.remove(0).0);
        self.0.push((number, deadline));
        displaced
    }

    fn expire(&mut self, now: Instant) -> Option<usize> {
        let due = self.0.iter().position(|(_, deadline)| *deadline <= now)?;
        Some(self.0.remove(due).0)
    }
}

fn check(max_pending: usize, millis: u64, calls: &[Call]) -> Counts {
    let time_limit = Duration::from_millis(millis);
    let limits = HandshakeLimits::new()
        .with_max_pending(max_pending)
        .with_time_limit(time_limit);
    let limit = limits.max_pending();
    assert_eq!(
        (limit, limits.time_limit()),
        (max_pending.max(1), time_limit)
    );
    let mut pending = PendingHandshakes::new(limits);
    let mut model = Model::default();
    let mut ids: Vec<HandshakeId> = Vec::new();
    let mut now = Instant::now();
    for call in calls {
        match *call {
            Call::Begin => {
                let number = ids.len();
                let (id, displaced) = pending.begin(now, number);
                ids.push(id);
                let expected = model.begin(number, now + time_limit, limit);
                assert_eq!(displaced.as_ref().map(|(number, _)| *number), expected);
                if let Some((_, error)) = displaced {
                    assert!(
                        matches!(error, HandshakeError::Displaced { limit: said } if said == limit)
                    );
                }
            }
            Call::End(number) => {
                if let Some(id) = ids.get(number) {
                    pending.end(*id);
                    model.0.retain(|(known, _)| *known != number);
                }
            }
            Call::Wait(millis) => now += Duration::from_millis(millis),
            Call::Expire => loop {
                let expired = pending.expire(now);
                let expected = model.expire(now);
                assert_eq!(expired.as_ref().map(|(number, _)| *number), expected);
                let Some((_, error)) = expired else {
                    break;
                };
                assert!(matches!(error, HandshakeError::TimedOut { limit } if limit == time_limit));
            },
        }
        assert_eq!(pending.len(), model.0.len());
        assert_eq!(pending.is_empty(), model.0.is_empty());
        let next = model.0.iter().map(|(_, deadline)| *deadline).min();
        assert_eq!(pending.deadline(), next);
    }
    Counts {
        cases: 1,
        datagrams: ids.len() as u64,
        cuts: calls.len() as u64,
        bytes: 0,
    }
}

#[test]
fn the_table_does_what_a_list_does() {
    let strategy = (0..12usize, 0..3000u64, vec(call(), 0..80));
    let counts = check_property("pending", 500, &strategy, |(max, millis, calls)| {
        check(max, millis, &calls)
    });
    assert!(counts.datagrams > 5000);
}

#[test]
fn a_limit_beyond_the_end_of_the_clock_is_none() {
    let limits = HandshakeLimits::new()
        .with_max_pending(2)
        .with_time_limit(Duration::MAX);
    let mut pending = PendingHandshakes::new(limits);
    let now = Instant::now();
    let _ = pending.begin(now, 1);
    assert_eq!(pending.deadline(), None);
    assert!(
        pending
            .expire(now + Duration::from_secs(1_000_000))
            .is_none()
    );
    let _ = pending.begin(now, 2);
    let (_, displaced) = pending.begin(now, 3);
    assert_eq!(displaced.map(|(number, _)| number), Some(1));
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let limits = HandshakeLimits::default();
    assert_eq!(limits.max_pending(), 1024);
    assert_eq!(limits.time_limit(), Duration::from_secs(10));
}
