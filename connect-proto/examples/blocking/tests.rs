use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use connect_testkit::echo_server::{self, End};

use crate::{client, server};

fn start_server() -> (SocketAddr, mpsc::Receiver<End>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (ends, receiver) = mpsc::channel();
    thread::spawn(move || {
        server::serve(&listener, move |client, end| {
            let _ = ends.send((client, end.map_err(|error| error.to_string())));
        })
    });
    (address, receiver)
}

#[test]
fn the_server_shows_what_an_echo_server_must() {
    let (address, ends) = start_server();
    echo_server::check(address, &ends);
}

#[test]
fn the_client_gets_its_messages_back() {
    let (address, ends) = start_server();
    client::run(address, 50_000).unwrap();
    assert_eq!(ends.recv().unwrap().1, Ok(()));
}

/// A server that answers with bytes that `change` has changed, and then says nothing more.
fn client_of(change: fn(&mut [u8]), messages: u32) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut frame = connect_testkit::datagrams::datagram(0, 0, 9)
            .encode()
            .unwrap();
        frame[8..].copy_from_slice(b"message 0");
        change(&mut frame);
        stream.write_all(&frame).unwrap();
        // The client's sending thread waits, with more to send than is taken: it must not wait for ever.
        thread::park();
        drop::<TcpStream>(stream);
    });
    client::run(address, messages).unwrap_err().to_string()
}

#[test]
fn a_client_that_gets_nonsense_ends_though_it_waits_in_a_write() {
    let error = client_of(|frame| frame[5] = 2, 10_000_000);
    assert!(error.contains("version 2"), "{error}");
    let error = client_of(|frame| frame[8] = b'M', 10_000_000);
    assert!(error.contains("reply 0 is wrong"), "{error}");
}
