//! libzmq, whose sockets do their I/O on a thread of their own.

use zmq::Message;

use connect_bench::Failure;
use connect_bench::libzmq::{END, bind, receive_all, send_all, socket};
use connect_bench::receipt::Received;

use crate::contender::Run;
use crate::ground::Ground;
use crate::meeting::meet;
use crate::trips::Times;

pub fn one_way(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    let size = run.messages.size;
    meet(
        ground.transport,
        |connecting| {
            let socket = socket(zmq::PUSH, size)?;
            socket.connect(&connecting.endpoint)?;
            let mut feed = run.feed();
            send_all(&socket, || feed.next_slice())?;
            Ok(feed.sent())
        },
        move |binding| {
            let socket = socket(zmq::PULL, size)?;
            let bound = bind(&socket, &binding.endpoint)?;
            binding.tell(bound)?;
            receive_all(&socket, run.receipt())
        },
    )
}

pub fn round_trip(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    let size = run.messages.size;
    meet(
        ground.transport,
        |connecting| {
            let socket = socket(zmq::REQ, size)?;
            socket.connect(&connecting.endpoint)?;
            let mut reply = Message::new();
            let mut trips = run.trips();
            while let Some(message) = trips.next() {
                socket.send(message, 0)?;
                socket.recv(&mut reply, 0)?;
                trips.back(&reply)?;
            }
            socket.send(END, 0)?;
            trips.finish()
        },
        move |binding| {
            let socket = socket(zmq::REP, size)?;
            let bound = bind(&socket, &binding.endpoint)?;
            binding.tell(bound)?;
            loop {
                let mut message = Message::new();
                socket.recv(&mut message, 0)?;
                if *message == *END {
                    return Ok(());
                }
                socket.send(message, 0)?;
            }
        },
    )
}
