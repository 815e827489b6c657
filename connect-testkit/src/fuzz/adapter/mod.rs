//! An adapter over a transport that the input makes up: it delivers in pieces, waits, takes little, nothing or too
//! much, and fails, while futures are dropped after any number of polls.

mod queueing;
mod reading;
mod routing;
mod script;
mod writing;

use super::choices::Choices;
use crate::conformance::Adapter;
use script::Script;

const MOST_OPERATIONS: usize = 40;

/// What the users of a connection were told, and what its transport: the same on every adapter.
pub type Outcome = Vec<String>;

/// Settings, scripts of a transport, and behind them what its users do.
///
/// What is received is what the reference parser finds in the bytes that the transport delivered. What is written is
/// the beginning of what was accepted, and all of it after a flush. Errors are those of the transport, of the peer or of
/// the caller, and stay. Nobody waits for what never comes, and whoever waits for what does is woken: nothing is polled
/// that was not. Returns what can be compared with another adapter.
///
/// # Panics
///
/// On a finding.
pub fn adapter<A: Adapter>(input: &[u8]) -> Outcome {
    let mut choices = Choices::new(input);
    let script = Script::new(&mut choices);
    let (write, written) = script.write();
    let (reader, writer) = A::over(script.read(), write, script.config);
    let mut reading = reading::Reading::<A>::new(reader, &script);
    let mut writing = writing::Writing::<A>::new(writer, written, script.config);
    let (is_routed, is_queued) = (choices.flag(), choices.flag());
    for _ in 0..MOST_OPERATIONS {
        if choices.are_over() {
            break;
        }
        match choices.byte() {
            operation @ 0..100 => reading.apply(operation, &mut choices),
            operation @ 100..250 => writing.apply(operation, &mut choices),
            _ => {
                let (reader, writer) = A::rejoined(reading.reader, writing.writer);
                (reading.reader, writing.writer) = (reader, writer);
            }
        }
    }
    let mut outcome = if is_routed {
        routing::end(reading, &mut choices)
    } else {
        reading.end()
    };
    outcome.extend(if is_queued {
        queueing::end(writing, &mut choices)
    } else {
        writing.end()
    });
    outcome
}

/// After how many polls a future of which nothing is to be expected is dropped; by default after the most.
fn polls(choices: &mut Choices<'_>, most: usize) -> usize {
    match choices.byte() {
        0..160 => most,
        few => usize::from(few) % 8,
    }
}
