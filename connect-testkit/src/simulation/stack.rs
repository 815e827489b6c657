//! The core of one side: the two halves of a connection, and the handshake before them if there is one.

use std::error::Error;
use std::rc::Rc;

#[cfg(feature = "tls")]
use connect_tls::{HandshakeStep, TlsConnection, TlsHandle};

use connect_proto::{Config, Decoder, Encoder, Inbound, Outbound};

use super::reader::Reader;
use super::writer::Writer;

/// The core of one side, before it is driven.
pub(crate) struct Stack {
    pub(crate) inbound: Inbound,
    pub(crate) outbound: Outbound,
    pub(crate) tls: Option<Tls>,
}

/// What is asked of TLS.
pub(crate) struct Tls {
    next: Box<dyn Fn() -> Result<Next, Box<dyn Error>>>,
    pub(crate) refresh_keys: Rc<dyn Fn()>,
}

/// What a handshake needs next.
#[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "TLS alone has one"))]
enum Next {
    Flush,
    Read,
    Done,
}

/// A handshake that takes more goes round in a circle: it has not as many bytes.
const MOST_STEPS: usize = 10_000;

impl Stack {
    /// Without TLS.
    pub(crate) fn plain(config: &Config) -> Self {
        Self {
            inbound: Inbound::from(Decoder::new(config)),
            outbound: Outbound::from(Encoder::new(config)),
            tls: None,
        }
    }

    /// With TLS, and a handle to ask about it.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(connection: TlsConnection) -> (Self, TlsHandle) {
        let (inbound, outbound, handle) = connection.split();
        let (asked, refreshed) = (handle.clone(), handle.clone());
        let next = move || {
            Ok(match asked.handshake_step()? {
                HandshakeStep::Flush => Next::Flush,
                HandshakeStep::Read => Next::Read,
                HandshakeStep::Done => Next::Done,
            })
        };
        // A connection that has failed has no keys to change, and says so.
        let refresh_keys = move || {
            if let Err(error) = refreshed.refresh_keys() {
                assert_eq!(refreshed.failure(), Some(error));
            }
        };
        let stack = Self {
            inbound,
            outbound,
            tls: Some(Tls {
                next: Box::new(next),
                refresh_keys: Rc::new(refresh_keys),
            }),
        };
        (stack, handle)
    }
}

impl Tls {
    /// Completes the handshake, as the adapters do.
    pub(crate) async fn establish(
        &self,
        reader: &mut Reader,
        writer: &mut Writer,
    ) -> Result<(), Box<dyn Error>> {
        for _ in 0..MOST_STEPS {
            match (self.next)()? {
                Next::Flush => writer.flush_stage().await?,
                Next::Read => reader.receive().await?,
                Next::Done => return Ok(()),
            }
        }
        panic!("{MOST_STEPS} steps, and no handshake");
    }
}
