//! libzmq. Its sockets belong to one thread at a time, so one loop sends for all tasks.

use std::net::SocketAddr;

use zmq::{Context, Message, Socket};

use crate::contender::{LOOPBACK, Receiving, Sending, tell};
use connect_bench::Failure;
use connect_bench::receipt::Received;
use connect_bench::runtime::PATIENCE;

/// In messages, on each side. From 1,000, the default, to a million it makes no difference that can be measured.
const HIGH_WATER_MARK: i32 = 100_000;

/// A stream of ours ends; here the last message says so.
const END: &[u8] = b"";

fn prepared(socket: Socket) -> Result<Socket, Failure> {
    let patience = i32::try_from(PATIENCE.as_millis())?;
    socket.set_sndhwm(HIGH_WATER_MARK)?;
    socket.set_rcvhwm(HIGH_WATER_MARK)?;
    socket.set_sndtimeo(patience)?;
    socket.set_rcvtimeo(patience)?;
    socket.set_linger(patience)?;
    Ok(socket)
}

pub async fn send(sending: Sending) -> Result<Vec<u64>, Failure> {
    let sent = {
        let socket = prepared(Context::new().socket(zmq::PUSH)?)?;
        socket.connect(&format!("tcp://{}", sending.address))?;
        let mut turns = sending.messages.turns(sending.time);
        while let Some(message) = turns.next_slice() {
            socket.send(message, 0)?;
        }
        socket.send(END, 0)?;
        turns.sent()
    };
    Ok(sent)
}

pub fn receive(receiving: Receiving) -> Result<Received, Failure> {
    let socket = prepared(Context::new().socket(zmq::PULL)?)?;
    socket.bind(&format!("tcp://{LOOPBACK}"))?;
    let endpoint = socket
        .get_last_endpoint()?
        .map_err(|_| "an endpoint that is not text")?;
    let address: SocketAddr = endpoint.trim_start_matches("tcp://").parse()?;
    tell(receiving.address, address)?;
    let mut receipt = receiving.receipt;
    let mut message = Message::new();
    loop {
        socket.recv(&mut message, 0)?;
        if *message == *END {
            return receipt.finish();
        }
        receipt.message(&message)?;
    }
}
