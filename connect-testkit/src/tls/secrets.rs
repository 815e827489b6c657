//! The secrets of a connection, and the keys that they make (RFC 8446, section 7).

use std::sync::{Arc, Mutex};

use connect_tls::rustls::crypto::cipher::{AeadKey, Iv};
use connect_tls::rustls::crypto::tls13::OkmBlock;
use connect_tls::rustls::{KeyLog, Tls13CipherSuite};

/// Remembers the secrets of a connection, to forge what its side sends, or to open what both have sent.
#[derive(Debug, Default)]
pub struct Secrets(Mutex<Vec<(String, Vec<u8>)>>);

impl KeyLog for Secrets {
    fn log(&self, label: &str, _: &[u8], secret: &[u8]) {
        let mut secrets = self.0.lock().unwrap();
        secrets.push((label.to_owned(), secret.to_vec()));
    }
}

impl Secrets {
    /// None yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The first keys for what the client sends after its handshake, if that came so far.
    pub(super) fn client_keys(&self, suite: &'static Tls13CipherSuite) -> Option<TrafficKeys> {
        self.keys("CLIENT_TRAFFIC_SECRET_0", suite)
    }

    /// The same for the server.
    pub(super) fn server_keys(&self, suite: &'static Tls13CipherSuite) -> Option<TrafficKeys> {
        self.keys("SERVER_TRAFFIC_SECRET_0", suite)
    }

    fn keys(&self, label: &str, suite: &'static Tls13CipherSuite) -> Option<TrafficKeys> {
        let secrets = self.0.lock().unwrap();
        let (_, secret) = secrets.iter().rfind(|(known, _)| known == label)?;
        let secret = secret.clone();
        Some(TrafficKeys { suite, secret })
    }
}

/// The keys of one direction until they are changed.
pub(super) struct TrafficKeys {
    pub(super) suite: &'static Tls13CipherSuite,
    secret: Vec<u8>,
}

impl TrafficKeys {
    pub(super) fn key_and_iv(&self) -> (AeadKey, Iv) {
        let mut key = [0; 32];
        assert_eq!(self.suite.aead_alg.key_len(), key.len(), "other keys");
        self.expand_label(b"key", &mut key);
        let mut iv = [0; 12];
        self.expand_label(b"iv", &mut iv);
        (AeadKey::from(key), Iv::from(iv))
    }

    /// Those after a key update (section 7.2).
    pub(super) fn next(&self) -> Self {
        let mut secret = vec![0; self.secret.len()];
        self.expand_label(b"traffic upd", &mut secret);
        Self { secret, ..*self }
    }

    /// HKDF-Expand-Label with an empty context (section 7.1).
    fn expand_label(&self, label: &[u8], output: &mut [u8]) {
        let secret = OkmBlock::new(&self.secret);
        let expander = self.suite.hkdf_provider.expander_for_okm(&secret);
        let length = (output.len() as u16).to_be_bytes();
        let label_len = [(6 + label.len()) as u8];
        let info = [&length[..], &label_len, b"tls13 ", label, &[0]];
        assert!(expander.expand_slice(&info, output).is_ok());
    }
}
