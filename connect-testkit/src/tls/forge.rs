//! Records that rustls would never write: handshake messages in parts, after the handshake.

use std::fmt;
use std::sync::{Arc, Mutex};

use connect_tls::rustls::crypto::cipher::{
    AeadKey, Iv, MessageEncrypter, OutboundChunks, OutboundPlainMessage,
};
use connect_tls::rustls::crypto::tls13::OkmBlock;
use connect_tls::rustls::{
    ContentType, KeyLog, ProtocolVersion, SupportedCipherSuite, Tls13CipherSuite,
};

use super::configs::chacha_provider;

/// Remembers the secrets of a connection, to forge what its side sends.
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

    /// Writes as the client writes after its handshake.
    #[must_use]
    pub fn forge_client(&self) -> Forger {
        self.forge("CLIENT_TRAFFIC_SECRET_0")
    }

    /// Writes as a server without session tickets writes after its handshake.
    #[must_use]
    pub fn forge_server(&self) -> Forger {
        self.forge("SERVER_TRAFFIC_SECRET_0")
    }

    fn forge(&self, label: &str) -> Forger {
        let secrets = self.0.lock().unwrap();
        let (_, secret) = secrets.iter().rfind(|(known, _)| known == label).unwrap();
        Forger::new(secret.clone())
    }
}

/// Writes records of any content type with the keys of one direction of a connection, whose only cipher
/// suite is that of [`chacha_provider`].
pub struct Forger {
    secret: Vec<u8>,
    encrypter: Box<dyn MessageEncrypter>,
    sequence: u64,
}

impl Forger {
    fn new(secret: Vec<u8>) -> Self {
        let mut key = [0; 32];
        expand_label(&secret, b"key", &mut key);
        let mut iv = [0; 12];
        expand_label(&secret, b"iv", &mut iv);
        let encrypter = suite().aead_alg.encrypter(AeadKey::from(key), Iv::from(iv));
        Self {
            secret,
            encrypter,
            sequence: 0,
        }
    }

    /// One record.
    pub fn record(&mut self, content_type: ContentType, content: &[u8]) -> Vec<u8> {
        let message = OutboundPlainMessage {
            typ: content_type,
            version: ProtocolVersion::TLSv1_3,
            payload: OutboundChunks::Single(content),
        };
        let record = self.encrypter.encrypt(message, self.sequence).unwrap();
        self.sequence += 1;
        record.encode()
    }

    /// A record of application data.
    pub fn data(&mut self, plain: &[u8]) -> Vec<u8> {
        self.record(ContentType::ApplicationData, plain)
    }

    /// A handshake message in records of `part_len` bytes.
    pub fn in_parts(&mut self, message: &[u8], part_len: usize) -> Vec<Vec<u8>> {
        message
            .chunks(part_len)
            .map(|part| self.record(ContentType::Handshake, part))
            .collect()
    }

    /// After a key update of ours (RFC 8446, section 7.2).
    pub fn change_keys(&mut self) {
        let mut secret = vec![0; self.secret.len()];
        expand_label(&self.secret, b"traffic upd", &mut secret);
        *self = Self::new(secret);
    }
}

impl fmt::Debug for Forger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forger")
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

fn suite() -> &'static Tls13CipherSuite {
    match chacha_provider().cipher_suites[..] {
        [SupportedCipherSuite::Tls13(suite)] => suite,
        _ => panic!("one suite of TLS 1.3"),
    }
}

/// HKDF-Expand-Label with an empty context (RFC 8446, section 7.1).
fn expand_label(secret: &[u8], label: &[u8], output: &mut [u8]) {
    let expander = suite()
        .hkdf_provider
        .expander_for_okm(&OkmBlock::new(secret));
    let length = (output.len() as u16).to_be_bytes();
    let label_len = [(6 + label.len()) as u8];
    let info = [&length[..], &label_len, b"tls13 ", label, &[0]];
    assert!(expander.expand_slice(&info, output).is_ok());
}

/// The message KeyUpdate (RFC 8446, section 4.6.3).
#[must_use]
pub const fn key_update(request: bool) -> [u8; 5] {
    [24, 0, 0, 1, request as u8]
}

/// A message NewSessionTicket with a ticket of `ticket_len` bytes (RFC 8446, section 4.6.1).
#[must_use]
pub fn session_ticket(ticket_len: u16) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend_from_slice(&3600u32.to_be_bytes());
    body.extend_from_slice(&0u32.to_be_bytes());
    body.extend_from_slice(&[1, 7]);
    body.extend_from_slice(&ticket_len.to_be_bytes());
    body.resize(body.len() + usize::from(ticket_len), 0x55);
    body.extend_from_slice(&[0, 0]);
    let mut message = (body.len() as u32).to_be_bytes().to_vec();
    message[0] = 4;
    message.extend_from_slice(&body);
    message
}
