//! What an echo server must show, whatever loop it runs in: asked by blocking clients, good ones and bad ones, all at
//! once, over real sockets.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use connect_proto::{Config, ConnectDatagram, Decoded, Decoder};

use crate::datagrams;

/// How a connection ended, as the server says it: the address of the client, and the error if it was not clean.
pub type End = (SocketAddr, Result<(), String>);

/// What the server is to say about a connection.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Clean,
    /// An error that says this.
    Error(&'static str),
    /// That it ended: whether the server notices that its last replies went nowhere is a matter of luck.
    Ended,
}

/// Which client.
type Told = (SocketAddr, Expected);

/// Longer than anything here takes, so that a server that hangs fails.
const PATIENCE: Duration = Duration::from_secs(30);

const GOOD_CLIENTS: usize = 40;

/// More than all buffers of a system between two sockets hold.
const MORE_THAN_SYSTEMS_HOLD: usize = 256 * 1024 * 1024;

/// Checks the echo server at `address`, which says of each connection how it ended.
///
/// * Every reply is what was sent, in order, whole, with its recipient, many clients at once.
/// * Who has ended its direction gets all replies, and then a clean end.
/// * From a client that does not read, no more is taken than what is bounded. It delays nobody, and loses nothing.
/// * Clients that break the format, or vanish, end alone. The server names the reason, once for each.
///
/// # Panics
///
/// If one of these does not hold.
pub fn check(address: SocketAddr, ends: &Receiver<End>) {
    let silent = Client::new(address);
    let clients: Vec<Told> = thread::scope(|scope| {
        let slow = scope.spawn(move || slow_reader(address));
        let mut clients = vec![scope.spawn(move || late_reader(address))];
        for (bytes, reason) in REFUSED {
            clients.push(scope.spawn(move || refused(address, bytes, reason)));
        }
        clients.push(scope.spawn(move || cut_inside_a_frame(address)));
        clients.push(scope.spawn(move || vanishes(address)));
        for index in 0..GOOD_CLIENTS {
            clients.push(scope.spawn(move || good_client(address, index)));
        }
        let clients = clients.into_iter().map(|client| client.join());
        let clients = clients.map(|client| client.expect("served"));
        clients.chain(slow.join().expect("served")).collect()
    });
    let clients = clients.into_iter().chain([silent.leaves()]);
    let mut expected: HashMap<_, _> = clients.collect();
    while !expected.is_empty() {
        let (client, end) = ends.recv_timeout(PATIENCE).unwrap_or_else(|error| {
            panic!("the server does not say how these ended: {expected:?}: {error}")
        });
        let expected = expected.remove(&client);
        match (expected.expect("ends once"), end) {
            (Expected::Ended, _) | (Expected::Clean, Ok(())) => {}
            (Expected::Error(reason), Err(error)) if error.contains(reason) => {}
            (expected, end) => panic!("{client} is {expected:?}; the server says {end:?}"),
        }
    }
}

/// Sends messages of all kinds of lengths, ends its direction, and checks what comes back meanwhile.
fn good_client(address: SocketAddr, index: usize) -> Told {
    let lists = datagrams::interesting_lengths();
    let sent = datagrams::of_lengths(&lists[index % lists.len()].repeat(3));
    let mut client = Client::new(address);
    let mut sending = client.another_handle();
    thread::scope(|scope| {
        scope.spawn(|| {
            for datagram in &sent {
                send(&mut sending, datagram);
            }
            sending.shutdown(Shutdown::Write).expect("ends");
        });
        for datagram in &sent {
            assert_eq!(client.next().as_ref(), Some(datagram));
        }
    });
    client.reads_the_end();
    client.told(Expected::Clean)
}

/// Sends without reading, for as long as the server takes anything; then reads.
fn slow_reader(address: SocketAddr) -> [Told; 2] {
    let datagram = datagrams::datagram(0, 7, 1024 * 1024);
    let frame = datagram.encode().expect("data");
    let mut client = Client::new(address);
    let mut sending = client.another_handle();
    let mut written = 0;
    // What nobody takes for so long, nobody will. If somebody would, less is tried and nothing goes wrong.
    let stalled = Some(Duration::from_millis(500));
    sending.set_write_timeout(stalled).expect("settings");
    loop {
        match sending.write(&frame[written % frame.len()..]) {
            Ok(len) => written += len,
            Err(error) if would_block(&error) => break,
            Err(error) => panic!("slow reader: {error}"),
        }
        assert!(written < MORE_THAN_SYSTEMS_HOLD, "the server takes it all");
    }
    let good = good_client(address, 3);

    sending.set_write_timeout(Some(PATIENCE)).expect("settings");
    thread::scope(|scope| {
        scope.spawn(|| {
            let rest = &frame[written % frame.len()..];
            sending.write_all(rest).expect("taken in the end");
            sending.shutdown(Shutdown::Write).expect("ends");
        });
        for _ in 0..written / frame.len() + 1 {
            assert_eq!(client.next().as_ref(), Some(&datagram));
        }
    });
    client.reads_the_end();
    [client.told(Expected::Clean), good]
}

