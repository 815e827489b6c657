//! What is wrong with files and configurations, said by name.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use connect_testkit::certificates::Authority;
use connect_testkit::tls::{Pair, Staged};
use connect_tls::rustls::RootCertStore;
use connect_tls::{
    Authorities, ClientConfigBuilder, ConfigError, Identity, ReplaceableIdentity,
    ServerConfigBuilder,
};

/// Files of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("connect-tls-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn an_error_names_the_file() {
    let folder = Folder::new("names");
    let pair = Authority::new("loading").issue(&["localhost"]);
    let certificate = folder.file("good.pem", &pair.certificate);
    let key = folder.file("good.key", &pair.key);
    let missing = folder.0.join("missing.pem");
    let empty = folder.file("empty.pem", "");
    let text = folder.file("text.pem", "no PEM at all\n");
    let cut = folder.file("cut.pem", &pair.certificate[..pair.certificate.len() / 2]);

    for (bad, is_certificate) in [
        (&missing, false),
        (&empty, true),
        (&text, true),
        (&key, true),
        (&cut, false),
    ] {
        for error in [
            Identity::from_pem_files(bad, &key).unwrap_err(),
            Authorities::from_pem_file(bad).unwrap_err(),
        ] {
            assert!(error.to_string().contains(&bad.display().to_string()));
            match error {
                ConfigError::NoCertificate { path } => {
                    assert!(is_certificate, "{bad:?}");
                    assert_eq!(path.as_ref(), Some(bad));
                }
                ConfigError::File { path, .. } => {
                    assert!(!is_certificate, "{bad:?}");
                    assert_eq!(path, *bad);
                }
                error => panic!("{error:?}"),
            }
        }
    }
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let encrypted = folder.file("encrypted.key", encrypted);
    for bad in [&empty, &text, &certificate, &encrypted] {
        let error = Identity::from_pem_files(&certificate, bad).unwrap_err();
        assert!(error.to_string().contains(&bad.display().to_string()));
        assert!(matches!(error, ConfigError::NoPrivateKey { path: Some(path) } if path == *bad));
    }
    for bad in [&missing, &cut] {
        let error = Identity::from_pem_files(&certificate, bad).unwrap_err();
        assert!(error.to_string().contains(&bad.display().to_string()));
        assert!(matches!(error, ConfigError::File { path, .. } if path == *bad));
    }
    assert!(Identity::from_pem_files(&certificate, &key).is_ok());
    assert!(Authorities::from_pem_file(&certificate).is_ok());
}

#[test]
fn what_is_read_from_memory_has_no_file() {
    let pair = Authority::new("loading").issue(&["localhost"]);
    let (certificate, key) = (pair.certificate.as_bytes(), pair.key.as_bytes());
    for nothing in [&b""[..], b"text", key] {
        for error in [
            Identity::from_pem(nothing, key).unwrap_err(),
            Authorities::from_pem(nothing).unwrap_err(),
        ] {
            assert!(matches!(error, ConfigError::NoCertificate { path: None }));
        }
    }
    for no_key in [&b""[..], b"text", certificate] {
        let error = Identity::from_pem(certificate, no_key).unwrap_err();
        let is_no_key = matches!(error, ConfigError::NoPrivateKey { path: None });
        assert!(is_no_key, "{error:?}");
    }
}

/// The whole chain is loaded, in order.
#[test]
fn several_authorities_and_certificates_share_a_file() {
    let authorities = [Authority::new("one"), Authority::new("two")];
    let both = authorities
        .each_ref()
        .map(|authority| authority.certificate())
        .concat();
    let client = ClientConfigBuilder::new(Authorities::from_pem(both.as_bytes()).unwrap())
        .build()
        .unwrap();
    for authority in &authorities {
        let server = authority.server_config(&["localhost"]);
        let client = Staged::client(client.clone(), "localhost");
        let server = Staged::server(&server);
        let pair = Pair::established(client, server);
        assert!(!pair.client.handle.is_handshaking() && !pair.server.handle.is_handshaking());
    }
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let authority = Authority::new("loading");
    let [one, two] = [authority.issue(&["one"]), authority.issue(&["two"])];
    let mixed = || Identity::from_pem(one.certificate.as_bytes(), two.key.as_bytes()).unwrap();
    let refusals = [
        ServerConfigBuilder::new(mixed()).build().unwrap_err(),
        ClientConfigBuilder::new(authority.authorities())
            .with_identity(mixed())
            .build()
            .unwrap_err(),
        ReplaceableIdentity::new(mixed()).unwrap_err(),
    ];
    for error in refusals {
        assert!(matches!(error, ConfigError::Rustls(_)), "{error:?}");
        assert!(!error.to_string().is_empty());
        assert!(error.source().is_none());
    }
}

#[test]
fn a_server_without_authorities_for_clients_is_refused() {
    let authority = Authority::new("loading");
    let nobody = Authorities::from(RootCertStore::empty());
    let error = ServerConfigBuilder::new(authority.issue(&["localhost"]).identity())
        .with_client_authorities(nobody)
        .build()
        .unwrap_err();
    assert!(matches!(error, ConfigError::ClientVerifier(_)), "{error:?}");
}

/// A private key in a log is a private key lost.
#[test]
fn an_identity_does_not_show_its_key() {
    let pair = Authority::new("loading").issue(&["localhost"]);
    let shown = format!("{:?}", pair.identity());
    assert_eq!(shown, "Identity { certificates: 1, .. }");
}
