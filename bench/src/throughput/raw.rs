//! A stream of tokio-rustls with the bytes of the messages, but without messages.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use connect_bench::Failure;
use connect_bench::floor::HEADER_LEN;
use connect_bench::receipt::Received;

use crate::contender::Run;
use crate::end::{Stream, close};
use crate::ground::Ground;

const BLOCK_LEN: usize = 64 * 1024;

pub fn one_way(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    let frame_len = HEADER_LEN + run.messages.size;
    ground.on_tokio(
        move |end| async move {
            let mut stream = end.stream().await?;
            let until = Instant::now() + run.time();
            let block = vec![7; BLOCK_LEN];
            let mut sent = 0;
            while Instant::now() < until {
                stream.write_all(&block).await?;
                sent += block.len();
            }
            let all = sent.next_multiple_of(frame_len);
            while sent < all {
                let len = block.len().min(all - sent);
                stream.write_all(&block[..len]).await?;
                sent += len;
            }
            close(&mut stream).await?;
            Ok((all / frame_len) as u64)
        },
        move |end| async move { receive(&mut end.stream().await?, frame_len, run.warm_up).await },
    )
}

/// As a [`Receipt`](connect_bench::receipt::Receipt) counts, in frames that nobody looks for.
async fn receive(
    stream: &mut Stream,
    frame_len: usize,
    warm_up: Duration,
) -> Result<Received, Failure> {
    let mut block = vec![0; BLOCK_LEN];
    let mut begin = None;
    let mut mark = None;
    let mut total = 0;
    loop {
        let received = stream.read(&mut block).await?;
        if received == 0 {
            break;
        }
        if mark.is_none() {
            let now = Instant::now();
            if now - *begin.get_or_insert(now) >= warm_up {
                mark = Some((now, total));
            }
        }
        total += received;
    }
    let (begin, before) = mark.ok_or("everything came within the warm-up")?;
    if total % frame_len != 0 {
        return Err(format!("{total} bytes are no whole number of messages").into());
    }
    Ok(Received {
        rate: (total - before) as f64 / frame_len as f64 / begin.elapsed().as_secs_f64(),
        counts: vec![(total / frame_len) as u64],
    })
}