/// Has ended its direction long before it reads.
fn late_reader(address: SocketAddr) -> Told {
    let datagram = datagrams::datagram(4, 4, 16 * 1024 * 1024);
    let mut client = Client::new(address);
    send(&mut client.stream, &datagram);
    client.stream.shutdown(Shutdown::Write).expect("ends");
    thread::sleep(Duration::from_millis(300));
    assert_eq!(client.next().as_ref(), Some(&datagram));
    client.reads_the_end();
    client.told(Expected::Clean)
}

/// What no client may send, and what the server says of it.
const REFUSED: [(&[u8], &str); 3] = [
    (&[0, 0, 0, 0, 0, 1, 0, 0], "frame of size 0"),
    (&[0xff; 8], "announced 4294967291 bytes"),
    (&[0, 0, 0, 5, 0, 2, 0, 0, 7], "version 2"),
];

/// Sends a message, and then what is none. The server ends the connection.
fn refused(address: SocketAddr, bytes: &[u8], reason: &'static str) -> Told {
    let mut client = Client::new(address);
    let datagram = datagrams::datagram(1, 1, 100);
    send(&mut client.stream, &datagram);
    assert_eq!(client.next().as_ref(), Some(&datagram));
    client.stream.write_all(bytes).expect("sent");
    match client.stream.read(&mut [0; 1]) {
        Ok(0) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        other => panic!("{reason}: the connection has not ended: {other:?}"),
    }
    client.told(Expected::Error(reason))
}

/// Sends a message and a half. The message comes back all the same.
fn cut_inside_a_frame(address: SocketAddr) -> Told {
    let mut client = Client::new(address);
    let datagram = datagrams::datagram(2, 2, 100);
    send(&mut client.stream, &datagram);
    let frame = datagram.encode().expect("data");
    client.stream.write_all(&frame[..50]).expect("sent");
    client.stream.shutdown(Shutdown::Write).expect("ends");
    assert_eq!(client.next().as_ref(), Some(&datagram));
    client.reads_the_end();
    client.told(Expected::Error("ended inside a frame"))
}

/// Sends a lot, and is gone before the first reply.
fn vanishes(address: SocketAddr) -> Told {
    let mut client = Client::new(address);
    for index in 0..20 {
        send(
            &mut client.stream,
            &datagrams::datagram(index, 3, 10 * 1024),
        );
    }
    client.told(Expected::Ended)
}

struct Client {
    stream: TcpStream,
    address: SocketAddr,
    decoder: Decoder,
}

impl Client {
    fn new(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).expect("accepted");
        stream.set_read_timeout(Some(PATIENCE)).expect("settings");
        stream.set_write_timeout(Some(PATIENCE)).expect("settings");
        Self {
            address: stream.local_addr().expect("an address"),
            stream,
            decoder: Decoder::new(&Config::new()),
        }
    }

    /// Hangs up.
    fn told(self, expected: Expected) -> Told {
        (self.address, expected)
    }

    fn another_handle(&self) -> TcpStream {
        self.stream.try_clone().expect("a handle")
    }

    fn next(&mut self) -> Option<ConnectDatagram> {
        loop {
            match self.decoder.next_datagram().expect("a valid frame") {
                Decoded::Datagram(datagram) => return Some(datagram),
                Decoded::NeedInput => match self.stream.read(self.decoder.spare()) {
                    Ok(0) => self.decoder.finish(),
                    Ok(received) => self.decoder.commit(received),
                    Err(error) => panic!("no reply: {error}"),
                },
                Decoded::End => return None,
            }
        }
    }

    fn reads_the_end(&mut self) {
        assert_eq!(self.next(), None);
    }

    /// Ends without having said anything.
    fn leaves(mut self) -> Told {
        self.stream.shutdown(Shutdown::Write).expect("ends");
        self.reads_the_end();
        self.told(Expected::Clean)
    }
}

fn send(stream: &mut TcpStream, datagram: &ConnectDatagram) {
    let frame = datagram.encode().expect("data");
    stream.write_all(&frame).expect("taken");
}

fn would_block(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
