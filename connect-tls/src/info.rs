//! What was agreed upon with the peer.

use std::fmt;

use rustls::pki_types::CertificateDer;
use rustls::{CipherSuite, CommonState, HandshakeKind, NamedGroup, ProtocolVersion};

/// What was agreed upon with the peer. Complete once the handshake is.
///
/// ```
/// use connect_proto::Config;
/// use connect_tls::rustls::ProtocolVersion;
/// use connect_tls::{ALPN_PROTOCOL, TlsConnection};
///
/// # use bytes::Buf;
/// # fn carry(from: &mut TlsConnection, to: &mut TlsConnection) -> Result<(), connect_proto::WriteError> {
/// #     let outbox = from.outbox()?;
/// #     let ciphertext = outbox.copy_to_bytes(outbox.remaining());
/// #     to.extend_from_slice(&ciphertext);
/// #     Ok(())
/// # }
/// # let authority = connect_testkit::certificates::Authority::new("example");
/// # let server_config = authority.server_config(&["localhost"]);
/// # let client_config = authority.client_config();
/// let mut server = TlsConnection::server(&server_config, &Config::new())?;
/// let mut client = TlsConnection::client_of(client_config, "localhost", &Config::new())?;
/// # while client.is_handshaking() || server.is_handshaking() {
/// #     carry(&mut client, &mut server)?;
/// #     carry(&mut server, &mut client)?;
/// # }
/// // ... after the handshake:
/// let info = server.info();
/// assert_eq!(info.protocol_version, Some(ProtocolVersion::TLSv1_3));
/// assert_eq!(info.server_name.as_deref(), Some("localhost"));
/// assert_eq!(info.alpn_protocol.as_deref(), Some(ALPN_PROTOCOL));
/// assert!(info.peer_certificates.is_empty()); // clients were not asked for theirs
/// assert_eq!(client.info().peer_certificates.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
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
    /// that was not asked. What they say is for a parser of X.509 to find out.
    pub peer_certificates: Vec<CertificateDer<'static>>,
    /// Whether an earlier session was resumed (RFC 8446, section 2.2). The certificates are those of then, not checked
    /// again.
    pub is_resumed: bool,
}

/// Certificates by their lengths.
impl fmt::Debug for TlsInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alpn_protocol = self.alpn_protocol.as_deref().map(String::from_utf8_lossy);
        let lengths: Vec<usize> = self.peer_certificates.iter().map(|der| der.len()).collect();
        f.debug_struct("TlsInfo")
            .field("protocol_version", &self.protocol_version)
            .field("cipher_suite", &self.cipher_suite)
            .field("key_exchange", &self.key_exchange)
            .field("alpn_protocol", &alpn_protocol)
            .field("server_name", &self.server_name)
            .field("peer_certificates", &lengths)
            .field("is_resumed", &self.is_resumed)
            .finish()
    }
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
