//! What was sent, to somebody who knows the secrets and gets the bytes as the transport took them.

use connect_tls::rustls::crypto::cipher::{InboundOpaqueMessage, MessageDecrypter};
use connect_tls::rustls::{ContentType, ProtocolVersion, Tls13CipherSuite};

use super::records::{HEADER_LEN, Record, records};
use super::secrets::{Secrets, TrafficKeys};

impl Secrets {
    /// The plain bytes in the whole records of `stream`, which is what the client has sent from the beginning.
    ///
    /// # Panics
    ///
    /// If a record behind the first that could be opened was made with none of the client's keys.
    #[must_use]
    pub fn open_client(&self, suite: &'static Tls13CipherSuite, stream: &[u8]) -> Vec<u8> {
        open(self.client_keys(suite), stream)
    }

    /// The same for the server.
    ///
    /// # Panics
    ///
    /// As there.
    #[must_use]
    pub fn open_server(&self, suite: &'static Tls13CipherSuite, stream: &[u8]) -> Vec<u8> {
        open(self.server_keys(suite), stream)
    }
}

/// Which keys a record was made with is found out by trying: first those of the handshake, which are not known and
/// make no plain bytes, then each until it opens a record no more.
fn open(keys: Option<TrafficKeys>, stream: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let Some(mut opener) = keys.map(Opener::new) else {
        return plain;
    };
    for record in records(stream) {
        if opener.open(&record, &mut plain) || opener.sequence == 0 {
            continue;
        }
        opener = Opener::new(opener.keys.next());
        assert!(opener.open(&record, &mut plain), "a record without a key");
    }
    plain
}

/// Opens records that were made with the same keys.
struct Opener {
    keys: TrafficKeys,
    decrypter: Box<dyn MessageDecrypter>,
    sequence: u64,
}

impl Opener {
    fn new(keys: TrafficKeys) -> Self {
        let (key, iv) = keys.key_and_iv();
        Self {
            decrypter: keys.suite.aead_alg.decrypter(key, iv),
            keys,
            sequence: 0,
        }
    }

    /// Says whether it could.
    fn open(&mut self, record: &Record<'_>, plain: &mut Vec<u8>) -> bool {
        let content_type = ContentType::from(record.content_type);
        let mut body = record.bytes[HEADER_LEN..].to_vec();
        let message = InboundOpaqueMessage::new(content_type, ProtocolVersion::TLSv1_2, &mut body);
        let Ok(message) = self.decrypter.decrypt(message, self.sequence) else {
            return false;
        };
        self.sequence += 1;
        if message.typ == ContentType::ApplicationData {
            plain.extend_from_slice(message.payload);
        }
        true
    }
}
