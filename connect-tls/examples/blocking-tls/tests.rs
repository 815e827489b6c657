use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use connect_proto::{Config, ConnectDatagram};
use connect_testkit::certificates::Authority;
use connect_tls::TlsConnection;
use connect_tls::rustls::ClientConfig;

use crate::connection::Blocking;

/// A client that knows `its_authority`, and what the server says in the end, whose authority is `authority`.
fn client(
    authority: &Authority,
    its_authority: &Authority,
) -> (Blocking, thread::JoinHandle<crate::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let config = authority.server_config(&["localhost"]);
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept()?;
        crate::serve(stream, &config)
    });
    let config: Arc<ClientConfig> = its_authority.client_config();
    let name = "localhost".try_into().unwrap();
    let tls = TlsConnection::client(config, name, &Config::new()).unwrap();
    (Blocking { stream, tls }, server)
}

#[test]
fn the_program_does_what_it_says() {
    crate::main().unwrap();
}

#[test]
fn a_stream_that_is_cut_is_no_end() {
    let authority = Authority::new("blocking");
    let (mut client, server) = client(&authority, &authority);
    let datagram = ConnectDatagram::new(1, vec![7; 300_000]).unwrap();
    client.tls.push(datagram.clone()).unwrap();
    assert_eq!(client.next().unwrap(), Some(datagram));
    drop(client);
    let error = server.join().unwrap().unwrap_err().to_string();
    assert!(error.contains("without close_notify"), "{error}");
}

#[test]
fn both_sides_say_why_there_is_no_connection() {
    let authority = Authority::new("blocking");
    let (mut client, server) = client(&authority, &Authority::new("another"));
    let error = client.next().unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
    let error = server.join().unwrap().unwrap_err().to_string();
    assert!(error.contains("UnknownCA"), "{error}");
}
