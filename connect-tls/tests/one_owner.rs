//! The connection with one owner, driven by the loop that its documentation has.

use bytes::Buf;
use connect_proto::{Config, ConnectDatagram, DatagramRef, Decoded};
use connect_testkit::certificates::Authority;
use connect_testkit::datagrams;
use connect_tls::rustls::pki_types::ServerName;
use connect_tls::{TlsConnection, TlsError};

fn both() -> (TlsConnection, TlsConnection) {
    let authority = Authority::new("one owner");
    let settings = Config::new().with_max_receive_len(100_000);
    let name = ServerName::try_from("localhost").unwrap();
    let client = TlsConnection::client(authority.client_config(), name, &settings).unwrap();
    let server = authority.server_config(&["localhost"]);
    (client, TlsConnection::server(&server, &settings).unwrap())
}

/// Everything that `from` has to say. Says whether that was anything.
fn carry(from: &mut TlsConnection, to: &mut TlsConnection, most: usize) -> bool {
    let mut any = false;
    while from.outbox().unwrap().has_remaining() {
        let outbox = from.outbox().unwrap();
        let spare = to.spare();
        let len = outbox.chunk().len().min(spare.len()).min(most);
        spare[..len].copy_from_slice(&outbox.chunk()[..len]);
        outbox.advance(len);
        to.commit(len);
        any = true;
    }
    from.handle_flushed();
    to.handle_would_block();
    any
}

fn run(client: &mut TlsConnection, server: &mut TlsConnection, most: usize) {
    while carry(client, server, most) | carry(server, client, most) {}
}

fn received(connection: &mut TlsConnection) -> Vec<ConnectDatagram> {
    let mut received = Vec::new();
    let first = connection.datagrams().next();
    received.extend(first.map(|datagram| datagram.to_datagram().unwrap()));
    while let Decoded::Datagram(datagram) = connection.next_datagram_ref().unwrap() {
        received.push(datagram.to_datagram().unwrap());
        if let Decoded::Datagram(datagram) = connection.next_datagram().unwrap() {
            received.push(datagram);
        }
    }
    received
}

#[test]
fn datagrams_pass_in_both_directions() {
    for most in [1, 100, usize::MAX] {
        let (mut client, mut server) = both();
        let sent = datagrams::of_lengths(&[3, 1000, 20_000, 1]);
        client.push(sent[0].clone()).unwrap();
        server.push_ref(DatagramRef::from(&sent[1])).unwrap();
        assert!(client.is_handshaking() && server.is_handshaking());
        run(&mut client, &mut server, most);
        assert!(!client.is_handshaking() && !server.is_handshaking());
        assert_eq!((client.queued(), server.queued()), (0, 0));
        client.push_ref(DatagramRef::from(&sent[2])).unwrap();
        server.push(sent[3].clone()).unwrap();
        assert!(client.queued() > 20_000);
        run(&mut client, &mut server, most);
        assert!(received(&mut server) == [sent[0].clone(), sent[2].clone()]);
        assert!(received(&mut client) == [sent[1].clone(), sent[3].clone()]);
        assert_eq!(client.info().server_name, server.info().server_name);
        client.handle().refresh_keys().unwrap();
        client.close();
        run(&mut client, &mut server, most);
        assert_eq!(server.next_datagram().unwrap(), Decoded::End);
        server.close();
        run(&mut client, &mut server, most);
        client.finish();
        assert_eq!(client.next_datagram_ref().unwrap(), Decoded::End);
    }
}

#[test]
fn the_limit_of_the_settings_is_that_of_the_messages() {
    let (mut client, mut server) = both();
    client.push(datagrams::datagram(0, 1, 100_001)).unwrap();
    run(&mut client, &mut server, usize::MAX);
    let error = server.next_datagram().unwrap_err();
    assert_eq!(TlsError::of_read(&error), None);
    // The direction back is not concerned.
    server.push(datagrams::datagram(0, 1, 10)).unwrap();
    run(&mut client, &mut server, usize::MAX);
    assert_eq!(received(&mut client).len(), 1);
}

#[test]
fn halves_that_were_taken_apart_go_on_where_they_were() {
    let (mut client, mut server) = both();
    carry(&mut client, &mut server, 100);
    carry(&mut server, &mut client, 700);
    let (mut inbound, mut outbound, handle) = client.split();
    outbound.push(datagrams::datagram(0, 1, 10)).unwrap();
    while outbound.outbox().unwrap().has_remaining() {
        let outbox = outbound.outbox().unwrap();
        let ciphertext = outbox.copy_to_bytes(outbox.remaining());
        server.extend_from_slice(&ciphertext);
    }
    assert!(!handle.is_handshaking());
    assert_eq!(received(&mut server), [datagrams::datagram(0, 1, 10)]);
    server.finish();
    let error = server.next_datagram().unwrap_err();
    let truncated = TlsError::Truncated { handshaking: false };
    assert_eq!(TlsError::of_read(&error), Some(&truncated));
    inbound.finish();
    assert!(inbound.check().is_err());
}
