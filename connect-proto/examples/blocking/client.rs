//! A client that sends and receives at the same time.

use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use connect_proto::ConnectDatagram;

use crate::Failure;
use crate::halves::{Receiver, Sender, halves};

/// Sends so many messages to an echo server and checks what comes back.
///
/// With two threads: if both sides only wrote, both would wait for ever as soon as all buffers between them are full.
pub(crate) fn run(server: SocketAddr, messages: u32) -> Result<(), Failure> {
    let stream = TcpStream::connect(server)?;
    let (receiver, sender) = halves(&stream)?;
    thread::scope(|scope| {
        let sending = scope.spawn(|| send_all(sender, messages));
        let received = receive_all(receiver, messages);
        if received.is_err() {
            // Nobody reads any more, so the other thread might wait for ever. It fails now, and that is of no interest.
            let _ = stream.shutdown(Shutdown::Both);
            return received;
        }
        sending.join().map_err(|_| "the sending thread panicked")?
    })
}

fn send_all(mut sender: Sender<'_>, messages: u32) -> Result<(), Failure> {
    for number in 0..messages {
        sender.feed(message(number)?)?;
    }
    sender.close()
}

fn receive_all(mut receiver: Receiver<'_>, messages: u32) -> Result<(), Failure> {
    for number in 0..messages {
        let reply = receiver.next()?.ok_or("the server closed too early")?;
        if reply != message(number)? {
            return Err(format!("reply {number} is wrong: {reply:?}").into());
        }
    }
    match receiver.next()? {
        None => Ok(()),
        Some(extra) => Err(format!("more than was sent comes back: {extra:?}").into()),
    }
}

/// The text of a message says which one it is, and its tag as well.
fn message(number: u32) -> Result<ConnectDatagram, Failure> {
    Ok(ConnectDatagram::new(
        number as u16,
        format!("message {number}"),
    )?)
}
