//! Two ends of TLS without cryptography, after their handshake.

use bytes::Buf;
use connect_proto::Config;
use connect_testkit::certificates::Authority;
use connect_tls::{Authorities, ClientConfigBuilder, ServerConfigBuilder, TlsConnection};

use crate::plain_cipher;

/// A client and a server that have nothing more to say to each other.
pub(crate) fn established() -> (TlsConnection, TlsConnection) {
    let authority = Authority::fixed("counts");
    let roots = Authorities::from_pem(authority.certificate().as_bytes()).expect("a certificate");
    let client = ClientConfigBuilder::new(roots).with_provider(plain_cipher::provider());
    let identity = authority.issue(&["localhost"]).identity();
    let server = ServerConfigBuilder::new(identity).with_provider(plain_cipher::provider());
    let client = client.build().expect("a configuration");
    let server = server.build().expect("a configuration");

    let mut client =
        TlsConnection::client_of(client, "localhost", &Config::new()).expect("a client");
    let mut server = TlsConnection::server(&server, &Config::new()).expect("a server");
    loop {
        let (up, down) = (take(&mut client), take(&mut server));
        if up.is_empty() && down.is_empty() {
            assert!(!client.is_handshaking() && !server.is_handshaking());
            client.handle_would_block();
            server.handle_would_block();
            return (client, server);
        }
        server.extend_from_slice(&up);
        client.extend_from_slice(&down);
    }
}

/// What there is to be written.
pub(crate) fn take(tls: &mut TlsConnection) -> Vec<u8> {
    let mut ciphertext = Vec::new();
    loop {
        let outbox = tls.outbox().expect("no failure");
        if !outbox.has_remaining() {
            tls.handle_flushed();
            return ciphertext;
        }
        let chunk = outbox.chunk();
        ciphertext.extend_from_slice(chunk);
        let len = chunk.len();
        outbox.advance(len);
    }
}
