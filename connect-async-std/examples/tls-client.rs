//! Sends one message to an echo server over TLS and prints the reply. The server has to prove that it is
//! DOMAIN, by a certificate of the authority in CAFILE. CERT and KEY say who the client is, where the server
//! wants to know.
//!
//! ```text
//! cargo run -p connect-async-std --features tls --example async-std-tls-client -- \
//!     127.0.0.1:3456 localhost certificates/authority.pem certificates/client.pem certificates/client.key
//! ```

use std::error::Error;
use std::process::ExitCode;

use connect_async_std::connect_tls::{Authorities, ClientConfigBuilder, Identity};
use connect_async_std::{ConnectDatagram, Connection};

fn main() -> ExitCode {
    match async_std::task::block_on(run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (address, domain, authority, identity) = match &arguments[..] {
        [address, domain, authority] => (address, domain, authority, None),
        [address, domain, authority, certificate, key] => {
            (address, domain, authority, Some((certificate, key)))
        }
        _ => return Err("usage: tls-client ADDR DOMAIN CAFILE [CERT KEY]".into()),
    };

    let mut builder = ClientConfigBuilder::new(Authorities::from_pem_file(authority)?);
    if let Some((certificate, key)) = identity {
        builder = builder.with_identity(Identity::from_pem_files(certificate, key)?);
    }
    let mut connection = Connection::tls_client(address, domain, builder.build()?).await?;
    println!("connected to {}, which is {domain}", connection.peer_addr());

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
