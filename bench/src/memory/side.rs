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
pub const FILL: u8 = 7;

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
                let [count, size] = command.numbers()?;
                send(links.iter_mut().rev().take(count), size).await?;
                console.answer(count);
            }
            "receive" => {
                let [count, size] = command.numbers()?;
                for _ in 0..count {
                    let report = reported.recv().await.ok_or("nobody reports")?;
                    expect(report?, size)?;
                }
                console.answer(count);
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

async fn send<'a, L: Link>(
    links: impl Iterator<Item = &'a mut L>,
    size: usize,
) -> Result<(), Failure> {
    let message = Bytes::from(vec![FILL; size]);
    for link in links {
        link.send(message.clone()).await?;
    }
    Ok(())
}

/// Says how long each message was. Not an `async fn`, whose future would have room for its arguments twice.
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

pub fn expect(received: usize, size: usize) -> Result<(), Failure> {
    if received != size {
        return Err(format!("a message of {received} bytes instead of {size}").into());
    }
    Ok(())
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
        assert!(expect(9, 9).is_ok());
        assert!(expect(8, 9).is_err());
    }
}
