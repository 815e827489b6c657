//! What the receiver has got: checked message by message, counted and timed.

use std::time::{Duration, Instant};

use crate::Failure;
use crate::messages::{Messages, look_mask, read_stamp};

/// Usually, from the first message received to the beginning of what is timed.
pub const WARM_UP: Duration = Duration::from_millis(100);

pub struct Receipt {
    messages: Messages,
    warm_up: Duration,
    look_mask: u64,
    /// The place that comes next, and the count, of each task.
    tasks: Vec<(usize, u64)>,
    total: u64,
    begin: Option<Instant>,
    /// When the warm-up was over, and the count then.
    mark: Option<(Instant, u64)>,
}

/// Of a run that was complete and in order.
pub struct Received {
    /// Messages a second.
    pub rate: f64,
    /// Messages of each task.
    pub counts: Vec<u64>,
}

impl Receipt {
    /// What comes within `warm_up` of the first message is checked and not timed.
    pub fn new(messages: Messages, warm_up: Duration) -> Self {
        Self {
            messages,
            warm_up,
            look_mask: look_mask(messages.size),
            tasks: vec![(0, 0); messages.tasks],
            total: 0,
            begin: None,
            mark: None,
        }
    }

    pub fn message(&mut self, message: &[u8]) -> Result<(), Failure> {
        let size = self.messages.size;
        if message.len() != size {
            return Err(format!("a message of {} bytes instead of {size}", message.len()).into());
        }
        let Some((task, place)) = read_stamp(message) else {
            return Err("a message without a stamp".into());
        };
        let Some((next, count)) = self.tasks.get_mut(task) else {
            return Err(format!("a message of task {task}, which there is not").into());
        };
        if place != *next {
            let error = format!("task {task}: place {place} after {count} messages, not {next}");
            return Err(error.into());
        }
        // All of it, once a ring.
        if place == 0 && message != self.messages.message(task, place) {
            return Err(format!("task {task}: message {count} has changed").into());
        }
        *count += 1;
        *next += 1;
        if *next == self.messages.places {
            *next = 0;
        }
        if self.mark.is_none() && self.total & self.look_mask == 0 {
            let now = Instant::now();
            let begin = *self.begin.get_or_insert(now);
            if now - begin >= self.warm_up {
                self.mark = Some((now, self.total));
            }
        }
        self.total += 1;
        Ok(())
    }

    /// Nothing comes any more.
    pub fn finish(self) -> Result<Received, Failure> {
        let (begin, before) = self.mark.ok_or("everything came within the warm-up")?;
        let rate = (self.total - before) as f64 / begin.elapsed().as_secs_f64();
        let counts = self.tasks.into_iter().map(|(_, count)| count).collect();
        Ok(Received { rate, counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASKS: usize = 3;

    /// Three times round the ring of each task, the tasks taking turns.
    fn in_order(messages: &Messages) -> Vec<Vec<u8>> {
        let turns = (0..3 * messages.places * TASKS).map(|turn| (turn % TASKS, turn / TASKS));
        turns
            .map(|(task, number)| messages.message(task, number % messages.places).to_vec())
            .collect()
    }

    /// What the receipt says, and the count of the messages that it took.
    fn check(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> (Result<(), Failure>, u64) {
        let messages = Messages::new(TASKS, 64, false);
        let mut sequence = in_order(&messages);
        change(&mut sequence);
        let mut receipt = Receipt::new(messages, WARM_UP);
        let result = sequence
            .iter()
            .try_for_each(|message| receipt.message(message));
        (result, receipt.total)
    }

    #[test]
    fn what_comes_in_order_is_taken() {
        let (result, total) = check(|_| {});
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(total, 3 * 251 * TASKS as u64);
    }

    #[test]
    fn order_matters_within_a_task_only() {
        let (result, _) = check(|sequence| sequence.swap(100, 101));
        assert!(result.is_ok(), "{result:?}");
        let (result, total) = check(|sequence| sequence.swap(100, 100 + TASKS));
        assert!(result.is_err());
        assert_eq!(total, 100);
    }

    #[test]
    fn what_is_missing_is_noticed_by_the_next_of_its_task() {
        let (result, total) = check(|sequence| drop(sequence.remove(100)));
        assert!(result.is_err());
        assert_eq!(total, 100 + TASKS as u64 - 1);
    }

    #[test]
    fn what_comes_twice_is_refused() {
        let (result, total) = check(|sequence| sequence.insert(101, sequence[100].clone()));
        assert!(result.is_err());
        assert_eq!(total, 101);
    }

    #[test]
    fn blocks_that_change_places_are_refused() {
        let (result, total) = check(|sequence| sequence[..512].rotate_left(256));
        assert!(result.is_err());
        assert_eq!(total, 0);
    }

    #[test]
    fn another_length_another_task_and_other_data_are_refused() {
        let changes: [fn(&mut Vec<u8>); 4] = [
            |message| message.push(0),
            |message| message.truncate(7),
            |message| message[4] = TASKS as u8,
            |message| message[63] ^= 1,
        ];
        for change in changes {
            // The data are looked at where a ring begins.
            let (result, total) = check(|sequence| change(&mut sequence[251 * TASKS]));
            assert!(result.is_err());
            assert_eq!(total, 251 * TASKS as u64);
        }
    }
}
