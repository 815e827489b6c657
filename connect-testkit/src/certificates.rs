//! Certificates made in memory, good ones and bad ones.

use std::sync::Arc;

use connect_tls::rustls::{ClientConfig, ServerConfig};
use connect_tls::{Authorities, ClientConfigBuilder, Identity, ServerConfigBuilder};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// A private certificate authority.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    new_key: fn() -> KeyPair,
}

/// A certificate and its key in PEM.
#[derive(Clone, Debug)]
pub struct PemPair {
    /// The certificate.
    pub certificate: String,
    /// The private key in PKCS#8.
    pub key: String,
}

impl PemPair {
    /// The same for a configuration.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::from_pem(self.certificate.as_bytes(), self.key.as_bytes()).unwrap()
    }
}

impl Authority {
    /// A fresh one.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::with_keys(name, || KeyPair::generate().unwrap())
    }

    /// One that is always the same, with one and the same key for itself and for everybody.
    #[must_use]
    pub fn fixed(name: &str) -> Self {
        Self::with_keys(name, known_key)
    }

    fn with_keys(name: &str, new_key: fn() -> KeyPair) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = new_key();
        let certificate = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
            new_key,
        }
    }

    /// Its own certificate in PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// For a configuration that trusts it.
    #[must_use]
    pub fn authorities(&self) -> Authorities {
        Authorities::from_pem(self.certificate.as_bytes()).unwrap()
    }

    /// A certificate for these names or addresses, good for servers and for clients.
    #[must_use]
    pub fn issue(&self, names: &[&str]) -> PemPair {
        self.issue_with(names, |_| {})
    }

    /// A certificate that was good until 2001.
    #[must_use]
    pub fn issue_expired(&self, names: &[&str]) -> PemPair {
        self.issue_with(names, |params| {
            params.not_before = date_time_ymd(2000, 1, 1);
            params.not_after = date_time_ymd(2001, 1, 1);
        })
    }

    /// A certificate of `bytes` bytes at the least, which does not fit into one record.
    #[must_use]
    pub fn issue_long(&self, names: &[&str], bytes: usize) -> PemPair {
        self.issue_with(names, |params| {
            let name = "n".repeat(bytes);
            params
                .distinguished_name
                .push(DnType::OrganizationName, name);
        })
    }

    fn issue_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> PemPair {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        change(&mut params);
        let key = (self.new_key)();
        PemPair {
            certificate: params.signed_by(&key, &self.issuer).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }

    /// A server with a fresh certificate for these names.
    #[must_use]
    pub fn server_config(&self, names: &[&str]) -> Arc<ServerConfig> {
        let identity = self.issue(names).identity();
        ServerConfigBuilder::new(identity).build().unwrap()
    }

    /// A client that trusts this authority.
    #[must_use]
    pub fn client_config(&self) -> Arc<ClientConfig> {
        ClientConfigBuilder::new(self.authorities())
            .build()
            .unwrap()
    }
}

/// An Ed25519 key that everybody knows, in PKCS#8 (RFC 8410, section 7).
fn known_key() -> KeyPair {
    const HEADER: [u8; 16] = [
        0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    let key = [HEADER, [1; 16], [2; 16]].concat();
    KeyPair::try_from(key).unwrap()
}
