//! Configurations with which a connection is the same, byte for byte, on every run and on every machine.
//!
//! For fuzzing: an input that was found yesterday must take the same path today, through records that are
//! encrypted. So nothing is left to chance or to the clock:
//!
//! * what rustls draws at random is a constant to each side, and so is its share of the key exchange;
//! * keys of certificates are fixed, and Ed25519 signs the same text with the same bytes;
//! * it is always the same time;
//! * nothing is remembered from one connection to the next, unless both are made with the same answer of
//!   [`reproducible`].
//!
//! Two endpoints of the same role write the same bytes, so a peer can be shared.
//!
//! rustls may have other sources of chance. Of one it is known: it keeps sessions in hash maps, whose order is
//! another in every process. By its source (0.23.46) it looks sessions up by key and forgets the oldest first.
//!
//! None of this keeps a secret.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use connect_tls::ALPN_PROTOCOL;
use connect_tls::rustls::client::{ClientSessionMemoryCache, Resumption};
use connect_tls::rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, SecureRandom, SharedSecret,
    SupportedKxGroup, ring,
};
use connect_tls::rustls::pki_types::pem::PemObject;
use connect_tls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use connect_tls::rustls::server::{ServerSessionMemoryCache, WebPkiClientVerifier};
use connect_tls::rustls::time_provider::TimeProvider;
use connect_tls::rustls::{
    CipherSuite, ClientConfig, Error, NamedGroup, PeerMisbehaved, RootCertStore, ServerConfig,
    SupportedProtocolVersion, version,
};

use crate::certificates::{Authority, PemPair};
use crate::random::SplitMix64;

/// Longer than two records, shorter than what rustls takes for one message.
const LONG_CERTIFICATE: usize = 40_000;

/// The certificates are good for long before and after.
const NOW: Duration = Duration::from_secs(1_700_000_000);

type Configs = (Arc<ClientConfig>, Arc<ServerConfig>);

/// What a handshake consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// TLS 1.3, with a certificate of the server.
    Plain,
    /// With one of the client as well.
    Mutual,
    /// With certificates that span records.
    Long,
    /// As `Plain` by TLS 1.2, if there is the feature `tls12`.
    Tls12,
    /// As `Mutual` by TLS 1.2, if there is the feature `tls12`.
    MutualTls12,
}

impl Handshake {
    /// Each of them.
    pub const ALL: [Self; 5] = [
        Self::Plain,
        Self::Mutual,
        Self::Long,
        Self::Tls12,
        Self::MutualTls12,
    ];

    /// Whether it is one of TLS 1.3, whose keys can be changed.
    #[must_use]
    pub const fn is_tls13(self) -> bool {
        !cfg!(feature = "tls12") || !matches!(self, Self::Tls12 | Self::MutualTls12)
    }

    const fn version(self) -> &'static SupportedProtocolVersion {
        #[cfg(feature = "tls12")]
        if !self.is_tls13() {
            return &version::TLS12;
        }
        &version::TLS13
    }
}

/// Configurations for `localhost` that have seen no session yet.
#[must_use]
pub fn reproducible(handshake: Handshake) -> Configs {
    static CONFIGS: OnceLock<Vec<Configs>> = OnceLock::new();
    let configs = CONFIGS.get_or_init(|| Handshake::ALL.map(configs).to_vec());
    let (client, server) = &configs[handshake as usize];
    let (mut client, mut server) = ((**client).clone(), (**server).clone());
    client.resumption = Resumption::store(Arc::new(ClientSessionMemoryCache::new(4)));
    server.session_storage = ServerSessionMemoryCache::new(4);
    (Arc::new(client), Arc::new(server))
}

fn configs(handshake: Handshake) -> Configs {
    let authority = Authority::fixed("reproducible");
    let issue = |name| match handshake {
        Handshake::Long => authority.issue_long(&[name], LONG_CERTIFICATE),
        _ => authority.issue(&[name]),
    };
    let is_mutual = !matches!(handshake, Handshake::Plain | Handshake::Tls12);
    let versions = [handshake.version()];
    let mut roots = RootCertStore::empty();
    roots.add(certificate(authority.certificate())).unwrap();
    let roots = Arc::new(roots);

    let (chain, key) = chain_and_key(&issue("client"));
    let client = ClientConfig::builder_with_details(provider(&CLIENT), Arc::new(OneMoment))
        .with_protocol_versions(&versions)
        .unwrap()
        .with_root_certificates(Arc::clone(&roots));
    let mut client = match is_mutual {
        true => client.with_client_auth_cert(chain, key).unwrap(),
        false => client.with_no_client_auth(),
    };
    client.alpn_protocols = vec![ALPN_PROTOCOL.to_vec()];

    let (chain, key) = chain_and_key(&issue("localhost"));
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider(&SERVER));
    let server = ServerConfig::builder_with_details(provider(&SERVER), Arc::new(OneMoment))
        .with_protocol_versions(&versions)
        .unwrap();
    let server = match is_mutual {
        true => server.with_client_cert_verifier(verifier.build().unwrap()),
        false => server.with_no_client_auth(),
    };
    let mut server = server.with_single_cert(chain, key).unwrap();
    server.alpn_protocols = vec![ALPN_PROTOCOL.to_vec()];
    (Arc::new(client), Arc::new(server))
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

fn chain_and_key(pair: &PemPair) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
    (vec![certificate(&pair.certificate)], key)
}

/// One cipher suite for each version: in TLS 1.3 that of [`chacha_provider`](super::chacha_provider).
fn provider(side: &'static Side) -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    provider.cipher_suites.retain(|suite| {
        matches!(
            suite.suite(),
            CipherSuite::TLS13_CHACHA20_POLY1305_SHA256
                | CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        )
    });
    provider.kx_groups = vec![side];
    provider.secure_random = side;
    Arc::new(provider)
}

/// What one side draws at random, and its share of a key exchange.
#[derive(Debug)]
struct Side {
    seed: u64,
}

static CLIENT: Side = Side { seed: 1 };
static SERVER: Side = Side { seed: 2 };

const SHARE_LEN: usize = 32;

impl SecureRandom for Side {
    /// The same each time, whatever was drawn before.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        let mut random = SplitMix64::new(self.seed);
        bytes.fill_with(|| random.next() as u8);
        Ok(())
    }
}

impl SupportedKxGroup for Side {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let mut share = [0; SHARE_LEN];
        self.fill(&mut share)?;
        Ok(Box::new(Exchange { share }))
    }

    fn ffdhe_group(&self) -> Option<connect_tls::rustls::ffdhe_groups::FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

/// A key exchange that everybody can follow: each bit of one share turned by that of the other.
struct Exchange {
    share: [u8; SHARE_LEN],
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, Error> {
        if share.len() != SHARE_LEN {
            return Err(PeerMisbehaved::InvalidKeyShare.into());
        }
        let both = self.share.iter().zip(share);
        let secret: Vec<u8> = both.map(|(ours, theirs)| ours ^ theirs).collect();
        Ok(SharedSecret::from(&secret[..]))
    }

    fn ffdhe_group(&self) -> Option<connect_tls::rustls::ffdhe_groups::FfdheGroup<'static>> {
        None
    }

    fn pub_key(&self) -> &[u8] {
        &self.share
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

#[derive(Debug)]
struct OneMoment;

impl TimeProvider for OneMoment {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(NOW))
    }
}
