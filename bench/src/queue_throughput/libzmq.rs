//! libzmq. Its sockets belong to one thread at a time, so one loop sends for all tasks.

use std::net::SocketAddr;

use crate::contender::{Receiving, Sending, tell};
use connect_bench::Failure;
use connect_bench::libzmq;
use connect_bench::receipt::Received;
use connect_bench::stack::LOOPBACK;

pub async fn send(sending: Sending) -> Result<Vec<u64>, Failure> {
    let socket = libzmq::socket(zmq::PUSH, sending.messages.size)?;
    socket.connect(&format!("tcp://{}", sending.address))?;
    let mut turns = sending.messages.turns(sending.time);
    libzmq::send_all(&socket, || turns.next_slice())?;
    Ok(turns.sent())
}

pub fn receive(receiving: Receiving) -> Result<Received, Failure> {
    let socket = libzmq::socket(zmq::PULL, receiving.messages.size)?;
    let endpoint = libzmq::bind(&socket, &format!("tcp://{LOOPBACK}"))?;
    let address: SocketAddr = endpoint.trim_start_matches("tcp://").parse()?;
    tell(receiving.address, address)?;
    libzmq::receive_all(&socket, receiving.receipt)
}
