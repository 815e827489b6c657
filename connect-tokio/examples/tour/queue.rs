//! One `send` for each small message: by a writer alone, and by many tasks through the handles of a queue.

use std::time::{Duration, Instant};

use connect_tokio::{Connection, ConnectionReader, QueueSender, SendStats};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

use crate::Result;
use crate::content::Content;

const SIZE: usize = 64;

/// How many tasks share a queue.
const TASKS: [u64; 3] = [1, 4, 64];

pub(crate) async fn run(
    plainly: u64,
    queued: u64,
    content: &Content,
    connect: impl AsyncFn() -> Result<Connection>,
) -> Result<()> {
    let queues = TASKS.iter().map(|tasks| queued / tasks * tasks);
    let progress = ProgressBar::new(plainly + queues.sum::<u64>()).with_style(
        ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} replies  {msg}")?,
    );
    progress.set_message("one send for each message");
    let mut rows = vec![plain(connect().await?, plainly, content, &progress).await?];
    for tasks in TASKS {
        rows.push(shared(connect().await?, tasks, queued / tasks, content, &progress).await?);
    }
    progress.finish_and_clear();
    println!("\n{SIZE} B each, one `send` for each:\n");
    println!("                     messages  messages/s  messages/write");
    for row in rows {
        println!("{row}");
    }
    println!(
        "\nEach is sent, echoed and checked. A write is at most the high-water mark, 60 KiB here."
    );
    Ok(())
}

/// One task, one writer, one system call for each message.
async fn plain(
    connection: Connection,
    count: u64,
    content: &Content,
    progress: &ProgressBar,
) -> Result<String> {
    let (reader, mut writer) = connection.split();
    let begin = Instant::now();
    let text = content.clone();
    let sending: JoinHandle<Result<_>> = tokio::spawn(async move {
        for index in 0..count {
            writer.send(text.message_to(0, index, SIZE)?).await?;
        }
        Ok(writer)
    });
    let reader = check(reader, 1, count, content, progress).await?;
    let elapsed = begin.elapsed();
    let writer = sending.await??;
    let row = row("plain send", elapsed, &writer.stats());
    Connection::join(reader, writer).close().await?;
    Ok(row)
}

/// Many tasks, one queue.
async fn shared(
    connection: Connection,
    tasks: u64,
    count: u64,
    content: &Content,
    progress: &ProgressBar,
) -> Result<String> {
    let (reader, writer) = connection.split();
    let (sender, driver) = writer.spawn_queue();
    let begin = Instant::now();
    let sending: Vec<_> = (0..tasks)
        .map(|task| tokio::spawn(send_all(sender.clone(), task, count, content.clone())))
        .collect();
    check(reader, tasks, count, content, progress).await?;
    let elapsed = begin.elapsed();
    for task in sending {
        task.await??;
    }
    sender.close().await?;
    driver.await??;
    let name = format!("queue, {tasks} task{}", if tasks == 1 { "" } else { "s" });
    Ok(row(&name, elapsed, &sender.stats()))
}

async fn send_all(sender: QueueSender, task: u64, count: u64, content: Content) -> Result<()> {
    for number in 0..count {
        let index = number + task;
        sender
            .send(content.message_to(task as u16, index, SIZE)?)
            .await?;
    }
    Ok(())
}

/// Takes every reply, and checks that those of each task are whole and in its order.
async fn check(
    mut reader: ConnectionReader,
    tasks: u64,
    count: u64,
    content: &Content,
    progress: &ProgressBar,
) -> Result<ConnectionReader> {
    let mut numbers = vec![0; tasks as usize];
    let mut replies = Vec::new();
    let mut left = tasks * count;
    while left > 0 {
        left -= reader.next_many(&mut replies, 1024).await? as u64;
        progress.inc(replies.len() as u64);
        if replies.is_empty() {
            return Err(format!("the server closed {left} replies too early").into());
        }
        for reply in replies.drain(..) {
            let task = reply.recipient();
            let number = numbers
                .get_mut(usize::from(task))
                .ok_or("a reply to nobody")?;
            content.check_from(task, &reply, *number + u64::from(task), SIZE)?;
            *number += 1;
        }
    }
    Ok(reader)
}

fn row(name: &str, elapsed: Duration, stats: &SendStats) -> String {
    format!(
        "{name:<16} {:>12} {:>11.0} {:>15.1}",
        stats.messages,
        stats.messages as f64 / elapsed.as_secs_f64(),
        stats.messages as f64 / stats.writes as f64,
    )
}
