//! Requests over many connections, a few of them in flight, and the check of every echo.

use std::time::{Duration, Instant};

use bytes::Bytes;
use connect_bench::Failure;
use connect_bench::messages::STAMP_LEN;
use connect_bench::stack::{Link, Runtime};
use tokio::sync::mpsc;

/// Keeps `in_flight` requests in flight for `time`, or one on each connection if there are fewer, and uses every
/// connection at least once. Returns the connections, and how long each request took.
pub async fn drive<R: Runtime, L: Link>(
    all: Vec<Requests<L>>,
    in_flight: usize,
    size: usize,
    time: Duration,
) -> Result<(Vec<Requests<L>>, Vec<Duration>), Failure> {
    let mut shares: Vec<_> = (0..in_flight.min(all.len())).map(|_| Vec::new()).collect();
    let (count, share_count) = (all.len(), shares.len());
    for (number, requests) in all.into_iter().enumerate() {
        shares[number % share_count].push(requests);
    }
    let until = Instant::now() + time;
    let (sender, mut done) = mpsc::unbounded_channel();
    for share in shares {
        let sender = sender.clone();
        R::spawn(async move {
            // Nobody waits for it when another one has failed.
            let _ = sender.send(go_round(share, size, until).await);
        });
    }
    drop(sender);
    let (mut all, mut times) = (Vec::with_capacity(count), Vec::new());
    while let Some(share) = done.recv().await {
        let (connections, of_share) = share?;
        all.extend(connections);
        times.extend(of_share);
    }
    if all.len() != count {
        return Err("a task of the client panicked".into());
    }
    Ok((all, times))
}

/// One connection, and the requests over it, one at a time.
pub struct Requests<L> {
    link: L,
    number: usize,
    answered: u64,
}

impl<L: Link> Requests<L> {
    pub fn over(link: L, number: usize) -> Self {
        Self {
            link,
            number,
            answered: 0,
        }
    }

    async fn request(&mut self, size: usize) -> Result<Duration, Failure> {
        let request = message(self.number, self.answered, size);
        let begin = Instant::now();
        self.link.send(request.clone()).await?;
        let echo = self.link.receive().await?;
        let time = begin.elapsed();
        if echo.as_ref() != Some(&request) {
            let error = format!(
                "connection {}: request {} came back as {echo:?}",
                self.number, self.answered
            );
            return Err(error.into());
        }
        self.answered += 1;
        Ok(time)
    }

    /// How many there were, when the peer has ended its direction, too.
    pub async fn end(mut self) -> Result<u64, Failure> {
        self.link.close().await?;
        match self.link.receive().await? {
            None => Ok(self.answered),
            Some(echo) => Err(format!("connection {}: and {echo:?}", self.number).into()),
        }
    }
}

async fn go_round<L: Link>(
    mut share: Vec<Requests<L>>,
    size: usize,
    until: Instant,
) -> Result<(Vec<Requests<L>>, Vec<Duration>), Failure> {
    let mut times = Vec::new();
    let mut at = 0;
    while times.len() < share.len() || Instant::now() < until {
        times.push(share[at].request(size).await?);
        at += 1;
        if at == share.len() {
            at = 0;
        }
    }
    Ok((share, times))
}

/// Differs from those of all other connections and from the one before.
fn message(number: usize, serial: u64, size: usize) -> Bytes {
    let mut message = vec![serial as u8; size];
    let stamp = (number as u64) << 32 | u64::from(serial as u32);
    message[..STAMP_LEN].copy_from_slice(&stamp.to_le_bytes());
    message.into()
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use connect_bench::stack::{Endpoints, TokioTcp};

    use super::*;

    type Tokio = <TokioTcp as Endpoints>::Runtime;

    /// A peer in memory, and what it does with the messages.
    struct Echo {
        change: fn(&mut VecDeque<Bytes>),
        pending: VecDeque<Bytes>,
    }

    impl Link for Echo {
        async fn send(&mut self, message: Bytes) -> Result<(), Failure> {
            self.pending.push_back(message);
            Ok(())
        }

        async fn receive(&mut self) -> Result<Option<Bytes>, Failure> {
            (self.change)(&mut self.pending);
            Ok(self.pending.pop_front())
        }

        async fn close(&mut self) -> Result<(), Failure> {
            Ok(())
        }
    }

    /// Twice; returns how many requests were timed, and how many were answered.
    fn round_with(
        connections: usize,
        change: fn(&mut VecDeque<Bytes>),
    ) -> Result<(usize, u64), Failure> {
        let link = || Echo {
            change,
            pending: VecDeque::new(),
        };
        let all = (0..connections).map(|number| Requests::over(link(), number));
        let all = all.collect();
        Tokio::block_on(async {
            let time = Duration::from_millis(1);
            let (all, mut times) = drive::<Tokio, _>(all, 4, 64, time).await?;
            let (all, more) = drive::<Tokio, _>(all, 4, 64, Duration::ZERO).await?;
            assert_eq!(all.len(), connections);
            times.extend(more);
            let mut answered = 0;
            for requests in all {
                answered += requests.end().await?;
            }
            Ok((times.len(), answered))
        })?
    }

    #[test]
    fn every_connection_is_used_and_every_request_counted() {
        for connections in [1, 3, 4, 9] {
            let (timed, answered) = round_with(connections, |_| {}).unwrap();
            assert!(timed >= 2 * connections, "{timed}");
            assert_eq!(timed as u64, answered);
        }
    }

    #[test]
    fn another_echo_is_noticed() {
        let changes: [fn(&mut VecDeque<Bytes>); 5] = [
            // Nothing.
            |pending| pending.clear(),
            // Another length.
            |pending| pending[0].truncate(63),
            // Another byte.
            |pending| pending[0] = [&pending[0][..63], &[1]].concat().into(),
            // The echo of another connection.
            |pending| pending[0] = message(7, u64::from(pending[0][0]), 64),
            // The same echo again and again.
            |pending| pending[0] = message(0, 0, 64),
        ];
        for change in changes {
            assert!(round_with(3, change).is_err());
        }
    }

    #[test]
    fn one_echo_too_many_is_noticed() {
        let change = |pending: &mut VecDeque<Bytes>| {
            if let Some(echo) = pending.front().cloned() {
                pending.push_back(echo);
            }
        };
        assert!(round_with(1, change).is_err());
    }
}
