//! Sends one message to an echo server and prints the reply.
//!
//! ```text
//! cargo run -p connect-tokio --example tcp-client -- 127.0.0.1:3456
//! ```

use std::error::Error;

use connect_tokio::{ConnectDatagram, Connection};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Some(address) = std::env::args().nth(1) else {
        return Err("usage: tcp-client ADDR, for example 127.0.0.1:3456".into());
    };
    let mut connection = Connection::tcp_client(address).await?;
    println!("connected to {}", connection.peer_addr());

    let message = ConnectDatagram::new(65535, "Hello world!")?;
    connection.writer().send(message).await?;

    let Some(mut reply) = connection.reader().next().await? else {
        return Err("the server closed without an answer".into());
    };
    let text = String::from_utf8(reply.take_data().unwrap_or_default())?;
    println!("recipient {}: {text}", reply.recipient());

    connection.close().await?;
    Ok(())
}
