//! The server: a task for each connection, which sends every message back.

use connect_bench::Failure;
use connect_bench::console::Console;
use connect_bench::held::{Held, SETTLING};
use connect_bench::opening::Opening;
use connect_bench::stack::{Link, Runtime};
use tokio::sync::mpsc;

use crate::HEAP;

pub async fn obey<R: Runtime, O: Opening>(
    mut console: Console,
    mut opening: O,
) -> Result<(), Failure> {
    let (reports, mut reported) = mpsc::unbounded_channel();
    let mut opened = 0;
    while let Some(command) = console.next().await? {
        match command.word.as_str() {
            "open" => {
                let [count] = command.numbers()?;
                let serve = |link| R::spawn(serve(link, reports.clone()));
                opening.open(count, serve).await?;
                opened += count;
                console.answer(count);
            }
            "held" => {
                R::sleep(SETTLING).await;
                console.answer(Held::now(HEAP.current_usage())?);
            }
            "end" => {
                let mut echoed = 0;
                for _ in 0..opened {
                    echoed += reported.recv().await.ok_or("nobody reports")??;
                }
                console.answer(echoed);
            }
            other => return Err(format!("{other} is no command").into()),
        }
    }
    Ok(())
}

/// Reports how many messages were sent back.
#[expect(
    clippy::manual_async_fn,
    reason = "its future would have room for the arguments twice"
)]
fn serve<L: Link>(
    mut link: L,
    reports: mpsc::UnboundedSender<Result<u64, Failure>>,
) -> impl Future<Output = ()> + Send {
    async move {
        let echoed = echo(&mut link).await;
        if let Err(error) = &echoed {
            // At once, because the client is about to fail for it.
            eprintln!("a server's connection: {error}");
        }
        // Whoever does not listen any more has found a failure.
        let _ = reports.send(echoed);
    }
}

async fn echo<L: Link>(link: &mut L) -> Result<u64, Failure> {
    let mut echoed = 0;
    while let Some(message) = link.receive().await? {
        link.send(message).await?;
        echoed += 1;
    }
    link.close().await?;
    Ok(echoed)
}
