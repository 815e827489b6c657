//! Sends every message back to whoever sent it, over TLS. With CLIENT_CA nobody is let in but clients with a
//! certificate of that authority. The example `make-certificates` of `connect-tls` makes the files.
//!
//! ```text
//! cargo run --release -p connect-async-std --features tls --example async-std-tls-echo-server -- \
//!     127.0.0.1:3456 certificates/server.pem certificates/server.key certificates/authority.pem
//! ```
//!
//! Overwrite the certificate and the key while it runs, and new clients are shown the new ones.

use std::error::Error;
use std::fs;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use connect_async_std::connect_tls::{
    Authorities, ConfigError, Identity, ReplaceableIdentity, ServerConfigBuilder, TlsInfo,
};
use connect_async_std::{Connection, TlsListener};

/// How many replies are queued before the next look at the socket.
const BATCH: usize = 1024;

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
    let (address, certificate, key, client_authority) = match &arguments[..] {
        [address, certificate, key] => (address, certificate, key, None),
        [address, certificate, key, authority] => (address, certificate, key, Some(authority)),
        _ => return Err("usage: tls-echo-server ADDR CERT KEY [CLIENT_CA]".into()),
    };

    let files = IdentityFiles::new(certificate, key);
    let identity = Arc::new(ReplaceableIdentity::new(files.read()?)?);
    let mut builder = ServerConfigBuilder::replaceable(Arc::clone(&identity));
    if let Some(authority) = client_authority {
        builder = builder.with_client_authorities(Authorities::from_pem_file(authority)?);
    }
    let mut listener = TlsListener::bind(address, builder.build()?).await?;
    println!("listening on {}", listener.local_addr());
    // A thread of its own, because files are read in a blocking way.
    thread::spawn(move || files.watch(&identity));

    loop {
        match listener.accept().await {
            Ok(connection) => {
                async_std::task::spawn(serve(connection));
            }
            // One client was refused or could not be accepted; the others go on.
            Err(error) => eprintln!("{error}"),
        }
    }
}

/// A client that misbehaves ends alone.
async fn serve(connection: Connection) {
    let peer = connection.peer_addr().clone();
    if let Some(tls) = connection.tls() {
        println!("{peer}: {}", description(&tls.info()));
    }
    if let Err(error) = echo(connection).await {
        eprintln!("{peer}: {error}");
    }
}

async fn echo(connection: Connection) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (mut reader, mut writer) = connection.split();
    let mut datagrams = Vec::new();
    loop {
        match reader.next_many(&mut datagrams, BATCH).await {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                // Tells the client why, if there is anything to tell.
                let _ = writer.close().await;
                return Err(error.into());
            }
        }
        for datagram in datagrams.drain(..) {
            writer.feed(datagram).await?;
        }
        writer.flush().await?;
    }
    writer.close().await?;
    Ok(())
}

/// What was agreed upon, and who the client is. A parser of X.509 would find its name in the certificate.
fn description(info: &TlsInfo) -> String {
    let who = match &info.peer_certificates[..] {
        [] => "a client that was not asked who it is".to_owned(),
        [own, ..] => format!("a client with a certificate of {} bytes", own.len()),
    };
    let version = info.protocol_version.and_then(|version| version.as_str());
    let suite = info.cipher_suite.and_then(|suite| suite.as_str());
    format!(
        "{} {}, {who}",
        version.unwrap_or("unknown version"),
        suite.unwrap_or("unknown suite")
    )
}

/// Where the server's certificate and key are, and which state of them was read last.
struct IdentityFiles {
    certificate: String,
    key: String,
    modified: Modified,
}

type Modified = [Option<SystemTime>; 2];

impl IdentityFiles {
    fn new(certificate: &str, key: &str) -> Self {
        Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            modified: modified(certificate, key),
        }
    }

    fn read(&self) -> Result<Identity, ConfigError> {
        Identity::from_pem_files(&self.certificate, &self.key)
    }

    /// Looks once a second, for ever. Between the writing of one file and of the other they do not belong
    /// together; then the old ones stay, and the next look finds both.
    fn watch(mut self, identity: &ReplaceableIdentity) {
        loop {
            thread::sleep(Duration::from_secs(1));
            let modified = modified(&self.certificate, &self.key);
            if modified == self.modified {
                continue;
            }
            self.modified = modified;
            match self.read().and_then(|new| identity.replace(new)) {
                Ok(()) => println!("certificate replaced"),
                Err(error) => eprintln!("the old certificate stays: {error}"),
            }
        }
    }
}

fn modified(certificate: &str, key: &str) -> Modified {
    [certificate, key].map(|path| fs::metadata(path).and_then(|file| file.modified()).ok())
}
