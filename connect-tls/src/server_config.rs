//! Configurations of servers.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};

use crate::config_error::ConfigError;
use crate::pem::{Authorities, Identity};
use crate::provider::{self, ALPN_PROTOCOL, VERSIONS};
use crate::replaceable::ReplaceableIdentity;

/// Makes the configuration of a server for the common cases: one certificate, with or without asking
/// clients for theirs (mutual TLS).
///
/// TLS 1.3 only (with the feature `tls12` 1.2 as well), the application protocol `connect/1`, no early
/// data. Sessions are resumed: the last 256 are remembered, two for each connection, as rustls has it by default. For
/// anything else make a [`ServerConfig`] with rustls itself.
///
/// ```
/// use connect_tls::{ALPN_PROTOCOL, Authorities, Identity, ServerConfigBuilder};
///
/// # let authority = connect_testkit::certificates::Authority::new("example");
/// # let connect_testkit::certificates::PemPair { certificate, key } = authority.issue(&["localhost"]);
/// # let clients = authority.certificate();
/// // Mostly these are files: `Identity::from_pem_files`, `Authorities::from_pem_file`.
/// let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes())?;
/// let config = ServerConfigBuilder::new(identity)
///     .with_client_authorities(Authorities::from_pem(clients.as_bytes())?) // mutual TLS
///     .build()?;
/// assert_eq!(config.alpn_protocols, [ALPN_PROTOCOL]);
/// # Ok::<(), connect_tls::ConfigError>(())
/// ```
#[derive(Debug)]
#[must_use = "a configuration is made by `build`"]
pub struct ServerConfigBuilder {
    identity: IdentitySource,
    client_authorities: Option<Authorities>,
    resumes_sessions: bool,
    provider: Option<Arc<CryptoProvider>>,
}

#[derive(Debug)]
enum IdentitySource {
    Fixed(Identity),
    Replaceable(Arc<ReplaceableIdentity>),
}

impl ServerConfigBuilder {
    /// A server that shows this certificate.
    pub const fn new(identity: Identity) -> Self {
        Self::with_source(IdentitySource::Fixed(identity))
    }

    /// A server whose certificate can be replaced while it runs.
    pub const fn replaceable(identity: Arc<ReplaceableIdentity>) -> Self {
        Self::with_source(IdentitySource::Replaceable(identity))
    }

    const fn with_source(identity: IdentitySource) -> Self {
        Self {
            identity,
            client_authorities: None,
            resumes_sessions: true,
            provider: None,
        }
    }

    /// Lets nobody in but clients with a certificate that `authorities` vouch for. Default: everybody.
    ///
    /// A client that resumes a session is not asked again, for a day at the most, even if its certificate
    /// has expired since; see [`without_resumption`](Self::without_resumption).
    pub fn with_client_authorities(mut self, authorities: Authorities) -> Self {
        self.client_authorities = Some(authorities);
        self
    }

    /// Makes every connection a full handshake, in which certificates are shown and verified anew. Default:
    /// sessions are resumed, which saves both sides most of the work.
    pub fn without_resumption(mut self) -> Self {
        self.resumes_sessions = false;
        self
    }

    /// Uses this cryptography. Default: that of the process, else that of the features of this crate.
    pub fn with_provider(mut self, provider: Arc<CryptoProvider>) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Makes the configuration, which any number of connections share.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoCryptoProvider`]; [`ConfigError::ClientVerifier`] if the authorities for clients are none;
    /// [`ConfigError::Rustls`]: what rustls finds wrong with the certificate, the key or the provider.
    pub fn build(self) -> Result<Arc<ServerConfig>, ConfigError> {
        let provider = provider::choose(self.provider)?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(VERSIONS)?;
        let builder = match self.client_authorities {
            None => builder.with_no_client_auth(),
            Some(authorities) => builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(authorities.0, provider).build()?,
            ),
        };
        let mut config = match self.identity {
            IdentitySource::Fixed(identity) => {
                builder.with_single_cert(identity.chain, identity.key)?
            }
            IdentitySource::Replaceable(identity) => builder.with_cert_resolver(identity),
        };
        config.alpn_protocols = vec![ALPN_PROTOCOL.to_vec()];
        if !self.resumes_sessions {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Arc::new(config))
    }
}
