use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use connect_proto::Config;
use connect_testkit::certificates::Authority;
use connect_testkit::datagrams;
use connect_tls::TlsConnection;

use crate::serve;

#[path = "../blocking-tls/connection.rs"]
mod client;
use client::Blocking;

type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn good_clients_are_served_beside_one_that_is_silent_one_that_speaks_no_tls_and_one_that_is_cut() {
    let authority = Authority::new("mio");
    let config = authority.server_config(&["localhost"]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (ends, receiver) = mpsc::channel();
    thread::spawn(move || {
        serve(listener, &config, |client, end| {
            let _ = ends.send((client, end.map_err(|error| error.to_string())));
        })
    });
    let end_of = |stream: TcpStream| {
        let address = stream.local_addr().unwrap();
        drop(stream);
        let ended = |(client, end)| (client == address).then_some(end);
        std::iter::from_fn(|| receiver.recv_timeout(PATIENCE).ok()).find_map(ended)
    };
    let client = || Blocking {
        stream: connect(address),
        tls: TlsConnection::client(
            authority.client_config(),
            "localhost".try_into().unwrap(),
            &Config::new(),
        )
        .unwrap(),
    };

    // It stays in the middle of its handshake until all others are done.
    let mut silent = connect(address);
    silent.write_all(&[0x16, 3, 1]).unwrap();

    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| good(client()));
        }
    });

    let mut garbage = connect(address);
    garbage.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut alert = Vec::new();
    garbage.read_to_end(&mut alert).unwrap();
    assert_eq!(alert.first(), Some(&0x15), "told why: {alert:?}");
    let error = end_of(garbage).unwrap().unwrap_err();
    assert!(error.contains("corrupt message"), "{error}");

    let mut cut = client();
    cut.tls.push(datagrams::datagram(0, 1, 5)).unwrap();
    cut.next().unwrap();
    let error = end_of(cut.stream).unwrap().unwrap_err();
    assert!(error.contains("without close_notify"), "{error}");

    good(client());
    let error = end_of(silent).unwrap().unwrap_err();
    assert!(error.contains("during the TLS handshake"), "{error}");
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn good(mut client: Blocking) {
    for lengths in datagrams::interesting_lengths() {
        let sent = datagrams::of_lengths(&lengths);
        // This client does not read while it writes, so it must not write more than buffers hold.
        let is_much = lengths.iter().sum::<usize>() > 50_000;
        for batch in sent.chunks(if is_much { 1 } else { 1000 }) {
            for datagram in batch {
                client.tls.push(datagram.clone()).unwrap();
            }
            for datagram in batch {
                assert_eq!(client.next().unwrap().as_ref(), Some(datagram));
            }
        }
    }
    client.close().unwrap();
    assert_eq!(client.next().unwrap(), None);
}
