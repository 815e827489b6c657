//! Round trips, each timed and checked.

use std::time::{Duration, Instant};

use connect_bench::Failure;
use connect_bench::messages::Messages;
use connect_bench::statistics::percentile;

/// Those of one round, one after the other.
pub struct Trips {
    messages: Messages,
    place: usize,
    /// Ends of the warm-up and of everything.
    from: Instant,
    until: Instant,
    /// When the one under way began.
    started: Instant,
    times: Vec<Duration>,
}

/// Of one round, in microseconds.
#[derive(Debug)]
pub struct Times {
    pub p50: f64,
    pub p99: f64,
}

impl Trips {
    /// From now on; timed are those that begin after the warm-up.
    pub fn new(messages: Messages, warm_up: Duration, timed: Duration) -> Self {
        let begin = Instant::now();
        let from = begin + warm_up;
        Self {
            messages,
            place: 0,
            from,
            until: from + timed,
            started: begin,
            // More than there will be.
            times: Vec::with_capacity(1_000_000),
        }
    }

    /// The message of a trip that begins now.
    pub fn next(&mut self) -> Option<&'static [u8]> {
        self.started = Instant::now();
        let more = self.started < self.until;
        more.then(|| self.messages.message(0, self.place))
    }

    /// The message is back, if it is the same.
    pub fn back(&mut self, reply: &[u8]) -> Result<(), Failure> {
        let time = self.started.elapsed();
        if self.started >= self.from {
            self.times.push(time);
        }
        if reply != self.messages.message(0, self.place) {
            let place = self.place;
            return Err(format!("the message of place {place} came back as another").into());
        }
        self.place += 1;
        if self.place == self.messages.places {
            self.place = 0;
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<Times, Failure> {
        self.times.sort_unstable();
        let at = |percent| {
            let time = percentile(&self.times, percent).ok_or("no round trip in all the time")?;
            Ok::<_, Failure>(time.as_secs_f64() * 1e6)
        };
        Ok(Times {
            p50: at(50.0)?,
            p99: at(99.0)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn trips(warm_up: Duration) -> Trips {
        Trips::new(Messages::new(1, 64, false), warm_up, MINUTE)
    }

    #[test]
    fn trips_go_round_the_ring() {
        let mut trips = trips(Duration::ZERO);
        for number in 0..600 {
            let message = trips.next().unwrap();
            assert_eq!(message[63], (number % 251) as u8);
            trips.back(message).unwrap();
        }
        let times = trips.finish().unwrap();
        assert!(times.p50 <= times.p99, "{times:?}");
    }

    #[test]
    fn they_end_when_the_time_is_up() {
        let messages = Messages::new(1, 64, false);
        let mut trips = Trips::new(messages, Duration::ZERO, Duration::ZERO);
        assert!(trips.next().is_none());
    }

    #[test]
    fn another_reply_is_an_error() {
        let changes: [fn(&mut Vec<u8>); 3] = [
            |reply| reply[63] ^= 1,
            |reply| reply.truncate(63),
            |reply| reply[0] += 1,
        ];
        for change in changes {
            let mut trips = trips(Duration::ZERO);
            let mut reply = trips.next().unwrap().to_vec();
            change(&mut reply);
            assert!(trips.back(&reply).is_err());
        }
    }

    #[test]
    fn nothing_is_timed_within_the_warm_up() {
        let mut trips = trips(MINUTE);
        let reply = trips.next().unwrap().to_vec();
        trips.back(&reply).unwrap();
        assert!(trips.finish().is_err());
    }
}
