//! Which cryptography is used.

use std::sync::Arc;

use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;

use crate::config_error::ConfigError;

/// The one that was asked for, else the default of the process, else that of this crate's features. None
/// is ever installed: that is for applications.
pub(crate) fn choose(
    explicit: Option<Arc<CryptoProvider>>,
) -> Result<Arc<CryptoProvider>, ConfigError> {
    explicit
        .or_else(|| CryptoProvider::get_default().cloned())
        .or_else(of_features)
        .ok_or(ConfigError::NoCryptoProvider)
}

#[cfg(feature = "aws-lc-rs")]
fn of_features() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
fn of_features() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::ring::default_provider()))
}

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
fn of_features() -> Option<Arc<CryptoProvider>> {
    None
}

/// Not rustls' own default, which other crates' features can widen.
pub(crate) const VERSIONS: &[&SupportedProtocolVersion] = &[
    &rustls::version::TLS13,
    #[cfg(feature = "tls12")]
    &rustls::version::TLS12,
];

/// The application protocol that the builders offer and accept (ALPN, RFC 7301), as WIRE.md has it, section 8. It is not
/// registered with IANA. A peer that names none is served.
pub const ALPN_PROTOCOL: &[u8] = b"connect/1";
