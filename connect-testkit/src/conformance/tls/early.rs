//! Messages that are there before the connection is.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::net::TcpStream;

use connect_proto::Config;
use connect_tls::{HandshakeLimits, TlsConnection};

use super::listening::{Served, TlsListening};
use super::{SERVER_NAME, client_config, server_config};
use crate::conformance::{Reader, Writer, in_time};
use crate::datagrams;

pub fn what_was_queued_before_the_handshake_goes_after_it<A: TlsListening>() {
    in_time::<A>(async {
        let mut served = Served::<A>::new(server_config(), HandshakeLimits::new()).await;
        let sent = datagrams::of_lengths(&[1, 100_000, 5]);
        let mut tls =
            TlsConnection::client_of(client_config(), SERVER_NAME, &Config::new()).unwrap();
        for datagram in &sent {
            tls.push(datagram.clone()).unwrap();
        }
        let stream = TcpStream::connect(served.address).unwrap();
        let (_reader, mut writer) = A::tls_over_tcp(stream, tls).await.unwrap();
        let (mut reader, _writer) = served.accepted().await;
        A::both(async move { writer.close().await.unwrap() }, async move {
            for datagram in &sent {
                assert_eq!(reader.next().await.unwrap().as_ref(), Some(datagram));
            }
            assert_eq!(reader.next().await.unwrap(), None);
        })
        .await;
    });
}
