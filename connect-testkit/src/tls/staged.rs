//! The crate under test as an endpoint.

use std::sync::Arc;

use bytes::Buf;
use connect_proto::{Config, ConnectDatagram, Decoded, Inbound, Outbound, ReadError};
use connect_tls::rustls::pki_types::ServerName;
use connect_tls::rustls::{ClientConfig, ServerConfig};
use connect_tls::{TlsConnection, TlsError, TlsHandle, TlsInfo};

use super::endpoint::Endpoint;
use crate::naive::Message;
use crate::plan::Entry;

/// The crate under test as an endpoint: its halves, as an adapter drives them.
#[derive(Debug)]
pub struct Staged {
    /// The receiving half.
    pub inbound: Inbound,
    /// The sending half.
    pub outbound: Outbound,
    /// Of both.
    pub handle: TlsHandle,
    entry: Entry,
    turn: usize,
    messages: Vec<Message>,
}

/// What a driver offers to a connection that may be silent for long.
const QUIET_READ_LEN: usize = 64;

/// More than any test sends at once.
const ENDLESS: usize = 64 * 1024 * 1024;

/// How receiving has ended.
#[derive(Debug)]
pub enum Ending {
    /// Not yet.
    Open,
    /// With close_notify.
    Clean,
    /// With an error.
    Failed(ReadError),
}

impl Ending {
    /// The failure of TLS, if that is what it is.
    #[must_use]
    pub fn tls_error(&self) -> Option<&TlsError> {
        match self {
            Self::Failed(error) => TlsError::of_read(error),
            _ => None,
        }
    }
}

impl Staged {
    /// The ways in that [`with_entry`](Self::with_entry) takes.
    pub const ENTRIES: [Entry; 3] = [Entry::Spare, Entry::Slice, Entry::Driver];

    /// A client of `name`.
    #[must_use]
    pub fn client(config: Arc<ClientConfig>, name: &str) -> Self {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        Self::new(TlsConnection::client(config, name, &Config::new()).unwrap())
    }

    /// A server.
    #[must_use]
    pub fn server(config: &ServerConfig) -> Self {
        Self::new(TlsConnection::server(config, &Config::new()).unwrap())
    }

    fn new(connection: TlsConnection) -> Self {
        let (inbound, outbound, handle) = connection.split();
        Self {
            inbound,
            outbound,
            handle,
            entry: Entry::Spare,
            turn: 0,
            messages: Vec::new(),
        }
    }

    /// The same with another way in, one of [`ENTRIES`](Self::ENTRIES), of which the first is the default.
    #[must_use]
    pub const fn with_entry(mut self, entry: Entry) -> Self {
        self.entry = entry;
        self
    }

    /// What was agreed upon.
    #[must_use]
    pub fn info(&self) -> TlsInfo {
        self.handle.info()
    }

    /// The end of the transport.
    pub fn finish(&mut self) {
        self.inbound.finish();
    }

    /// What has arrived whole, in order.
    pub fn received(&mut self) -> &[Message] {
        let _ = self.ending();
        &self.messages
    }

    /// Forgets what has arrived, and says how many that were.
    pub fn messages_taken(&mut self) -> usize {
        let _ = self.ending();
        std::mem::take(&mut self.messages).len()
    }

    /// Takes out what can be taken out; how receiving stands after it.
    pub fn ending(&mut self) -> Ending {
        loop {
            self.turn += 1;
            let answer = if self.turn % 2 == 0 {
                self.inbound.next_datagram_ref().map(to_message)
            } else {
                self.inbound.next_datagram().map(|answer| match answer {
                    Decoded::Datagram(datagram) => {
                        to_message(Decoded::Datagram((&datagram).into()))
                    }
                    Decoded::NeedInput => Decoded::NeedInput,
                    Decoded::End => Decoded::End,
                })
            };
            match answer {
                Ok(Decoded::Datagram(message)) => self.messages.push(message),
                Ok(Decoded::NeedInput) => return Ending::Open,
                Ok(Decoded::End) => return Ending::Clean,
                Err(error) => return Ending::Failed(error),
            }
        }
    }

    fn give_to_spare(&mut self, mut ciphertext: &[u8]) {
        while !ciphertext.is_empty() {
            let spare = self.inbound.spare();
            let len = spare.len().min(ciphertext.len());
            assert!(len > 0, "no room");
            let (now, later) = ciphertext.split_at(len);
            spare[..len].copy_from_slice(now);
            self.inbound.commit(len);
            ciphertext = later;
        }
    }
}

fn to_message(answer: Decoded<connect_proto::DatagramRef<'_>>) -> Decoded<Message> {
    match answer {
        Decoded::Datagram(datagram) => Decoded::Datagram(Message {
            recipient: datagram.recipient(),
            data: datagram.data().to_vec(),
        }),
        Decoded::NeedInput => Decoded::NeedInput,
        Decoded::End => Decoded::End,
    }
}

impl Endpoint for Staged {
    fn give(&mut self, ciphertext: &[u8]) {
        match self.entry {
            Entry::Slice => self.inbound.extend_from_slice(ciphertext),
            Entry::Driver if self.inbound.is_quiet() => {
                let (first, rest) = ciphertext.split_at(ciphertext.len().min(QUIET_READ_LEN));
                if !first.is_empty() {
                    self.inbound
                        .handle_quiet_read(first, QUIET_READ_LEN, Ok(first.len()));
                }
                self.give_to_spare(rest);
            }
            _ => self.give_to_spare(ciphertext),
        }
    }

    /// After a failure: its last words.
    fn take_some(&mut self, most: usize) -> Vec<u8> {
        let mut ciphertext = Vec::new();
        while let Ok(outbox) = self.outbound.outbox() {
            let len = outbox.chunk().len().min(most - ciphertext.len());
            if len == 0 {
                break;
            }
            ciphertext.extend_from_slice(&outbox.chunk()[..len]);
            assert!(
                ciphertext.len() <= ENDLESS,
                "no end of what is to be written"
            );
            outbox.advance(len);
        }
        ciphertext
    }

    fn send(&mut self, datagrams: &[ConnectDatagram]) {
        for datagram in datagrams {
            self.outbound.push(datagram.clone()).unwrap();
        }
    }

    fn close(&mut self) {
        self.outbound.finish();
    }

    fn refresh_keys(&mut self) {
        self.handle.refresh_keys().unwrap();
    }

    fn messages(&mut self) -> Vec<Message> {
        let _ = self.ending();
        self.messages.clone()
    }

    fn is_peer_closed(&mut self) -> bool {
        matches!(self.ending(), Ending::Clean)
    }
}
