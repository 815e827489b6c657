//! What an adapter has to do over TLS, beside everything that it has to do anyway.
//!
//! An adapter's test implements [`Adapter`] a second time, with sockets that speak TLS and with scripted
//! transports behind a peer that does (see [`behind_tls`]), so that every behaviour is run again. What only
//! concerns TLS is in here.

pub mod crowds;
pub mod early;
pub mod idle;
mod listening;
mod peer;
pub mod refusals;
pub mod replacing;
pub mod sessions;
pub mod wire;

use std::sync::{Arc, OnceLock};

use connect_tls::TlsHandle;
use connect_tls::rustls::client::Resumption;
use connect_tls::rustls::{ClientConfig, ServerConfig};

use super::Adapter;
use crate::certificates::Authority;

pub use listening::{Halves, TlsListening};
pub use peer::{Behind, behind_tls};

/// Bytes around what is written at once: a record's header, content type and tag.
pub const OVERHEAD: usize = 5 + 1 + 16;

/// The name of every server here.
pub const SERVER_NAME: &str = "localhost";

/// An adapter over TLS on one runtime.
pub trait TlsAdapter: Adapter {
    /// The inherent method `tls`.
    fn reader_tls(reader: &Self::Reader) -> Option<&TlsHandle>;

    /// The inherent method `tls`.
    fn writer_tls(writer: &Self::Writer) -> Option<&TlsHandle>;
}

/// The authority of all tests of the process that need no other.
#[must_use]
pub fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority::new("conformance"))
}

/// A server of that authority.
#[must_use]
pub fn server_config() -> Arc<ServerConfig> {
    static CONFIG: OnceLock<Arc<ServerConfig>> = OnceLock::new();
    Arc::clone(CONFIG.get_or_init(|| authority().server_config(&[SERVER_NAME])))
}

/// A client that trusts it. It resumes nothing, so every handshake is whole.
#[must_use]
pub fn client_config() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    Arc::clone(CONFIG.get_or_init(|| {
        let mut config = ClientConfig::clone(&authority().client_config());
        config.resumption = Resumption::disabled();
        Arc::new(config)
    }))
}
