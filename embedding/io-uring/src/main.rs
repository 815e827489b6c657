//! io_uring, which takes buffers away and gives them back: an echo server, on Linux.
//!
//! ```text
//! cargo run --release --manifest-path embedding/io-uring/Cargo.toml -- 127.0.0.1:3456
//! cargo run --release -p connect-tokio --example tcp-client-blaster -- 127.0.0.1:3456 1000000
//! ```
//!
//! `ring.rs` has all of the `unsafe` code, and a face that is safe; `connection.rs` is the loop around the core, for one
//! connection; `server.rs` hands on what the kernel is done with.

mod connection;
mod ring;
mod server;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::net::TcpListener;

use crate::ring::Ring;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let Some(address) = std::env::args().nth(1) else {
        return Err("usage: connect-embedding-io-uring ADDR, for example 127.0.0.1:3456".into());
    };
    let ring = Ring::new().map_err(|error| format!("the kernel refuses io_uring: {error}"))?;
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    match server::serve(listener, ring, |client, end| {
        if let Err(error) = end {
            eprintln!("client {client}: {error}");
        }
    })? {}
}
