//! Hands on what the kernel is done with.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::time::Instant;

use connect_proto::pause_after_accept_error;

use crate::Failure;
use crate::connection::Connection;
use crate::ring::{Completion, Operation, Ring};

const LISTENER: u64 = 0;

/// Sends every message back to whoever sent it, and reports how each connection ended.
pub(crate) fn serve(
    listener: TcpListener,
    ring: Ring,
    report: impl FnMut(SocketAddr, Result<(), Failure>),
) -> io::Result<Infallible> {
    let mut server = Server {
        listener: Rc::new(listener),
        ring,
        connections: HashMap::new(),
        last: LISTENER,
        accept_again: None,
        report,
    };
    server.accept();
    loop {
        let pause = server
            .accept_again
            .map(|time| time.saturating_duration_since(Instant::now()));
        server.ring.wait(pause)?;
        let again = server.accept_again.take_if(|time| *time <= Instant::now());
        if again.is_some() {
            server.accept();
        }
        while let Some((owner, completion)) = server.ring.next_completion() {
            server.handle(owner, completion);
        }
    }
}

struct Server<R> {
    listener: Rc<TcpListener>,
    ring: Ring,
    connections: HashMap<u64, (SocketAddr, Connection)>,
    /// Numbers are not used again, so that a late completion for a connection that is gone is nobody's.
    last: u64,
    /// When to accept again, if that has failed. Nobody is accepted before, whatever else completes meanwhile.
    accept_again: Option<Instant>,
    report: R,
}

impl<R: FnMut(SocketAddr, Result<(), Failure>)> Server<R> {
    fn handle(&mut self, owner: u64, completion: Completion) {
        let connection = self.connections.get_mut(&owner);
        match (completion, connection) {
            (Completion::Accepted(accepted), _) => return self.handle_accepted(accepted),
            (Completion::Read(buffer, result), Some((_, connection))) => {
                connection.handle_read(buffer, result);
            }
            (Completion::Written(outbox, result), Some((_, connection))) => {
                connection.handle_written(outbox, result, &mut self.ring);
            }
            // Of a connection that is gone: what was lent for it goes as well.
            (_, None) => return,
        }
        self.go_on(owner);
    }

    fn go_on(&mut self, id: u64) {
        if let Some((client, connection)) = self.connections.get_mut(&id) {
            if let Some(end) = connection.go_on(&mut self.ring) {
                (self.report)(*client, end);
                self.connections.remove(&id);
            }
        }
    }

    fn accept(&mut self) {
        let listener = Rc::clone(&self.listener);
        self.ring.begin(LISTENER, Operation::Accept(listener));
    }

    fn handle_accepted(&mut self, accepted: io::Result<TcpStream>) {
        self.last += 1;
        let added = accepted.and_then(|socket| {
            let client = socket.peer_addr()?;
            let connection = Connection::new(self.last, socket)?;
            self.connections.insert(self.last, (client, connection));
            Ok(())
        });
        self.go_on(self.last);
        if let Err(error) = added {
            eprintln!("accept: {error}");
            // A full table of descriptors is still full a moment later: without a pause this would spin.
            self.accept_again =
                pause_after_accept_error(&error).map(|pause| Instant::now() + pause);
        }
        if self.accept_again.is_none() {
            self.accept();
        }
    }
}
