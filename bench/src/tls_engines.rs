//! rustls' two connection APIs in memory, each between the same encoder and decoder: the unbuffered one,
//! which connect-tls is built on, and the buffered one, which stream wrappers are built on.
//!
//! ```text
//! cargo run --release --manifest-path bench/Cargo.toml --bin tls-engines -- [ROUNDS [PROVIDER]]
//! PROVIDER: aws-lc-rs or ring
//! ```
//!
//! One thread, 64 KiB of messages a flush, one full flush handed over at a time. The contenders take turns;
//! medians.

use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use connect_bench::Failure;
use connect_bench::security::{SERVER_NAME, client_config, server_config, use_ring};
use connect_bench::statistics::median;
use connect_tls::TlsConnection;
use connect_tls::rustls::{ClientConnection, Connection, ServerConnection};
use connect_tokio::connect_proto::{Decoded, Decoder, Encoder};
use connect_tokio::{Config, ConnectDatagram};

const SIZES: &[usize] = &[
    16,
    64,
    256,
    1024,
    4 * 1024,
    16 * 1024 - 8,
    64 * 1024,
    1024 * 1024,
];
const VOLUME: usize = 64 * 1024 * 1024;
const MOST_MESSAGES: usize = 500_000;

/// Plain bytes that are encrypted together.
const FLUSH: usize = 64 * 1024;

#[derive(Clone, Copy, Default)]
struct Times {
    sending: Duration,
    receiving: Duration,
}

fn main() -> Result<(), Failure> {
    let rounds = match std::env::args().nth(1) {
        Some(rounds) => rounds.parse()?,
        None => 7,
    };
    if std::env::args().nth(2).as_deref() == Some("ring") {
        use_ring()?;
    }
    println!(
        "{:>8} | {:>10} {:>10} {:>6} | {:>10} {:>10} {:>6}",
        "MB/s", "send unb.", "buffered", "ratio", "recv unb.", "buffered", "ratio"
    );
    for &size in SIZES {
        let count = (VOLUME / size).min(MOST_MESSAGES);
        let mut unbuffered = Vec::new();
        let mut buffered = Vec::new();
        for _ in 0..rounds {
            unbuffered.push(run_unbuffered(size, count)?);
            buffered.push(run_buffered(size, count)?);
        }
        let bytes = (size * count) as f64 / 1e6;
        let rate = |times: &[Times], part: fn(&Times) -> Duration| {
            let times = times.iter().map(|times| part(times).as_secs_f64());
            bytes / median(times.collect()).unwrap_or_default()
        };
        let sending = [&unbuffered, &buffered].map(|times| rate(times, |times| times.sending));
        let receiving = [&unbuffered, &buffered].map(|times| rate(times, |times| times.receiving));
        println!(
            "{size:>8} | {:>10.0} {:>10.0} {:>6.2} | {:>10.0} {:>10.0} {:>6.2}",
            sending[0],
            sending[1],
            sending[0] / sending[1],
            receiving[0],
            receiving[1],
            receiving[0] / receiving[1],
        );
    }
    Ok(())
}

fn run_unbuffered(size: usize, count: usize) -> Result<Times, Failure> {
    let name = SERVER_NAME.try_into()?;
    let mut client = TlsConnection::client(client_config(), name, &Config::new())?;
    let mut server = TlsConnection::server(&server_config(), &Config::new())?;
    let mut wire = Vec::new();
    while client.is_handshaking() || server.is_handshaking() {
        take(&mut client, &mut wire)?;
        give(&mut server, &wire);
        take(&mut server, &mut wire)?;
        give(&mut client, &wire);
    }

    let data = Bytes::from(vec![7; size]);
    let mut times = Times::default();
    let mut sent = 0;
    let mut received = 0;
    while sent < count {
        let begin = Instant::now();
        while sent < count && client.queued() < FLUSH {
            client.push(ConnectDatagram::new(1, data.clone())?)?;
            sent += 1;
        }
        take(&mut client, &mut wire)?;
        let between = Instant::now();
        give(&mut server, &wire);
        while let Decoded::Datagram(datagram) = server.next_datagram_ref()? {
            received += datagram.data().len();
        }
        times.sending += between - begin;
        times.receiving += between.elapsed();
    }
    expect(received, size * count)?;
    Ok(times)
}

