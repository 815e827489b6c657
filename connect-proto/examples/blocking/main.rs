//! Blocking sockets and threads, nothing but `std`: an echo server with a thread for each client, and a client that
//! sends and receives at the same time.
//!
//! ```text
//! cargo run -p connect-proto --example blocking                             # both, over loopback
//! cargo run -p connect-proto --example blocking -- server 127.0.0.1:3456
//! cargo run -p connect-proto --example blocking -- client 127.0.0.1:3456
//! ```
//!
//! `halves.rs` is the loop around the core; `server.rs` and `client.rs` show how to use it without that both sides
//! wait for each other.

mod client;
mod halves;
mod server;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::thread;

type Failure = Box<dyn Error + Send + Sync>;

const MESSAGES: u32 = 100_000;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let address = listener.local_addr()?;
            thread::spawn(move || server::serve(&listener, report));
            run_client(address)
        }
        ["server", address] => {
            let listener = TcpListener::bind(address)?;
            println!("listening on {}", listener.local_addr()?);
            server::serve(&listener, report)
        }
        ["client", address] => run_client(address.parse()?),
        _ => Err("usage: blocking [server ADDR | client ADDR]".into()),
    }
}

fn run_client(address: SocketAddr) -> Result<(), Failure> {
    client::run(address, MESSAGES)?;
    println!("{MESSAGES} messages out and back in order");
    Ok(())
}

fn report(client: SocketAddr, end: Result<(), Failure>) {
    if let Err(error) = end {
        eprintln!("client {client}: {error}");
    }
}
