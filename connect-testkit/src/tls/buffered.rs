//! The oracle: rustls' buffered API, which nearly everybody uses, and the naive codec.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;

use connect_proto::ConnectDatagram;
use connect_tls::rustls::pki_types::ServerName;
use connect_tls::rustls::{
    self, ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection,
};

use super::endpoint::Endpoint;
use crate::naive::{self, Message};

/// An endpoint on rustls' buffered API. The first failure stays.
#[derive(Debug)]
pub struct Buffered {
    connection: Connection,
    plain: Vec<u8>,
    peer_closed: bool,
    is_overfull: bool,
    failure: Option<rustls::Error>,
}

impl Buffered {
    /// A client of `name`.
    #[must_use]
    pub fn client(config: Arc<ClientConfig>, name: &str) -> Self {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        Self::new(ClientConnection::new(config, name).unwrap())
    }

    /// A server.
    #[must_use]
    pub fn server(config: Arc<ServerConfig>) -> Self {
        Self::new(ServerConnection::new(config).unwrap())
    }

    fn new(connection: impl Into<Connection>) -> Self {
        let mut connection = connection.into();
        connection.set_buffer_limit(None);
        Self {
            connection,
            plain: Vec::new(),
            peer_closed: false,
            is_overfull: false,
            failure: None,
        }
    }

    /// All plain bytes that were received.
    #[must_use]
    pub fn plain(&self) -> &[u8] {
        &self.plain
    }

    /// Queues plain bytes.
    pub fn write(&mut self, plain: &[u8]) {
        self.connection.writer().write_all(plain).unwrap();
    }

    /// What rustls refused, if anything.
    #[must_use]
    pub const fn failure(&self) -> Option<&rustls::Error> {
        self.failure.as_ref()
    }

    /// Whether handshake messages have come in more parts than rustls has room for, after which it is of no
    /// more use.
    #[must_use]
    pub const fn is_overfull(&self) -> bool {
        self.is_overfull
    }

    /// Whether the handshake is under way.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    fn process(&mut self) -> Result<(), rustls::Error> {
        let state = self.connection.process_new_packets();
        // After a failure as well: the record that broke may have come in one read with good ones before it.
        self.read_plain();
        self.peer_closed = state?.peer_has_closed();
        Ok(())
    }

    fn read_plain(&mut self) {
        let ended = self.connection.reader().read_to_end(&mut self.plain);
        if let Err(error) = ended {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
        }
    }
}

impl Endpoint for Buffered {
    fn give(&mut self, mut ciphertext: &[u8]) {
        while !ciphertext.is_empty() && self.failure.is_none() && !self.peer_closed {
            self.is_overfull |= self.connection.read_tls(&mut ciphertext).is_err();
            if self.is_overfull {
                break;
            }
            self.failure = self.process().err();
        }
    }

    fn take_some(&mut self, most: usize) -> Vec<u8> {
        let mut ciphertext = Vec::new();
        let mut room = [0; 4096];
        while self.connection.wants_write() && ciphertext.len() < most {
            let len = room.len().min(most - ciphertext.len());
            let written = self.connection.write_tls(&mut &mut room[..len]).unwrap();
            ciphertext.extend_from_slice(&room[..written]);
        }
        ciphertext
    }

    fn send(&mut self, datagrams: &[ConnectDatagram]) {
        self.write(&naive::encode(datagrams));
    }

    fn close(&mut self) {
        self.connection.send_close_notify();
    }

    fn refresh_keys(&mut self) {
        self.connection.refresh_traffic_keys().unwrap();
    }

    fn messages(&mut self) -> Vec<Message> {
        naive::parse(&self.plain, usize::MAX).messages
    }

    fn is_peer_closed(&mut self) -> bool {
        self.peer_closed
    }
}
