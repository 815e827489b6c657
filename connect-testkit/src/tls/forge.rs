//! Records that rustls would never write: handshake messages in parts, after the handshake.

use std::fmt;

use connect_tls::rustls::crypto::cipher::{MessageEncrypter, OutboundChunks, OutboundPlainMessage};
use connect_tls::rustls::{ContentType, ProtocolVersion, SupportedCipherSuite, Tls13CipherSuite};

use super::configs::chacha_provider;
use super::secrets::{Secrets, TrafficKeys};

impl Secrets {
    /// Writes as the client writes after its handshake.
    #[must_use]
    pub fn forge_client(&self) -> Forger {
        Forger::new(self.client_keys(suite()).unwrap())
    }

    /// Writes as a server without session tickets writes after its handshake.
    #[must_use]
    pub fn forge_server(&self) -> Forger {
        Forger::new(self.server_keys(suite()).unwrap())
    }
}

/// Writes records of any content type with the keys of one direction of a connection, whose only cipher
/// suite is that of [`chacha_provider`].
pub struct Forger {
    keys: TrafficKeys,
    encrypter: Box<dyn MessageEncrypter>,
    sequence: u64,
}

impl Forger {
    fn new(keys: TrafficKeys) -> Self {
        let (key, iv) = keys.key_and_iv();
        Self {
            encrypter: keys.suite.aead_alg.encrypter(key, iv),
            keys,
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
        *self = Self::new(self.keys.next());
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
