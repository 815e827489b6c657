//! What is wrong with a certificate, a key or a configuration of our own.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem;
use rustls::server::VerifierBuilderError;

/// What is wrong with a certificate, a key or a configuration of our own. Nothing was changed.
///
/// ```
/// use connect_tls::{Authorities, ConfigError};
///
/// let error = Authorities::from_pem(b"no certificate in here").unwrap_err();
/// assert!(matches!(error, ConfigError::NoCertificate { path: None }));
/// let error = Authorities::from_pem_file("/no/such/file.pem").unwrap_err();
/// assert!(error.to_string().starts_with("/no/such/file.pem: "));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file cannot be read, or is not PEM.
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        error: pem::Error,
    },
    /// Text is not PEM, or has nothing in it that is wanted.
    Pem(pem::Error),
    /// No certificate was found where some were expected.
    NoCertificate {
        /// Where, if it was a file.
        path: Option<PathBuf>,
    },
    /// No private key was found where one was expected. One that is encrypted cannot be read.
    NoPrivateKey {
        /// Where, if it was a file.
        path: Option<PathBuf>,
    },
    /// rustls refuses a certificate, a key (because it does not belong to the certificate, for one) or a
    /// configuration.
    Rustls(rustls::Error),
    /// The authorities for clients cannot be used.
    ClientVerifier(VerifierBuilderError),
    /// No cryptography: neither given, nor installed for the process, nor one of the features `aws-lc-rs`
    /// and `ring`.
    NoCryptoProvider,
}

impl ConfigError {
    pub(crate) fn file(path: &Path, error: pem::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            error,
        }
    }
}

impl From<rustls::Error> for ConfigError {
    fn from(error: rustls::Error) -> Self {
        Self::Rustls(error)
    }
}

impl From<pem::Error> for ConfigError {
    fn from(error: pem::Error) -> Self {
        Self::Pem(error)
    }
}

impl From<VerifierBuilderError> for ConfigError {
    fn from(error: VerifierBuilderError) -> Self {
        Self::ClientVerifier(error)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Pem(error) => write!(f, "PEM: {error}"),
            Self::NoCertificate { path: Some(path) } => {
                write!(f, "{}: no certificate in it", path.display())
            }
            Self::NoCertificate { path: None } => f.write_str("no certificate"),
            Self::NoPrivateKey { path: Some(path) } => write!(
                f,
                "{}: no private key in it that can be read (is it encrypted?)",
                path.display()
            ),
            Self::NoPrivateKey { path: None } => {
                f.write_str("no private key that can be read (is it encrypted?)")
            }
            Self::Rustls(error @ rustls::Error::InconsistentKeys(_)) => {
                write!(
                    f,
                    "the private key does not belong to the certificate: {error}"
                )
            }
            Self::Rustls(error) => fmt::Display::fmt(error, f),
            Self::ClientVerifier(error) => write!(f, "authorities for clients: {error}"),
            Self::NoCryptoProvider => f.write_str(
                "no cryptography: give a provider, install one for the process, or switch on the \
                 feature aws-lc-rs or ring of connect-tls",
            ),
        }
    }
}

/// The message says what the inner error says, so the source is what is behind that.
impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File { error, .. } | Self::Pem(error) => error.source(),
            Self::Rustls(error) => error.source(),
            Self::ClientVerifier(error) => error.source(),
            _ => None,
        }
    }
}
