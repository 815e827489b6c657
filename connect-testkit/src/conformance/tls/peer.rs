//! Scripted transports with a TLS peer behind them.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Buf;
use connect_proto::{Config, Inbound, Outbound};
use connect_tls::TlsConnection;
use connect_tls::rustls::ServerConnection;

use super::{SERVER_NAME, client_config, server_config};
use crate::hostile::{ScriptedRead, ScriptedWrite};

/// A client whose handshake is complete, and the scripts with its server behind them.
#[derive(Debug)]
pub struct Behind {
    /// Delivers the records of what the script delivers, and close_notify at its end.
    pub read: ScriptedRead,
    /// Takes records, and records what the server finds in them.
    pub write: ScriptedWrite,
    /// The receiving half of the client.
    pub inbound: Inbound,
    /// The sending half of the client.
    pub outbound: Outbound,
}

/// Puts a TLS server behind scripted transports, with all of the handshake done: the scripts are about
/// what comes after.
#[must_use]
pub fn behind_tls(read: ScriptedRead, write: ScriptedWrite, config: Config) -> Behind {
    let name = SERVER_NAME.try_into().unwrap();
    let mut client = TlsConnection::client(client_config(), name, &config).unwrap();
    let mut server = Peer(ServerConnection::new(server_config()).unwrap());
    server.0.set_buffer_limit(None);
    while client.is_handshaking() || client.outbox().unwrap().has_remaining() {
        while client.outbox().unwrap().has_remaining() {
            let outbox = client.outbox().unwrap();
            let taken = outbox.chunk().len();
            server.decode(outbox.chunk()).unwrap();
            outbox.advance(taken);
        }
        client.extend_from_slice(&server.written());
    }
    client.extend_from_slice(&server.written());
    client.handle_would_block();
    client.handle_flushed();
    let read = read.behind(|plain| server.encode(plain));
    let server = Arc::new(Mutex::new(server));
    let write = write.behind(move |records| {
        let mut server = server.lock().unwrap_or_else(PoisonError::into_inner);
        server.decode(records)
    });
    let (inbound, outbound, _) = client.split();
    Behind {
        read,
        write,
        inbound,
        outbound,
    }
}

/// The server, on rustls' buffered API.
struct Peer(ServerConnection);

impl Peer {
    /// The records of `plain`; of `None` close_notify.
    fn encode(&mut self, plain: Option<&[u8]>) -> Vec<u8> {
        match plain {
            Some(plain) => self.0.writer().write_all(plain).unwrap(),
            None => self.0.send_close_notify(),
        }
        self.written()
    }

    fn written(&mut self) -> Vec<u8> {
        let mut records = Vec::new();
        while self.0.wants_write() {
            self.0.write_tls(&mut records).unwrap();
        }
        records
    }

    /// What is in these records, or why not.
    fn decode(&mut self, mut records: &[u8]) -> Result<Vec<u8>, String> {
        let mut plain = Vec::new();
        while !records.is_empty() {
            self.0.read_tls(&mut records).unwrap();
            let state = self.0.process_new_packets();
            let here = state.map_err(|error| error.to_string())?;
            let begin = plain.len();
            plain.resize(begin + here.plaintext_bytes_to_read(), 0);
            self.0.reader().read_exact(&mut plain[begin..]).unwrap();
        }
        Ok(plain)
    }
}
