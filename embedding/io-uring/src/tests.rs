use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use connect_testkit::echo_server;

use crate::ring::{Completion, Operation, Ring};
use crate::server;

/// `None` where the kernel refuses, which containers often make it do.
fn ring() -> Option<Ring> {
    Ring::new()
        .inspect_err(|error| eprintln!("skipped: the kernel refuses io_uring: {error}"))
        .ok()
}

#[test]
fn the_server_shows_what_an_echo_server_must() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    if ring().is_none() {
        return;
    }
    let (ends, receiver) = mpsc::channel();
    thread::spawn(move || {
        server::serve(listener, ring().unwrap(), |client, end| {
            let _ = ends.send((client, end.map_err(|error| error.to_string())));
        })
    });
    echo_server::check(address, &receiver);
}

/// More than the queue to the kernel is long: what finds no place is not lost, and everything comes back to its owner.
#[test]
fn any_number_of_operations_can_be_begun_and_a_ring_dropped_with_some_under_way() {
    let Some(mut ring) = ring() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let socket = Rc::new(listener.accept().unwrap().0);
    let bytes: Vec<u8> = (0..1000_u32).map(|number| number as u8).collect();
    for owner in 0..bytes.len() as u64 {
        ring.begin(
            owner,
            Operation::Read(Rc::clone(&socket), BytesMut::zeroed(1)),
        );
    }
    ring.wait(Some(Duration::from_millis(1))).unwrap();
    assert!(ring.next_completion().is_none());

    peer.write_all(&bytes[1..]).unwrap();
    let mut back = vec![None; bytes.len()];
    while back.iter().flatten().count() < bytes.len() - 1 {
        ring.wait(None).unwrap();
        while let Some((owner, completion)) = ring.next_completion() {
            let Completion::Read(buffer, Ok(1)) = completion else {
                panic!("a byte for each");
            };
            assert_eq!(back[owner as usize].replace(buffer[0]), None, "once");
        }
    }
    let mut back: Vec<u8> = back.into_iter().flatten().collect();
    back.sort_unstable();
    let mut sent = bytes[1..].to_vec();
    sent.sort_unstable();
    assert_eq!(back, sent);
    // One read waits for a byte that comes after the ring is gone.
    drop(ring);
    peer.write_all(&[0]).unwrap();
    thread::sleep(Duration::from_millis(20));
}
