//! TLS on one thread with many connections: the echo server of the example `mio` of connect-proto, whose two files are
//! taken as they are. What is new is how the machines of a connection are made.
//!
//! ```text
//! cargo run -p connect-tls --example make-certificates -- certificates
//! cargo run --release -p connect-tls --example mio-tls -- 127.0.0.1:7000 certificates/server.pem certificates/server.key
//! cargo run --release -p connect-tokio --features tls --example tls-client -- \
//!     127.0.0.1:7000 localhost certificates/authority.pem
//! ```
//!
//! A server that cannot trust its clients also limits how long a handshake takes, and how many are under way:
//! `connect_tls::PendingHandshakes` says which one has to go.

#[path = "../../../connect-proto/examples/mio/connection.rs"]
mod connection;
#[path = "../../../connect-proto/examples/mio/server.rs"]
mod server;
#[cfg(test)]
mod tests;

use std::net::{SocketAddr, TcpListener};
use std::{error::Error, io};

use connect_proto::Config;
use connect_tls::rustls::ServerConfig;
use connect_tls::{Identity, ServerConfigBuilder, TlsConnection};

use crate::connection::Failure;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, certificate, key] = &arguments[..] else {
        return Err("usage: mio-tls ADDR CERTIFICATE KEY".into());
    };
    let identity = Identity::from_pem_files(certificate, key)?;
    let config = ServerConfigBuilder::new(identity).build()?;
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    match serve(listener, &config, |client, end| {
        if let Err(error) = end {
            eprintln!("client {client}: {error}");
        }
    })? {}
}

fn serve(
    listener: TcpListener,
    config: &ServerConfig,
    report: impl FnMut(SocketAddr, Result<(), Failure>),
) -> io::Result<std::convert::Infallible> {
    let machines = || {
        let tls = TlsConnection::server(config, &Config::new())?;
        let (inbound, outbound, _) = tls.split();
        Ok((inbound, outbound))
    };
    server::serve(listener, machines, report)
}
