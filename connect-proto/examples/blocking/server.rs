//! A thread for each client: whatever one of them does, the others do not notice.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use connect_proto::pause_after_accept_error;

use crate::Failure;
use crate::halves::halves;

/// Sends every message back to whoever sent it, and reports how each connection ended.
pub(crate) fn serve(
    listener: &TcpListener,
    report: impl Fn(SocketAddr, Result<(), Failure>) + Clone + Send + 'static,
) -> ! {
    loop {
        let accepted = listener.accept().and_then(|(stream, client)| {
            let report = report.clone();
            // A builder, because a system out of threads is no reason to panic: this client has bad luck.
            thread::Builder::new().spawn(move || report(client, echo(&stream)))
        });
        if let Err(error) = accepted {
            eprintln!("accept: {error}");
            // A full table of descriptors is still full a moment later: without a pause this would spin.
            if let Some(pause) = pause_after_accept_error(&error) {
                thread::sleep(pause);
            }
        }
    }
}

/// Back-pressure needs no line of code here: while a write waits for a client that does not read, nothing is read
/// from it.
fn echo(stream: &TcpStream) -> Result<(), Failure> {
    let (mut receiver, mut sender) = halves(stream)?;
    while let Some(datagram) = receiver.next()? {
        sender.feed(datagram)?;
        // The replies to all that one read has brought go out together, and before waiting for more: the client may
        // wait for them.
        if !receiver.has_datagram() {
            sender.flush()?;
        }
    }
    sender.close()
}
