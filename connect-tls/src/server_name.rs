//! Which server name a client has asked for.
//!
//! rustls' unbuffered server does not tell, but whoever chooses its certificate is told. So that choice is
//! watched.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::ServerName;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ServerConfig};

/// The name that was asked for, once it is known.
#[derive(Clone, Debug)]
pub(crate) struct AskedName(Arc<OnceLock<Box<str>>>);

impl AskedName {
    /// A client asks for names, not for addresses (RFC 6066, section 3).
    pub(crate) fn of_client(name: &ServerName<'_>, config: &ClientConfig) -> Self {
        let asked = Self(Arc::default());
        match name {
            ServerName::DnsName(name) if config.enable_sni => asked.set(name.as_ref()),
            _ => {}
        }
        asked
    }

    /// Of the client that the connection made with `config` will serve.
    pub(crate) fn of_server(config: &mut ServerConfig) -> Self {
        let asked = Self(Arc::default());
        config.cert_resolver = Arc::new(WatchedResolver {
            resolver: Arc::clone(&config.cert_resolver),
            asked: asked.clone(),
        });
        asked
    }

    pub(crate) fn get(&self) -> Option<&str> {
        self.0.get().map(|name| &**name)
    }

    /// The first name stays: a client that is asked to try again must ask for the same.
    fn set(&self, name: &str) {
        self.0.get_or_init(|| name.into());
    }
}

#[derive(Debug)]
struct WatchedResolver {
    resolver: Arc<dyn ResolvesServerCert>,
    asked: AskedName,
}

impl ResolvesServerCert for WatchedResolver {
    fn resolve(&self, client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let Some(name) = client_hello.server_name() {
            self.asked.set(name);
        }
        self.resolver.resolve(client_hello)
    }

    fn only_raw_public_keys(&self) -> bool {
        self.resolver.only_raw_public_keys()
    }
}
