//! Whose turn it is.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::mem;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use connect_proto::{Inbound, Outbound, pause_after_accept_error};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::connection::{Connection, Failure, Turn};

const LISTENER: Token = Token(0);

/// Sends every message back to whoever sent it, and reports how each connection ended. `machines` makes the two
/// machines of a new one.
pub(crate) fn serve(
    listener: std::net::TcpListener,
    machines: impl FnMut() -> Result<(Inbound, Outbound), Failure>,
    report: impl FnMut(SocketAddr, Result<(), Failure>),
) -> io::Result<Infallible> {
    listener.set_nonblocking(true)?;
    let mut server = Server {
        listener: TcpListener::from_std(listener),
        poll: Poll::new()?,
        connections: HashMap::new(),
        last: LISTENER,
        ready: BTreeSet::new(),
        accept_again: None,
        machines,
        report,
    };
    let registry = server.poll.registry();
    registry.register(&mut server.listener, LISTENER, Interest::READABLE)?;
    server.run()
}

struct Server<M, R> {
    listener: TcpListener,
    poll: Poll,
    connections: HashMap<Token, (SocketAddr, Connection)>,
    /// Tokens are not used again, so that a late event of a connection that is gone is nobody's.
    last: Token,
    /// Who can do something without waiting.
    ready: BTreeSet<Token>,
    /// When to accept again, if that has failed. Nobody is accepted before, whoever else can go on meanwhile.
    accept_again: Option<Instant>,
    machines: M,
    report: R,
}

impl<M, R> Server<M, R>
where
    M: FnMut() -> Result<(Inbound, Outbound), Failure>,
    R: FnMut(SocketAddr, Result<(), Failure>),
{
    fn run(&mut self) -> io::Result<Infallible> {
        let mut events = Events::with_capacity(1024);
        loop {
            // While somebody can go on, events are looked for and not waited for: neither starves the other.
            let is_busy = !self.ready.is_empty();
            let timeout = if is_busy {
                Some(Duration::ZERO)
            } else {
                self.accept_again
                    .map(|time| time.saturating_duration_since(Instant::now()))
            };
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            self.ready.extend(events.iter().map(|event| event.token()));
            let again = self.accept_again.take_if(|time| *time <= Instant::now());
            if again.is_some() {
                self.ready.insert(LISTENER);
            }
            for token in mem::take(&mut self.ready) {
                if token == LISTENER {
                    self.accept();
                } else {
                    self.turn(token);
                }
            }
        }
    }

    fn turn(&mut self, token: Token) {
        let Some((client, connection)) = self.connections.get_mut(&token) else {
            return;
        };
        match connection.turn() {
            Turn::Wait => {}
            Turn::Again => {
                self.ready.insert(token);
            }
            Turn::Over(end) => {
                (self.report)(*client, end);
                // Closing a socket takes it off the list of those that are polled.
                self.connections.remove(&token);
            }
        }
    }

    /// Accepts one client; until there is none, because that, too, is told once.
    fn accept(&mut self) {
        if self.accept_again.is_some() {
            return;
        }
        match self.listener.accept() {
            Ok((stream, client)) => {
                if let Err(error) = self.add(stream, client) {
                    (self.report)(client, Err(error));
                }
                self.ready.insert(LISTENER);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => {
                eprintln!("accept: {error}");
                // A full table of descriptors is still full a moment later: without a pause this would spin.
                let pause = pause_after_accept_error(&error).unwrap_or_default();
                self.accept_again = Some(Instant::now() + pause);
            }
        }
    }

    fn add(&mut self, mut stream: TcpStream, client: SocketAddr) -> Result<(), Failure> {
        // Small messages are gathered in the core, where the end of a batch is known; the system would guess, and wait.
        stream.set_nodelay(true)?;
        let (inbound, outbound) = (self.machines)()?;
        self.last.0 += 1;
        // Once for both directions, and for good: nothing is changed when a direction comes to a halt.
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        registry.register(&mut stream, self.last, interest)?;
        let connection = Connection::new(stream, inbound, outbound);
        self.connections.insert(self.last, (client, connection));
        Ok(())
    }
}
