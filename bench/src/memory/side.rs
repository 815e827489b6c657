//! A child: one end of the connections, which either waits for messages and is measured, or sends them.

use bytes::Bytes;
use connect_bench::Failure;
use connect_bench::child::Side;
use connect_bench::console::Console;
use connect_bench::held::{Held, SETTLING};
use connect_bench::opening::{Accepting, Connecting, Opening};
use connect_bench::stack::{Endpoints, Link, Runtime};
use tokio::sync::mpsc;

use crate::HEAP;

#[derive(Clone, Copy, PartialEq)]
pub enum Role {
    Waits,
    Sends,
}

/// Every byte of every message.
const FILL: u8 = 7;

pub fn side<S: Endpoints<Server: Link, Client: Link>>(
    side: Side,
    role: Role,
) -> Result<(), Failure> {
    S::Runtime::block_on(async move {
        let console = Console::new();
        match side {
            Side::Server => {
                let accepting = Accepting::<S>::new(&console).await?;
                obey::<S::Runtime, _>(console, accepting, role).await
            }
            Side::Client(address) => {
                let connecting = Connecting::<S>::new(address)?;
                obey::<S::Runtime, _>(console, connecting, role).await
            }
        }
    })?
}

pub async fn obey<R: Runtime, O: Opening>(
    mut console: Console,
    mut opening: O,
    role: Role,
) -> Result<(), Failure> {
    let (reports, mut reported) = mpsc::unbounded_channel();
    // Those that send. Who waits has its connection in a task.
    let mut links = Vec::new();
    while let Some(command) = console.next().await? {
        match command.word.as_str() {
            "open" => {
                let [count] = command.numbers()?;
                let take = |link| match role {
                    Role::Waits => R::spawn(wait(link, reports.clone())),
                    Role::Sends => links.push(link),
                };
                opening.open(count, take).await?;
                console.answer(count);
            }
            "send" => {
                let [at, size] = command.numbers()?;
                let link = links.get_mut(at).ok_or("there is no such connection")?;
                link.send(Bytes::from(vec![FILL; size])).await?;
                console.answer(size);
            }
            "receive" => {
                let [] = command.numbers()?;
                let received = reported.recv().await.ok_or("nobody reports")??;
                console.answer(received);
            }
            "held" => {
                R::sleep(SETTLING).await;
                console.answer(Held::now(HEAP.current_usage())?);
            }
            other => return Err(format!("{other} is no command").into()),
        }
    }
    Ok(())
}

/// Says how long each message was.
#[expect(
    clippy::manual_async_fn,
    reason = "its future would have room for the arguments twice"
)]
fn wait<L: Link>(
    mut link: L,
    reports: mpsc::UnboundedSender<Result<usize, Failure>>,
) -> impl Future<Output = ()> + Send {
    async move {
        loop {
            let report = link.receive().await.and_then(checked_len);
            let is_last = report.is_err();
            // Whoever does not listen any more has found a failure.
            if reports.send(report).is_err() || is_last {
                return;
            }
        }
    }
}

fn checked_len(message: Option<Bytes>) -> Result<usize, Failure> {
    let message = message.ok_or("a connection has ended")?;
    match message.iter().all(|byte| *byte == FILL) {
        true => Ok(message.len()),
        false => Err("a message has changed".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_message_is_noticed() {
        assert_eq!(checked_len(Some(vec![FILL; 9].into())).unwrap(), 9);
        let changed = [vec![FILL; 8], vec![FILL + 1]].concat();
        assert!(checked_len(Some(changed.into())).is_err());
        assert!(checked_len(None).is_err());
    }
}
