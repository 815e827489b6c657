//! A cipher suite that encrypts nothing: what is left to count is ours and rustls', and the same on every processor.
//!
//! As long as the real one in all other respects: with a tag behind each record, and in the same allocations.

use std::sync::Arc;

use connect_testkit::tls::chacha_provider;
use connect_tls::rustls::crypto::CryptoProvider;
use connect_tls::rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, MessageDecrypter, MessageEncrypter,
    OutboundOpaqueMessage, OutboundPlainMessage, PrefixedPayload, Tls13AeadAlgorithm,
    UnsupportedOperationError,
};
use connect_tls::rustls::{
    ConnectionTrafficSecrets, ContentType, Error, ProtocolVersion, SupportedCipherSuite,
    Tls13CipherSuite,
};

/// Cryptography with this suite alone, under the number of another.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    let mut provider = (*chacha_provider()).clone();
    for suite in &mut provider.cipher_suites {
        let real = suite.tls13().expect("one of TLS 1.3");
        let plain = Tls13CipherSuite {
            common: connect_tls::rustls::CipherSuiteCommon {
                suite: real.common.suite,
                hash_provider: real.common.hash_provider,
                confidentiality_limit: real.common.confidentiality_limit,
            },
            aead_alg: &Plain,
            ..*real
        };
        *suite = SupportedCipherSuite::Tls13(Box::leak(Box::new(plain)));
    }
    Arc::new(provider)
}

const KEY_LEN: usize = 32;
const TAG: [u8; 16] = [0; 16];

struct Plain;

impl Tls13AeadAlgorithm for Plain {
    fn encrypter(&self, _: AeadKey, _: Iv) -> Box<dyn MessageEncrypter> {
        Box::new(Self)
    }

    fn decrypter(&self, _: AeadKey, _: Iv) -> Box<dyn MessageDecrypter> {
        Box::new(Self)
    }

    fn key_len(&self) -> usize {
        KEY_LEN
    }

    fn extract_keys(
        &self,
        _: AeadKey,
        _: Iv,
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Err(UnsupportedOperationError)
    }
}

impl MessageEncrypter for Plain {
    fn encrypt(
        &mut self,
        message: OutboundPlainMessage<'_>,
        _: u64,
    ) -> Result<OutboundOpaqueMessage, Error> {
        let len = self.encrypted_payload_len(message.payload.len());
        let mut payload = PrefixedPayload::with_capacity(len);
        payload.extend_from_chunks(&message.payload);
        payload.extend_from_slice(&message.typ.to_array());
        payload.extend_from_slice(&TAG);
        Ok(OutboundOpaqueMessage::new(
            ContentType::ApplicationData,
            ProtocolVersion::TLSv1_2,
            payload,
        ))
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        payload_len + 1 + TAG.len()
    }
}

impl MessageDecrypter for Plain {
    fn decrypt<'a>(
        &mut self,
        mut message: InboundOpaqueMessage<'a>,
        _: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let plain_len = message.payload.len().checked_sub(TAG.len());
        message
            .payload
            .truncate(plain_len.ok_or(Error::DecryptError)?);
        message.into_tls13_unpadded_message()
    }
}
