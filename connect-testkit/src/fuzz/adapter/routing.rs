//! A router on what is left of a connection.

use connect_proto::ReadError;
use connect_proto::router::{RouteConfig, RouteReceiver, Routes, Taken};

use super::reading::{Reading, check_error};
use super::script::ReadEnd;
use super::{Outcome, polls};
use crate::conformance::{Adapter, Reader};
use crate::fuzz::choices::Choices;
use crate::naive::Message;
use crate::task::Task;

/// Recipients below have a route of their own.
const FIRST_OF_THE_REST: u16 = 0x8000;

/// Rounds of driver and receivers in which the input says how far each of them goes.
const CHOSEN_ROUNDS: usize = 50;

/// More rounds than it then takes to come to the end.
const MOST_ROUNDS: usize = 150;

/// Few, so that there are rounds.
const POLLS: usize = 4;

/// Routes what is left until the driver ends, or rests for ever. Receivers take what is there, and wait for nothing.
pub(super) fn end<A: Adapter>(reading: Reading<A>, choices: &mut Choices<'_>) -> Outcome {
    let config = RouteConfig::new().with_capacity(choices.one_of(&[100_000, 0, 300, 2000]));
    let mut routes = Routes::new();
    let mut receivers = vec![routes.add(0..FIRST_OF_THE_REST, config).expect("the first")];
    if choices.byte() % 4 != 3 {
        receivers.push(routes.add_rest(config).expect("the first"));
    }
    let mut expected: [Vec<Message>; 2] = Default::default();
    let mut unknown = None;
    for message in reading.left() {
        let route = usize::from(message.recipient >= FIRST_OF_THE_REST);
        if route == receivers.len() {
            unknown = Some(message.recipient);
            break;
        }
        expected[route].push(message.clone());
    }

    let is_silent = unknown.is_none() && reading.end == ReadEnd::Silence;
    let end = reading.end;
    let mut driver = Task::new(reading.reader.into_router(routes));
    let mut received: [Vec<Message>; 2] = Default::default();
    let mut outcome = None;
    let mut plainly = Choices::new(&[]);
    for round in 0..MOST_ROUNDS {
        let choices = if round < CHOSEN_ROUNDS {
            &mut *choices
        } else {
            &mut plainly
        };
        outcome = driver.run_at_most(polls(choices, POLLS));
        if outcome.is_some() {
            break;
        }
        for (receiver, received) in receivers.iter_mut().zip(&mut received) {
            let most = choices.one_of(&[usize::MAX, 1, 0]);
            let _ = take(receiver, received, most);
        }
        // It may wait for receivers that have something to take, and when nothing comes any more.
        let is_held = receivers.iter().any(|one| one.stats().queued_messages > 0);
        let may_wait = is_held || (is_silent && received == expected);
        assert!(driver.is_woken() || may_wait, "waits for ever");
    }
    assert_eq!(outcome.is_none(), is_silent, "the driver: {outcome:?}");
    drop(driver);

    let check_last = |last: &Result<Taken, ReadError>| match (last, unknown) {
        (Ok(Taken::End), None) => assert_eq!(end, ReadEnd::Clean),
        (Err(ReadError::DriverDropped), None) => assert!(is_silent),
        (Err(ReadError::UnknownRecipient { recipient }), Some(unknown)) => {
            assert_eq!(*recipient, unknown);
        }
        (Err(error), None) => check_error(end, error),
        (last, unknown) => panic!("{last:?} although {unknown:?} came"),
    };
    let mut words = vec![format!("{outcome:?}")];
    if let Some(outcome) = outcome {
        check_last(&outcome.map(|()| Taken::End));
    }
    for (receiver, received) in receivers.iter_mut().zip(&mut received) {
        let last = take(receiver, received, usize::MAX);
        check_last(&last);
        words.push(format!("{last:?}"));
    }
    assert!(received == expected);
    words
}

/// Takes up to `most`. Returns what was there instead of one more.
fn take(
    receiver: &mut RouteReceiver,
    received: &mut Vec<Message>,
    most: usize,
) -> Result<Taken, ReadError> {
    for _ in 0..most {
        match receiver.try_next()? {
            Taken::Datagram(datagram) => received.push(Message {
                recipient: datagram.recipient(),
                data: datagram.data().to_vec(),
            }),
            other => return Ok(other),
        }
    }
    Ok(Taken::Nothing)
}
