//! libzmq. Its sockets belong to one thread at a time.

use zmq::{Context, Message, Socket, SocketType};

use crate::Failure;
use crate::receipt::{Receipt, Received};
use crate::runtime::PATIENCE;

/// A stream of ours ends; here the last message says so.
pub const END: &[u8] = b"";

/// A socket for messages of `size` bytes, with a context of its own.
///
/// It holds up to 100,000 of them on each side, or 64 MiB. From 1,000, the default, to a million it makes no
/// difference that can be measured.
pub fn socket(kind: SocketType, size: usize) -> Result<Socket, Failure> {
    let high_water_mark = i32::try_from((64 * 1024 * 1024 / size).clamp(4, 100_000))?;
    let patience = i32::try_from(PATIENCE.as_millis())?;
    let socket = Context::new().socket(kind)?;
    socket.set_sndhwm(high_water_mark)?;
    socket.set_rcvhwm(high_water_mark)?;
    socket.set_sndtimeo(patience)?;
    socket.set_rcvtimeo(patience)?;
    socket.set_linger(patience)?;
    Ok(socket)
}

/// Binds, and says where, which is what others connect to.
pub fn bind(socket: &Socket, endpoint: &str) -> Result<String, Failure> {
    socket.bind(endpoint)?;
    let bound = socket.get_last_endpoint()?;
    bound.map_err(|_| "an endpoint that is not text".into())
}

/// All that `next` hands out, and then the end.
///
/// Each is copied into a message of the library's own: with an allocation if it is longer than 33 bytes. What could be
/// handed over without a copy is a `Vec`, which would have to be allocated and filled first, and be freed by the
/// library with another allocation for its count; to lend it what is there already takes unsafe code.
pub fn send_all(
    socket: &Socket,
    mut next: impl FnMut() -> Option<&'static [u8]>,
) -> Result<(), Failure> {
    while let Some(message) = next() {
        socket.send(message, 0)?;
    }
    Ok(socket.send(END, 0)?)
}

/// Until the end, each into the same message.
pub fn receive_all(socket: &Socket, mut receipt: Receipt) -> Result<Received, Failure> {
    let mut message = Message::new();
    loop {
        socket.recv(&mut message, 0)?;
        if *message == *END {
            return receipt.finish();
        }
        receipt.message(&message)?;
    }
}
