//! Who we are and whom we trust, from PEM files.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config_error::ConfigError;

/// Who we are: a chain of certificates, our own first, and the private key to it.
///
/// ```
/// use connect_tls::{ConfigError, Identity};
///
/// # let made = connect_testkit::certificates::Authority::new("example").issue(&["localhost"]);
/// # let (certificate, key) = (made.certificate, made.key);
/// let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes())?;
/// assert!(!format!("{identity:?}").contains("PRIVATE")); // the key is not printed
///
/// let without_key = Identity::from_pem(certificate.as_bytes(), b"");
/// assert!(matches!(without_key, Err(ConfigError::NoPrivateKey { path: None })));
/// # Ok::<(), ConfigError>(())
/// ```
pub struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Identity {
    /// From what the caller has read already.
    #[must_use]
    pub const fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Self {
        Self { chain, key }
    }

    /// From PEM files: certificates, our own first, then those between it and the authority; and the key
    /// in PKCS#8 (RFC 5958), SEC1 (RFC 5915) or PKCS#1 (RFC 8017), not encrypted.
    ///
    /// ```
    /// use connect_tls::Identity;
    ///
    /// # let made = connect_testkit::certificates::Authority::new("example").issue(&["localhost"]);
    /// # let folder = std::env::temp_dir().join(format!("connect-doc-identity-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # std::fs::write(folder.join("server.pem"), made.certificate)?;
    /// # std::fs::write(folder.join("server.key"), made.key)?;
    /// let identity = Identity::from_pem_files(folder.join("server.pem"), folder.join("server.key"))?;
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError::File`], [`ConfigError::NoCertificate`] or [`ConfigError::NoPrivateKey`]. Whether the key belongs to the
    /// certificate is found out when they are used.
    pub fn from_pem_files(
        certificates: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, ConfigError> {
        let chain = certificates_in(certificates.as_ref())?;
        let key = key.as_ref();
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
            pem::Error::NoItemsFound => ConfigError::NoPrivateKey {
                path: Some(key.to_owned()),
            },
            error => ConfigError::file(key, error),
        })?;
        Ok(Self { chain, key })
    }

    /// As [`from_pem_files`](Self::from_pem_files), from memory.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Pem`], [`ConfigError::NoCertificate`] or [`ConfigError::NoPrivateKey`].
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self {
            chain: certificates_of(certificates)?,
            key: PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
                pem::Error::NoItemsFound => ConfigError::NoPrivateKey { path: None },
                error => ConfigError::Pem(error),
            })?,
        })
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self::new(self.chain.clone(), self.key.clone_key())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("certificates", &self.chain.len())
            .finish_non_exhaustive()
    }
}

/// Whom we trust to say who somebody is: certificate authorities, mostly a private one.
///
/// ```
/// use connect_tls::Authorities;
///
/// # let made = connect_testkit::certificates::Authority::new("example");
/// # let path = std::env::temp_dir().join(format!("connect-doc-authority-{}.pem", std::process::id()));
/// # std::fs::write(&path, made.certificate())?;
/// let authorities = Authorities::from_pem_file(&path)?;
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Authorities(pub(crate) Arc<RootCertStore>);

impl Authorities {
    /// From a PEM file with one or more certificates of authorities.
    ///
    /// # Errors
    ///
    /// [`ConfigError::File`], [`ConfigError::NoCertificate`], or [`ConfigError::Rustls`]: what rustls finds wrong with a
    /// certificate.
    pub fn from_pem_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        Self::from_certificates(certificates_in(path.as_ref())?)
    }

    /// As [`from_pem_file`](Self::from_pem_file), from memory.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Pem`], [`ConfigError::NoCertificate`], or [`ConfigError::Rustls`]: what rustls finds wrong with a
    /// certificate.
    pub fn from_pem(certificates: &[u8]) -> Result<Self, ConfigError> {
        Self::from_certificates(certificates_of(certificates)?)
    }

    fn from_certificates(certificates: Vec<CertificateDer<'static>>) -> Result<Self, ConfigError> {
        let mut store = RootCertStore::empty();
        for certificate in certificates {
            store.add(certificate)?;
        }
        Ok(store.into())
    }
}

/// Authorities from elsewhere: those of the operating system, or of the web.
impl From<RootCertStore> for Authorities {
    fn from(store: RootCertStore) -> Self {
        Self(Arc::new(store))
    }
}

impl From<Arc<RootCertStore>> for Authorities {
    fn from(store: Arc<RootCertStore>) -> Self {
        Self(store)
    }
}

fn certificates_in(path: &Path) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let certificates: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(ConfigError::NoCertificate {
            path: Some(path.to_owned()),
        }),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(ConfigError::file(path, error)),
    }
}

fn certificates_of(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let certificates: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(text).collect();
    match certificates? {
        certificates if certificates.is_empty() => Err(ConfigError::NoCertificate { path: None }),
        certificates => Ok(certificates),
    }
}
