//! What `connect.h` declares. References are pointers that C must not let be null, and `Box` is a pointer that C hands
//! back once: the header says so, and Rust cannot check it.

#![allow(
    unsafe_code,
    reason = "names for a linker, and pointers that C vouches for"
)]

use alloc::boxed::Box;
use core::{ptr, slice};

use crate::peer::{Peer, Received};

/// As in the header.
#[repr(C)]
enum Answer {
    Datagram,
    NeedInput,
    End,
    Broken,
}

/// As in the header.
#[repr(C)]
struct Datagram {
    data: *const u8,
    len: usize,
    recipient: u16,
}

#[unsafe(no_mangle)]
extern "C" fn connect_new(longest: usize) -> Box<Peer> {
    Box::new(Peer::new(longest))
}

#[unsafe(no_mangle)]
extern "C" fn connect_free(peer: Option<Box<Peer>>) {
    drop(peer);
}

#[unsafe(no_mangle)]
extern "C" fn connect_spare(peer: &mut Peer, len: &mut usize) -> *mut u8 {
    let spare = peer.spare();
    *len = spare.len();
    spare.as_mut_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn connect_commit(peer: &mut Peer, received: usize) {
    peer.commit(received);
}

#[unsafe(no_mangle)]
extern "C" fn connect_finish(peer: &mut Peer) {
    peer.finish();
}

#[unsafe(no_mangle)]
extern "C" fn connect_next(peer: &mut Peer, datagram: &mut Datagram) -> Answer {
    match peer.next() {
        Received::Datagram(received) => {
            *datagram = Datagram {
                data: received.data().as_ptr(),
                len: received.data().len(),
                recipient: received.recipient(),
            };
            Answer::Datagram
        }
        Received::NeedInput => Answer::NeedInput,
        Received::End => Answer::End,
        Received::Broken => Answer::Broken,
    }
}

#[unsafe(no_mangle)]
extern "C" fn connect_is_ready(peer: &Peer) -> bool {
    peer.is_ready()
}

/// # Safety
///
/// `data` points to `len` bytes, which nobody changes meanwhile, or `len` is 0.
#[unsafe(no_mangle)]
unsafe extern "C" fn connect_push(
    peer: &mut Peer,
    recipient: u16,
    data: *const u8,
    len: usize,
) -> bool {
    let data = match len {
        // C may have no pointer at all for nothing.
        0 => &[],
        // SAFETY: as required above.
        _ => unsafe { slice::from_raw_parts(data, len) },
    };
    peer.push(recipient, data)
}

#[unsafe(no_mangle)]
extern "C" fn connect_chunk(peer: &mut Peer, len: &mut usize) -> *const u8 {
    let chunk = peer.chunk();
    *len = chunk.len();
    if chunk.is_empty() {
        ptr::null()
    } else {
        chunk.as_ptr()
    }
}

#[unsafe(no_mangle)]
extern "C" fn connect_advance(peer: &mut Peer, written: usize) {
    peer.advance(written);
}

#[unsafe(no_mangle)]
extern "C" fn connect_rest(peer: &mut Peer) {
    peer.rest();
}
