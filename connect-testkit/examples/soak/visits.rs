//! Who is about to come to the server, by the address that it will come from.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::TcpSocket;

use crate::conversation::Conversation;
use crate::verdict::Garbage;

/// Announced clients that the server has not yet met.
#[derive(Debug, Default)]
pub(crate) struct Visits {
    expected: Mutex<HashMap<SocketAddr, Visit>>,
}

#[derive(Debug)]
pub(crate) enum Visit {
    Conversation(Arc<Conversation>),
    Garbage(Garbage),
}

impl Visits {
    /// A socket, not yet connected, whose address announces this visit.
    pub(crate) fn announce(&self, visit: Visit) -> io::Result<TcpSocket> {
        loop {
            let socket = TcpSocket::new_v4()?;
            socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
            // The port may have been that of a killed client which the server has not yet noticed.
            let mut expected = self.expected.lock().expect("nobody panics in here");
            if let Entry::Vacant(place) = expected.entry(socket.local_addr()?) {
                place.insert(visit);
                return Ok(socket);
            }
        }
    }

    /// Who has come from there.
    pub(crate) fn take(&self, address: Option<SocketAddr>) -> Option<Visit> {
        let mut expected = self.expected.lock().expect("nobody panics in here");
        expected.remove(&address?)
    }

    /// Conversations that the server has never met.
    pub(crate) fn missed(&self) -> usize {
        let expected = self.expected.lock().expect("nobody panics in here");
        let missed = expected.values().filter(
            |visit| matches!(visit, Visit::Conversation(conversation) if !conversation.is_killed()),
        );
        missed.count()
    }
}
