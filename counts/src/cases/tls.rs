//! TLS without its cryptography.

use std::hint::black_box;

use bytes::Buf;
use connect_proto::Decoded;
use connect_tls::TlsConnection;

use crate::case::Case;
use crate::messages::{data, datagram, length};
use crate::tls_pair::{established, take};

/// Plain bytes that are encrypted together.
const FLUSH: usize = 64 * 1024;

/// Bytes of data, and messages.
const SIZES: [(usize, usize); 2] = [(64, 10_000), (64 * 1024, 100)];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (size, count) in SIZES {
        cases.push(encrypt(size, count));
        cases.push(decrypt(size, count));
    }
    cases
}

fn encrypt(size: usize, count: usize) -> Case {
    Case::new(format!("tls-encrypt-{}", length(size)), count, move || {
        let (mut client, _) = established();
        let data = data(size);
        move || push_all(&mut client, data, count, write)
    })
}

/// Records carry no numbers here: the same can be received again.
fn decrypt(size: usize, count: usize) -> Case {
    Case::new(format!("tls-decrypt-{}", length(size)), count, move || {
        let (mut client, mut server) = established();
        let mut ciphertext = Vec::new();
        push_all(&mut client, data(size), count, |client| {
            ciphertext.extend(take(client));
        });
        move || {
            let mut received = 0;
            for chunk in ciphertext.chunks(FLUSH) {
                server.extend_from_slice(chunk);
                while let Ok(Decoded::Datagram(datagram)) = server.next_datagram_ref() {
                    black_box(datagram.data());
                    received += 1;
                }
            }
            assert_eq!(received, count);
        }
    })
}

fn push_all(
    tls: &mut TlsConnection,
    data: &'static [u8],
    count: usize,
    mut write: impl FnMut(&mut TlsConnection),
) {
    for _ in 0..count {
        tls.push(datagram(data)).expect("well");
        if tls.queued() >= FLUSH {
            write(tls);
        }
    }
    write(tls);
}

fn write(tls: &mut TlsConnection) {
    loop {
        let outbox = tls.outbox().expect("well");
        if !outbox.has_remaining() {
            return;
        }
        let len = black_box(outbox.chunk()).len();
        outbox.advance(len);
    }
}
