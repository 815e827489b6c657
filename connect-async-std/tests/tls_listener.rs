//! The behaviours that every TLS listener shares, on async-std.

mod on_async_std;
mod on_async_std_tls;
mod scripted;
mod scripted_tls;

use async_std::task::block_on;
use connect_async_std::{Connection, TlsListener};
use connect_testkit::conformance::tls::{SERVER_NAME, client_config, server_config};
use futures_lite::future;
use futures_util::StreamExt;

connect_testkit::tls_listener_tests!(on_async_std_tls::OnAsyncStdTls);

#[test]
fn a_connection_tells_its_tls_side_and_both_addresses() {
    block_on(async {
        let mut listener = TlsListener::bind("127.0.0.1:0", server_config())
            .await
            .unwrap();
        let address = listener.local_addr();
        let client = Connection::tls_client(address, SERVER_NAME, client_config());
        // A listener is a stream, too.
        let (client, server) = future::zip(client, StreamExt::next(&mut listener)).await;
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
    });
}

#[test]
fn a_plain_connection_has_no_tls_side() {
    let (plain, _other) = Connection::in_memory(16);
    assert!(plain.tls().is_none());
    let (reader, writer) = plain.split();
    assert!(reader.tls().is_none());
    assert!(writer.tls().is_none());
}
