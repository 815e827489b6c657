//! One side of a connection: the crate under test, or the oracle.

use connect_proto::ConnectDatagram;
use connect_tls::TlsError;

use crate::naive::{self, Message};
use crate::tls::{Buffered, Ending, Endpoint, Staged};

/// One side of a connection: the crate under test, or the oracle.
pub(super) enum Party {
    Ours(Box<Staged>),
    Oracle(Box<Buffered>),
}

impl Party {
    pub(super) fn endpoint(&mut self) -> &mut dyn Endpoint {
        match self {
            Self::Ours(staged) => &mut **staged,
            Self::Oracle(buffered) => &mut **buffered,
        }
    }

    pub(super) fn is_handshaking(&self) -> bool {
        match self {
            Self::Ours(staged) => staged.handle.is_handshaking(),
            Self::Oracle(buffered) => buffered.is_handshaking(),
        }
    }

    /// Queues a datagram, of which a copy comes back if it is refused.
    pub(super) fn push(&mut self, datagram: ConnectDatagram) -> Result<(), ConnectDatagram> {
        match self {
            Self::Ours(staged) => staged.outbound.push(datagram).map_err(|refused| {
                let datagram = refused.into_datagram();
                datagram.expect("a refused datagram comes back")
            }),
            Self::Oracle(buffered) => {
                buffered.send(std::slice::from_ref(&datagram));
                Ok(())
            }
        }
    }

    /// As many datagrams as have left this side whole, as far as it says.
    pub(super) fn sent(&self) -> u64 {
        match self {
            Self::Ours(staged) => staged.outbound.stats().messages,
            Self::Oracle(_) => 0,
        }
    }

    /// Everything was written.
    pub(super) fn handle_flushed(&mut self) {
        if let Self::Ours(staged) = self {
            let _ = staged.outbound.handle_flush(Ok(()));
        }
    }

    /// The transport has nothing to read at the moment.
    pub(super) fn handle_would_block(&mut self) {
        if let Self::Ours(staged) = self {
            staged.inbound.handle_would_block();
        }
    }

    /// What is received must be the front of `sent`. Says how many that are.
    pub(super) fn check_received(&mut self, sent: &[Message]) -> usize {
        let naive;
        let received = match self {
            Self::Ours(staged) => staged.received(),
            Self::Oracle(buffered) => {
                naive = naive::parse(buffered.plain(), usize::MAX).messages;
                &naive
            }
        };
        assert!(received.len() <= sent.len(), "received what nobody sent");
        let front = &sent[..received.len()];
        assert!(received == front, "received something else, or in disorder");
        received.len()
    }

    /// How receiving stands.
    pub(super) fn ending(&mut self) -> End {
        match self {
            Self::Oracle(buffered) => {
                assert_eq!(buffered.failure(), None, "the oracle's");
                match buffered.is_peer_closed() {
                    true => End::Clean,
                    false => End::Open,
                }
            }
            Self::Ours(staged) => match staged.ending() {
                Ending::Open => End::Open,
                Ending::Clean => End::Clean,
                ending => match ending.tls_error() {
                    Some(TlsError::Truncated { handshaking }) => End::Truncated {
                        handshaking: *handshaking,
                    },
                    _ => panic!("{ending:?}"),
                },
            },
        }
    }

    /// The transport has ended. The oracle leaves that to whoever drives it.
    pub(super) fn finish(&mut self) {
        let Self::Ours(staged) = self else { return };
        let handshaking = staged.handle.is_handshaking();
        let expected = match staged.ending() {
            Ending::Open => Some(TlsError::Truncated { handshaking }),
            ending => ending.tls_error().cloned(),
        };
        for _ in 0..2 {
            staged.finish();
            let ending = staged.ending();
            assert_eq!(ending.tls_error(), expected.as_ref(), "{ending:?}");
            assert_eq!(matches!(ending, Ending::Clean), expected.is_none());
            assert_eq!(staged.handle.failure(), expected);
        }
    }

    /// Neither side has anything to say, so nothing is left inside if the transport was not cut.
    pub(super) fn check_at_rest(&mut self, is_cut: bool) {
        match self {
            Self::Ours(staged) if !is_cut => {
                let _ = staged.ending();
                staged.inbound.handle_would_block();
                assert_eq!(staged.outbound.queued(), 0);
                assert_eq!(staged.inbound.buffered(), 0);
                assert!(staged.inbound.is_quiet());
            }
            _ => {}
        }
    }
}

/// How receiving stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Open,
    Clean,
    Truncated { handshaking: bool },
}
