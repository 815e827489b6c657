//! What was agreed upon with the peer.

use rustls::pki_types::CertificateDer;
use rustls::{CipherSuite, CommonState, HandshakeKind, NamedGroup, ProtocolVersion};

/// What was agreed upon with the peer. Complete once the handshake is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsInfo {
    /// The version of the protocol.
    pub protocol_version: Option<ProtocolVersion>,
    /// The cipher suite.
    pub cipher_suite: Option<CipherSuite>,
    /// How the first key was agreed upon.
    pub key_exchange: Option<NamedGroup>,
    /// The application protocol (ALPN, RFC 7301), unless one side named none.
    pub alpn_protocol: Option<Vec<u8>>,
    /// The server name that the client asked for (SNI, RFC 6066). None if it asked for an address.
    pub server_name: Option<String>,
    /// The certificates that the peer has proven to be its own, that of itself first. Empty for a client
    /// that was not asked.
    pub peer_certificates: Vec<CertificateDer<'static>>,
    /// Whether an earlier session was resumed. The certificates are those of then, not checked again.
    pub is_resumed: bool,
}

impl TlsInfo {
    pub(crate) fn new(common: &CommonState, server_name: Option<&str>) -> Self {
        Self {
            protocol_version: common.protocol_version(),
            cipher_suite: common.negotiated_cipher_suite().map(|suite| suite.suite()),
            key_exchange: common
                .negotiated_key_exchange_group()
                .map(|group| group.name()),
            alpn_protocol: common.alpn_protocol().map(<[u8]>::to_vec),
            server_name: server_name.map(str::to_owned),
            peer_certificates: common.peer_certificates().unwrap_or_default().to_vec(),
            is_resumed: common.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }
}
