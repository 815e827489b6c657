//! Connect on smol, without async-std: an echo server and a client in one program, on the streams of
//! smol itself.
//!
//! ```text
//! cargo run -p connect-async-std --no-default-features --example smol-echo
//! ```

use std::error::Error;

use connect_async_std::{Config, ConnectDatagram, Connection};
use smol::net::{TcpListener, TcpStream};

/// Clones of a socket are its two halves, without a lock between them.
fn connection(stream: TcpStream) -> std::io::Result<Connection> {
    stream.set_nodelay(true)?;
    Ok(
        Connection::from_halves(stream.clone(), stream, Config::new())
            .with_vectored_writes()
            .boxed(),
    )
}

async fn echo(stream: TcpStream) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut connection = connection(stream)?;
    while let Some(datagram) = connection.reader().next().await? {
        connection.writer().send(datagram).await?;
    }
    connection.close().await?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        println!("listening on {address}");
        let server = smol::spawn(async move {
            let (stream, peer) = listener.accept().await?;
            println!("accepted {peer}");
            echo(stream).await
        });

        let mut client = connection(TcpStream::connect(address).await?)?;
        for (recipient, text) in [(1, "Hello"), (2, "from"), (65535, "smol!")] {
            let message = ConnectDatagram::new(recipient, text)?;
            client.writer().send(message).await?;
            let Some(mut reply) = client.reader().next().await? else {
                return Err("the server closed without an answer".into());
            };
            let text = String::from_utf8(reply.take_data().unwrap_or_default())?;
            println!("recipient {}: {text}", reply.recipient());
        }
        client.close().await?;
        server.await.map_err(|error| error.to_string())?;
        Ok(())
    })
}
