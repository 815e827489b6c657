//! The behaviours that every TLS listener shares, on tokio.

mod on_tokio;
mod on_tokio_tls;

use connect_testkit::conformance::tls::{SERVER_NAME, client_config, server_config};
use connect_tokio::connect_tls::{AcceptError, HandshakeError, HandshakeLimits};
use connect_tokio::{Connection, TlsListener};
use futures_util::StreamExt;

connect_testkit::tls_listener_tests!(on_tokio_tls::OnTokioTls);

#[tokio::test]
async fn a_connection_tells_its_tls_side_and_both_addresses() {
    let mut listener = TlsListener::bind("127.0.0.1:0", server_config())
        .await
        .unwrap();
    let address = listener.local_addr();
    let client = Connection::tls_client(address, SERVER_NAME, client_config());
    // A listener is a stream, too.
    let (client, server) = tokio::join!(client, StreamExt::next(&mut listener));
    let (client, server) = (client.unwrap(), server.unwrap().unwrap());
    assert_eq!(*client.peer_addr(), address.into());
    assert_eq!(server.local_addr(), client.peer_addr());
    assert_eq!(server.peer_addr(), client.local_addr());
    let info = server.tls().unwrap().info();
    assert_eq!(info.server_name.as_deref(), Some(SERVER_NAME));
    assert_eq!(client.tls().unwrap().info().cipher_suite, info.cipher_suite);
    let (reader, writer) = server.split();
    let joined = Connection::join(reader, writer);
    assert_eq!(joined.tls().unwrap().info(), info);
}

#[tokio::test]
async fn a_plain_connection_has_no_tls_side() {
    let (plain, _other) = Connection::in_memory(16);
    assert!(plain.tls().is_none());
    let (reader, writer) = plain.split();
    assert!(reader.tls().is_none());
    assert!(writer.tls().is_none());
}

/// The limit is kept by the clock of the runtime, which tests can stop.
#[tokio::test(start_paused = true)]
async fn a_stopped_clock_stops_the_time_limit_and_a_moved_one_ends_it() {
    let mut listener = TlsListener::bind("127.0.0.1:0", server_config())
        .await
        .unwrap();
    let begin = tokio::time::Instant::now();
    let _silent = tokio::net::TcpStream::connect(listener.local_addr())
        .await
        .unwrap();
    let error = listener.accept().await.unwrap_err();
    assert!(
        matches!(
            error,
            AcceptError::Handshake {
                error: HandshakeError::TimedOut { .. },
                ..
            }
        ),
        "{error}"
    );
    let limit = HandshakeLimits::new().time_limit();
    assert!(begin.elapsed() >= limit && begin.elapsed() < 2 * limit);
}
