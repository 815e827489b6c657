//! The same over TLS, with a certificate made in memory.

use connect_tokio::connect_tls::{
    Authorities, ClientConfigBuilder, Identity, ServerConfigBuilder, TlsInfo,
};
use connect_tokio::{Connection, TlsListener};

use crate::content::Content;
use crate::{LONGEST, Plan, Result, serve};

/// Fewer messages than without TLS.
const PLAN: Plan = [
    (1, 300_000, 2_000),
    (64, 300_000, 2_000),
    (1024, 100_000, 2_000),
    (16 * 1024, 20_000, 1_000),
    (256 * 1024, 1_500, 200),
    (1024 * 1024, 400, 50),
    (LONGEST, 20, 10),
];

const MIXED: u64 = 2_000;
const PLAINLY: u64 = 50_000;
const QUEUED: u64 = 500_000;

pub(crate) async fn run(content: &Content) -> Result<()> {
    // A certificate that vouches for itself; the example make-certificates of connect-tls has an authority.
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes())?;
    let authorities = Authorities::from_pem(certificate.as_bytes())?;
    let server_config = ServerConfigBuilder::new(identity).build()?;
    let client_config = ClientConfigBuilder::new(authorities).build()?;

    let mut listener = TlsListener::bind("127.0.0.1:0", server_config).await?;
    let address = listener.local_addr();
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok(connection) => {
                    tokio::spawn(serve(connection));
                }
                Err(error) => eprintln!("echo server: {error}"),
            }
        }
    });

    let connect =
        async || Ok(Connection::tls_client(address, "localhost", client_config.clone()).await?);
    let first = connect().await?;
    let info = first.tls().map(|tls| tls.info());
    first.close().await?;
    println!("\n{}\n", info.map(description).unwrap_or_default());
    crate::run(&PLAN, MIXED, content, connect).await?;
    crate::queue::run(PLAINLY, QUEUED, content, connect).await
}

/// Such as `over TLSv1_3 TLS13_AES_256_GCM_SHA384 X25519MLKEM768`.
fn description(info: TlsInfo) -> String {
    let version = info.protocol_version.and_then(|version| version.as_str());
    let suite = info.cipher_suite.and_then(|suite| suite.as_str());
    let group = info.key_exchange.and_then(|group| group.as_str());
    let words: Vec<_> = [Some("over"), version, suite, group]
        .into_iter()
        .flatten()
        .collect();
    words.join(" ")
}