fn take(tls: &mut TlsConnection, wire: &mut Vec<u8>) -> Result<(), Failure> {
    wire.clear();
    loop {
        let outbox = tls.outbox()?;
        if !outbox.has_remaining() {
            return Ok(());
        }
        while outbox.has_remaining() {
            let chunk = outbox.chunk();
            wire.extend_from_slice(chunk);
            let length = chunk.len();
            outbox.advance(length);
        }
    }
}

fn give(tls: &mut TlsConnection, mut wire: &[u8]) {
    while !wire.is_empty() {
        let spare = tls.spare();
        let length = spare.len().min(wire.len());
        spare[..length].copy_from_slice(&wire[..length]);
        tls.commit(length);
        wire = &wire[length..];
    }
}

fn run_buffered(size: usize, count: usize) -> Result<Times, Failure> {
    let server = ServerConnection::new(server_config())?;
    let client = ClientConnection::new(client_config(), SERVER_NAME.try_into()?)?;
    let mut server = Connection::from(server);
    let mut client = Connection::from(client);
    server.set_buffer_limit(None);
    client.set_buffer_limit(None);
    let mut encoder = Encoder::new(&Config::new());
    let mut decoder = Decoder::new(&Config::new());
    let mut wire = Vec::new();
    while client.is_handshaking() || server.is_handshaking() {
        take_buffered(&mut client, &mut wire)?;
        give_buffered(&mut server, &wire, &mut decoder)?;
        take_buffered(&mut server, &mut wire)?;
        give_buffered(&mut client, &wire, &mut decoder)?;
    }

    let data = Bytes::from(vec![7; size]);
    let mut times = Times::default();
    let mut sent = 0;
    let mut received = 0;
    while sent < count {
        let begin = Instant::now();
        while sent < count && encoder.queued() < FLUSH {
            encoder.push(ConnectDatagram::new(1, data.clone())?)?;
            sent += 1;
        }
        let outbox = encoder.outbox();
        while outbox.has_remaining() {
            let written = client.writer().write(outbox.chunk())?;
            outbox.advance(written);
        }
        take_buffered(&mut client, &mut wire)?;
        let between = Instant::now();
        give_buffered(&mut server, &wire, &mut decoder)?;
        while let Decoded::Datagram(datagram) = decoder.next_datagram_ref()? {
            received += datagram.data().len();
        }
        times.sending += between - begin;
        times.receiving += between.elapsed();
    }
    expect(received, size * count)?;
    Ok(times)
}

fn take_buffered(tls: &mut Connection, wire: &mut Vec<u8>) -> Result<(), Failure> {
    wire.clear();
    while tls.wants_write() {
        tls.write_tls(wire)?;
    }
    Ok(())
}

fn give_buffered(
    tls: &mut Connection,
    mut wire: &[u8],
    decoder: &mut Decoder,
) -> Result<(), Failure> {
    while !wire.is_empty() {
        tls.read_tls(&mut wire)?;
        let mut left = tls.process_new_packets()?.plaintext_bytes_to_read();
        while left > 0 {
            let mut reader = tls.reader();
            let plain = reader.fill_buf()?;
            decoder.extend_from_slice(plain);
            let length = plain.len();
            reader.consume(length);
            left -= length;
        }
    }
    Ok(())
}

fn expect(received: usize, sent: usize) -> Result<(), Failure> {
    if received != sent {
        return Err(format!("{received} bytes received of {sent}").into());
    }
    Ok(())
}
