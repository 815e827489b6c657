//! Real sockets: what was agreed upon, new keys under way, ends.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::io;

use connect_tls::rustls::ProtocolVersion;
use connect_tls::{ALPN_PROTOCOL, TlsError, TlsHandle};

use super::{SERVER_NAME, TlsAdapter};
use crate::conformance::{Reader, Writer, in_time, pair};
use crate::datagrams::datagram;

pub fn both_sides_know_what_was_agreed_upon<A: TlsAdapter>() {
    in_time::<A>(async {
        let [(client, client_writer), (server, server_writer)] = pair::<A>().await;
        let [client, server] =
            [A::reader_tls(&client), A::reader_tls(&server)].map(|handle| handle.unwrap().info());
        for info in [&client, &server] {
            assert_eq!(info.protocol_version, Some(ProtocolVersion::TLSv1_3));
            assert_eq!(info.alpn_protocol.as_deref(), Some(ALPN_PROTOCOL));
            assert_eq!(info.server_name.as_deref(), Some(SERVER_NAME));
            assert!(!info.is_resumed);
        }
        assert!(client.cipher_suite.is_some());
        assert_eq!(client.cipher_suite, server.cipher_suite);
        assert!(client.key_exchange.is_some());
        assert_eq!(client.key_exchange, server.key_exchange);
        assert_eq!(client.peer_certificates.len(), 1);
        assert!(server.peer_certificates.is_empty());
        println!(
            "{:?} {:?} {:?}",
            client.protocol_version, client.cipher_suite, client.key_exchange
        );
        let of_writers = [client_writer, server_writer]
            .map(|writer| A::writer_tls(&writer).map(TlsHandle::info));
        assert_eq!(of_writers, [Some(client), Some(server)]);
    });
}

/// Both sides ask each other for new keys all the time, in the middle of what both say.
pub fn keys_change_in_the_middle_of_traffic<A: TlsAdapter>() {
    in_time::<A>(async {
        let [(reader, writer), (other_reader, other_writer)] = pair::<A>().await;
        A::both(
            A::both(talk::<A>(writer), hear::<A>(reader)),
            A::both(talk::<A>(other_writer), hear::<A>(other_reader)),
        )
        .await;
    });
}

const COUNT: usize = 2_000;

fn length(index: usize) -> usize {
    1 + index * 37 % 3_000
}

async fn talk<A: TlsAdapter>(mut writer: A::Writer) {
    for index in 0..COUNT {
        if index % 20 == 0 {
            A::writer_tls(&writer).unwrap().refresh_keys().unwrap();
        }
        let datagram = datagram(index, 7, length(index));
        if index % 3 == 0 {
            writer.send(datagram).await.unwrap();
        } else {
            writer.feed(datagram).await.unwrap();
        }
    }
    writer.close().await.unwrap();
}

async fn hear<A: TlsAdapter>(mut reader: A::Reader) {
    for index in 0..COUNT {
        let received = reader.next().await.unwrap();
        assert_eq!(received, Some(datagram(index, 7, length(index))));
    }
    assert_eq!(reader.next().await.unwrap(), None);
}

pub fn a_peer_that_vanishes_is_told_from_one_that_closes<A: TlsAdapter>() {
    in_time::<A>(async {
        let sent = datagram(0, 7, 100);
        for closes in [true, false] {
            let [(reader, mut writer), (mut other_reader, _other_writer)] = pair::<A>().await;
            writer.send(sent.clone()).await.unwrap();
            if closes {
                writer.close().await.unwrap();
            }
            drop((reader, writer));
            assert_eq!(other_reader.next().await.unwrap().as_ref(), Some(&sent));
            for _ in 0..2 {
                if closes {
                    assert_eq!(other_reader.next().await.unwrap(), None);
                    continue;
                }
                let error = other_reader.next().await.unwrap_err();
                let truncated = TlsError::Truncated { handshaking: false };
                assert_eq!(TlsError::of_read(&error), Some(&truncated));
                assert_eq!(io::Error::from(error).kind(), io::ErrorKind::UnexpectedEof);
            }
        }
    });
}
