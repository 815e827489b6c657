//! Sends every message back to whoever sent it.
//!
//! ```text
//! cargo run --release -p connect-tokio --example tcp-echo-server -- 127.0.0.1:3456
//! ```

use std::error::Error;

use connect_tokio::{Connection, TcpListener};

/// How many replies are queued before the next look at the socket.
const BATCH: usize = 1024;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Some(address) = std::env::args().nth(1) else {
        return Err("usage: tcp-echo-server ADDR, for example 127.0.0.1:3456".into());
    };
    let mut listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr());
    loop {
        match listener.accept().await {
            Ok(connection) => {
                tokio::spawn(serve(connection));
            }
            // One connection could not be accepted; the others go on.
            Err(error) => eprintln!("accept: {error}"),
        }
    }
}

/// A client that misbehaves ends alone.
async fn serve(connection: Connection) {
    let peer = connection.peer_addr().clone();
    if let Err(error) = echo(connection).await {
        eprintln!("client {peer}: {error}");
    }
}

async fn echo(connection: Connection) -> Result<(), Box<dyn Error>> {
    let (mut reader, mut writer) = connection.split();
    let mut datagrams = Vec::new();
    while reader.next_many(&mut datagrams, BATCH).await? > 0 {
        for datagram in datagrams.drain(..) {
            writer.feed(datagram).await?;
        }
        writer.flush().await?;
    }
    writer.close().await?;
    Ok(())
}
