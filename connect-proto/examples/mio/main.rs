//! One thread and many connections on `mio`, which tells when a socket is ready: an echo server.
//!
//! ```text
//! cargo run --release -p connect-proto --example mio -- 127.0.0.1:3456
//! cargo run --release -p connect-tokio --example tcp-client-blaster -- 127.0.0.1:3456 1000000
//! ```
//!
//! `connection.rs` is the loop around the core, for one connection that must not wait; `server.rs` says whose turn it is.

mod connection;
mod server;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::net::TcpListener;

use connect_proto::{Config, Decoder, Encoder, Inbound, Outbound};

fn main() -> Result<(), Box<dyn Error>> {
    let Some(address) = std::env::args().nth(1) else {
        return Err("usage: mio ADDR, for example 127.0.0.1:3456".into());
    };
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    let machines = || Ok(plain(&Config::new()));
    match server::serve(listener, machines, |client, end| {
        if let Err(error) = end {
            eprintln!("client {client}: {error}");
        }
    })? {}
}

/// The two machines of a connection without TLS.
fn plain(config: &Config) -> (Inbound, Outbound) {
    (Decoder::new(config).into(), Encoder::new(config).into())
}
