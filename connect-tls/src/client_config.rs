//! Configurations of clients.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;

use crate::config_error::ConfigError;
use crate::pem::{Authorities, Identity};
use crate::provider::{self, ALPN_PROTOCOL, VERSIONS};

/// Makes the configuration of a client for the common cases: a private authority, with or without a
/// certificate of its own (mutual TLS).
///
/// TLS 1.3 only (with the feature `tls12` 1.2 as well), the application protocol `connect/1`, no early
/// data. Sessions are resumed: those of 256 servers are remembered, as rustls has it by default. For anything else make a
/// [`ClientConfig`] with rustls itself.
///
/// ```
/// use connect_tls::{ALPN_PROTOCOL, Authorities, ClientConfigBuilder, Identity};
///
/// # let authority = connect_testkit::certificates::Authority::new("example");
/// # let connect_testkit::certificates::PemPair { certificate, key } = authority.issue(&["client"]);
/// # let authority = authority.certificate();
/// // Mostly these are files: `Authorities::from_pem_file`, `Identity::from_pem_files`.
/// let authorities = Authorities::from_pem(authority.as_bytes())?;
/// let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes())?;
/// let config = ClientConfigBuilder::new(authorities)
///     .with_identity(identity) // for servers that ask for it
///     .build()?;
/// assert_eq!(config.alpn_protocols, [ALPN_PROTOCOL]);
/// # Ok::<(), connect_tls::ConfigError>(())
/// ```
#[derive(Debug)]
#[must_use = "a configuration is made by `build`"]
pub struct ClientConfigBuilder {
    authorities: Authorities,
    identity: Option<Identity>,
    provider: Option<Arc<CryptoProvider>>,
}

impl ClientConfigBuilder {
    /// A client that trusts servers which `authorities` vouch for.
    pub const fn new(authorities: Authorities) -> Self {
        Self {
            authorities,
            identity: None,
            provider: None,
        }
    }

    /// Shows a certificate to servers that ask for one.
    pub fn with_identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
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
    /// [`ConfigError::NoCryptoProvider`], or [`ConfigError::Rustls`]: what rustls finds wrong with the certificate, its key
    /// or the provider.
    pub fn build(self) -> Result<Arc<ClientConfig>, ConfigError> {
        let provider = provider::choose(self.provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(VERSIONS)?
            .with_root_certificates(self.authorities.0);
        let mut config = match self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => builder.with_client_auth_cert(identity.chain, identity.key)?,
        };
        config.alpn_protocols = vec![ALPN_PROTOCOL.to_vec()];
        Ok(Arc::new(config))
    }
}
