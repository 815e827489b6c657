//! Many peers at once, and most of them up to no good.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::pin::pin;
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Buf;
use connect_proto::Config;
use connect_tls::{AcceptError, HandshakeError, HandshakeLimits, TlsConnection, TlsError};

use super::listening::{Halves, Served, TlsListening, client_over, greet};
use super::{SERVER_NAME, client_config, server_config};
use crate::conformance::{Reader, Writer, in_time, zip};
use crate::datagrams::datagram;
use crate::task::Task;

fn silent(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let connect = |_| TcpStream::connect(address).unwrap();
    (0..count).map(connect).collect()
}

fn addresses<'a>(streams: impl Iterator<Item = &'a TcpStream>) -> impl Iterator<Item = SocketAddr> {
    streams.map(|stream| stream.local_addr().unwrap())
}

/// Whether the server has not ended the connection of this silent client.
fn is_open(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let read = stream.read(&mut [0; 100]);
    matches!(read, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

/// The first words of a client.
fn hello() -> Vec<u8> {
    let name = SERVER_NAME.try_into().unwrap();
    let mut client = TlsConnection::client(client_config(), name, &Config::new()).unwrap();
    client.outbox().unwrap().chunk().to_vec()
}

/// A client that says its hello in pieces of `len` bytes, and then nothing. Until it is shut down.
fn slow(address: SocketAddr, len: usize, pause: Duration) -> (TcpStream, JoinHandle<()>) {
    let stream = TcpStream::connect(address).unwrap();
    let mut speaker = stream.try_clone().unwrap();
    let speaking = thread::spawn(move || {
        for piece in hello().chunks(len) {
            if speaker.write_all(piece).is_err() {
                break;
            }
            thread::sleep(pause);
        }
    });
    (stream, speaking)
}

pub fn a_good_client_is_served_among_silent_and_slow_ones<A: TlsListening>() {
    const SILENT: usize = 200;
    in_time::<A>(async {
        let limits = HandshakeLimits::new();
        let mut served = Served::<A>::new(server_config(), limits).await;
        let quiet = silent(served.address, SILENT);
        // Goes on for longer than all of this takes.
        let (slow, speaking) = slow(served.address, 1, Duration::from_millis(20));
        let begin = Instant::now();
        let good = served.pair().await;
        let took = begin.elapsed();
        println!("served after {took:?} among {SILENT} silent clients and a slow one");
        assert!(took < limits.time_limit());
        assert!(quiet.iter().all(is_open));
        assert!(is_open(&slow));
        assert!(served.is_silent());
        drop(good);
        slow.shutdown(Shutdown::Both).unwrap();
        speaking.join().unwrap();
    });
}

pub fn silent_clients_are_given_up_each_in_its_time<A: TlsListening>() {
    const LIMIT: Duration = Duration::from_millis(400);
    in_time::<A>(async {
        let limits = HandshakeLimits::new().with_time_limit(LIMIT);
        let mut served = Served::<A>::new(server_config(), limits).await;
        // Its handshake sets the clock, and ends before the clock rings.
        let (mut client, mut server) = served.pair().await;
        for _ in 0..2 {
            let mut begun = Vec::new();
            for _ in 0..3 {
                A::sleep(Duration::from_millis(100)).await;
                begun.push((Instant::now(), TcpStream::connect(served.address).unwrap()));
            }
            for (begin, stream) in &begun {
                let (peer, error) = served.failed().await;
                assert_eq!(peer, stream.local_addr().unwrap());
                assert!(
                    matches!(error, HandshakeError::TimedOut { limit: LIMIT }),
                    "{error}"
                );
                assert!(begin.elapsed() >= LIMIT, "{:?}", begin.elapsed());
                closes::<A>(stream).await;
            }
            assert!(served.is_silent());
        }
        greet::<A>(&mut client, &mut server).await;
        served.serves().await;
    });
}

async fn closes<A: TlsListening>(stream: &TcpStream) {
    while is_open(stream) {
        A::sleep(Duration::from_millis(1)).await;
    }
}

pub fn a_flood_displaces_itself<A: TlsListening>() {
    const PENDING: usize = 16;
    const FLOOD: usize = 100;
    in_time::<A>(async {
        let limits = HandshakeLimits::new().with_max_pending(PENDING);
        let mut served = Served::<A>::new(server_config(), limits).await;
        let flood = silent(served.address, FLOOD);
        let (displaced, rest) = flood.split_at(FLOOD - PENDING);
        for stream in displaced {
            displaces(&mut served, stream, PENDING).await;
            closes::<A>(stream).await;
        }
        assert!(rest.iter().all(is_open));

        let stream = TcpStream::connect(served.address).unwrap();
        let (client, ()) = zip(client_over::<A>(stream, client_config()), {
            let served = &mut served;
            async move { displaces(served, &rest[0], PENDING).await }
        })
        .await;
        let mut server = served.accepted().await;
        greet::<A>(&mut client.unwrap(), &mut server).await;
        assert!(rest[1..].iter().all(is_open));
        // The good one has left its place to one more.
        let _one_more = TcpStream::connect(served.address).unwrap();
        A::sleep(Duration::from_millis(50)).await;
        assert!(served.is_silent());
    });
}

/// The next report is that this client had to go.
async fn displaces<A: TlsListening>(served: &mut Served<A>, stream: &TcpStream, pending: usize) {
    let (peer, error) = served.failed().await;
    assert_eq!(peer, stream.local_addr().unwrap());
    assert!(
        matches!(error, HandshakeError::Displaced { limit } if limit == pending),
        "{error}"
    );
}

/// A handshake that gets on while others are given up is looked at, although theirs are looked at first.
pub fn whoever_is_given_up_hides_nobody<A: TlsListening>() {
    in_time::<A>(async {
        let limits = HandshakeLimits::new().with_max_pending(2);
        let mut listener = A::bind(server_config(), limits).await;
        let address = A::local_addr(&listener);
        let events = Duration::from_millis(50);
        let first = silent(address, 2);
        A::sleep(events).await;
        assert!(Task::new(A::accept(&mut listener)).step().is_none());

        // A client in slow motion.
        let mut stream = TcpStream::connect(address).unwrap();
        let name = SERVER_NAME.try_into().unwrap();
        let mut client = TlsConnection::client(client_config(), name, &Config::new()).unwrap();
        speak(&mut client, &mut stream);
        A::sleep(events).await;
        // It is accepted, then it gets an answer; each time somebody has to go.
        let mut last = Vec::new();
        for displaced in addresses(first.iter()) {
            let accepted = Task::new(A::accept(&mut listener)).step();
            match accepted {
                Some(Err(AcceptError::Handshake { peer, .. })) => assert_eq!(peer, displaced),
                _ => panic!("nobody was displaced"),
            }
            if last.is_empty() {
                last = silent(address, 1);
                A::sleep(events).await;
            }
        }
        while client.is_handshaking() {
            let read = stream.read(client.spare()).unwrap();
            client.commit(read);
        }
        speak(&mut client, &mut stream);
        A::sleep(events).await;
        let (reader, _writer) = A::accept(&mut listener).await.unwrap();
        assert!(!A::reader_tls(&reader).unwrap().is_handshaking());
    });
}

fn speak(client: &mut TlsConnection, stream: &mut TcpStream) {
    while client.outbox().unwrap().has_remaining() {
        let outbox = client.outbox().unwrap();
        let taken = stream.write(outbox.chunk()).unwrap();
        outbox.advance(taken);
    }
}

/// `accept` is dropped after a single poll whatever it has begun, over and over, and while some are in the
/// middle of their handshakes.
pub fn a_dropped_accept_loses_no_handshake<A: TlsListening>() {
    const CLIENTS: usize = 20;
    const BAD: usize = 10;
    in_time::<A>(async {
        let mut listener = A::bind(server_config(), HandshakeLimits::new()).await;
        let address = A::local_addr(&listener);
        let pause = Duration::from_millis(2);
        let bad: Vec<_> = (0..BAD).map(|_| slow(address, 40, pause)).collect();
        let expected: BTreeSet<_> = addresses(bad.iter().map(|(stream, _)| stream)).collect();
        for index in 0..CLIENTS {
            A::spawn(async move {
                A::sleep(Duration::from_millis(3 * index as u64)).await;
                let client = A::tls_client(address, SERVER_NAME, client_config());
                echoed::<A>(client.await.unwrap()).await;
            });
        }
        for (stream, speaking) in bad {
            A::spawn(async move {
                while !speaking.is_finished() {
                    A::sleep(Duration::from_millis(1)).await;
                }
                stream.shutdown(Shutdown::Write).unwrap();
                // Stays, or its address could be another's.
                A::sleep(Duration::from_secs(3600)).await;
            });
        }
        let mut failed = BTreeSet::new();
        let (mut servers, mut dropped) = (0, 0);
        while servers < CLIENTS || failed.len() < BAD {
            let accepted = Task::new(A::accept(&mut listener)).step();
            match accepted {
                None => {
                    dropped += 1;
                    A::sleep(Duration::from_millis(1)).await;
                }
                Some(Ok(halves)) => {
                    A::spawn(echo::<A>(halves));
                    servers += 1;
                }
                Some(Err(AcceptError::Handshake { peer, error })) => {
                    let truncated = TlsError::Truncated { handshaking: true };
                    assert_eq!(error.tls_error(), Some(&truncated));
                    assert!(failed.insert(peer), "{peer} twice");
                }
                Some(Err(error)) => panic!("{error}"),
            }
        }
        assert_eq!(failed, expected);
        println!("{CLIENTS} of {CLIENTS} got in while accept was dropped {dropped} times");
        // Whoever waits properly after all of that is woken.
        let client = A::tls_client(address, SERVER_NAME, client_config());
        let (client, server) = zip(client, A::accept(&mut listener)).await;
        greet::<A>(&mut client.unwrap(), &mut server.unwrap()).await;
    });
}

async fn echo<A: TlsListening>((mut reader, mut writer): Halves<A>) {
    while let Some(datagram) = reader.next().await.unwrap() {
        writer.send(datagram).await.unwrap();
    }
}

async fn echoed<A: TlsListening>((mut reader, mut writer): Halves<A>) {
    let sent = datagram(0, 7, 100);
    writer.send(sent.clone()).await.unwrap();
    assert_eq!(reader.next().await.unwrap(), Some(sent));
    writer.close().await.unwrap();
}

/// The server learns that the client is gone, and so does whoever asks for the reason.
pub fn a_dropped_client_frees_its_connection<A: TlsListening>() {
    in_time::<A>(async {
        // Nobody accepts yet, so the client waits for the server's first words.
        let mut listener = A::bind(server_config(), HandshakeLimits::new()).await;
        let address = A::local_addr(&listener);
        {
            let client = A::tls_client(address, SERVER_NAME, client_config());
            let waits = drop_after::<A, _>(client, Duration::from_millis(50)).await;
            assert!(waits, "done without a server");
        }
        match A::accept(&mut listener).await {
            Err(AcceptError::Handshake {
                error: HandshakeError::Tls(TlsError::Truncated { handshaking: true }),
                ..
            }) => {}
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("got in"),
        }
        let client = A::tls_client(address, SERVER_NAME, client_config());
        let (client, server) = zip(client, A::accept(&mut listener)).await;
        greet::<A>(&mut client.unwrap(), &mut server.unwrap()).await;
    });
}

/// Drops a future after a time. Says whether it was still waiting then.
async fn drop_after<A: TlsListening, F: Future + Send>(future: F, time: Duration) -> bool {
    let (mut future, mut sleep) = (pin!(future), pin!(A::sleep(time)));
    std::future::poll_fn(|cx| {
        if future.as_mut().poll(cx).is_ready() {
            return Poll::Ready(false);
        }
        sleep.as_mut().poll(cx).map(|()| true)
    })
    .await
}
