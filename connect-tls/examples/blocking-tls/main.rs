//! TLS without any runtime: a client and a server in one program, each a thread with a blocking socket, and
//! the same loop in both (`connection.rs`).
//!
//! ```text
//! cargo run -p connect-tls --example blocking-tls
//! ```

mod connection;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::net::{TcpListener, TcpStream};
use std::thread;

use connect_proto::{Config, ConnectDatagram};
use connect_tls::rustls::ServerConfig;
use connect_tls::{Authorities, ClientConfigBuilder, Identity, ServerConfigBuilder, TlsConnection};

use crate::connection::Blocking;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

fn serve(stream: TcpStream, config: &ServerConfig) -> Result<()> {
    let tls = TlsConnection::server(config, &Config::new())?;
    let mut connection = Blocking { stream, tls };
    while let Some(datagram) = connection.next()? {
        println!("server: got {} bytes", datagram.data().len());
        connection.tls.push(datagram)?;
    }
    println!("server: the client has closed");
    connection.close()
}

fn main() -> Result<()> {
    // A certificate that vouches for itself; see the example make-certificates for an authority.
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes())?;
    let server_config = ServerConfigBuilder::new(identity).build()?;
    let authorities = Authorities::from_pem(certificate.as_bytes())?;
    let client_config = ClientConfigBuilder::new(authorities).build()?;

    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || -> Result<()> {
        let (stream, _) = listener.accept()?;
        serve(stream, &server_config)
    });

    let settings = Config::new();
    let tls = TlsConnection::client(client_config, "localhost".try_into()?, &settings)?;
    let stream = TcpStream::connect(address)?;
    let mut connection = Blocking { stream, tls };
    for text in ["Hello", "over", "TLS!"] {
        // Pushed during the handshake as well: it waits until the server has proven who it is.
        connection.tls.push(ConnectDatagram::new(65535, text)?)?;
        let reply = connection.next()?.ok_or("closed without an answer")?;
        println!("client: {}", String::from_utf8_lossy(reply.data()));
        assert_eq!(reply.data(), text);
    }
    let info = connection.tls.info();
    println!(
        "client: {:?}, {:?}",
        info.protocol_version, info.cipher_suite
    );

    // Both sides close, so both know that nothing was cut.
    connection.close()?;
    assert_eq!(connection.next()?, None);
    server.join().map_err(|_| "the server has panicked")?
}
