//! A certificate that is replaced while its server runs.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::config_error::ConfigError;
use crate::pem::Identity;
use crate::provider;

/// A server's certificate and key, which can be replaced while the server runs: connections that are there
/// stay, and every handshake from then on is answered with the new ones.
///
/// A client that resumes a session is not shown a certificate at all (RFC 8446, section 2.2); sessions end after a day at
/// the latest, with what [`ServerConfigBuilder`](crate::ServerConfigBuilder) makes.
///
/// ```
/// use connect_tls::{Identity, ReplaceableIdentity, ServerConfigBuilder};
/// use std::sync::Arc;
///
/// # let made = connect_testkit::certificates::Authority::new("example").issue(&["localhost"]);
/// # let (certificate, key) = (made.certificate, made.key);
/// // Mostly both are files: `Identity::from_pem_files("server.pem", "server.key")`.
/// let read = || Identity::from_pem(certificate.as_bytes(), key.as_bytes());
/// let identity = Arc::new(ReplaceableIdentity::new(read()?)?);
/// let config = ServerConfigBuilder::replaceable(Arc::clone(&identity)).build()?;
/// // ... a listener runs with `config`; later, on a signal or by the clock:
/// if let Err(error) = read().and_then(|new| identity.replace(new)) {
///     eprintln!("the old certificate stays: {error}");
/// }
/// # Ok::<(), connect_tls::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct ReplaceableIdentity {
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl ReplaceableIdentity {
    /// Begins with this certificate and key.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoCryptoProvider`], or [`ConfigError::Rustls`]: what rustls finds wrong with the certificate or the
    /// key, that they do not belong together, for one.
    pub fn new(identity: Identity) -> Result<Self, ConfigError> {
        Self::from_choice(identity, None)
    }

    /// As [`new`](Self::new), with this cryptography: the one that the server's configuration has.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Rustls`], as [`new`](Self::new).
    pub fn with_provider(
        identity: Identity,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, ConfigError> {
        Self::from_choice(identity, Some(provider))
    }

    fn from_choice(
        identity: Identity,
        provider: Option<Arc<CryptoProvider>>,
    ) -> Result<Self, ConfigError> {
        let provider = provider::choose(provider)?;
        let current = RwLock::new(certified_key(identity, &provider)?);
        Ok(Self { provider, current })
    }

    /// Replaces certificate and key for every handshake from now on.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Rustls`]: what rustls finds wrong with the new ones; then the old ones stay in force. Whether clients
    /// will trust them, and whether they have expired, is not looked at.
    pub fn replace(&self, identity: Identity) -> Result<(), ConfigError> {
        let new = certified_key(identity, &self.provider)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }
}

impl ResolvesServerCert for ReplaceableIdentity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

fn certified_key(
    identity: Identity,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, ConfigError> {
    let key = CertifiedKey::from_der(identity.chain, identity.key, provider)?;
    Ok(Arc::new(key))
}
