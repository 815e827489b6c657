//! How often keys can be changed.

/// rustls takes so many changes of keys with no data between them, be they wanted or in answer to one; the next
/// one it takes for an attack.
pub const ALLOWED_KEY_CHANGES: usize = 32;

/// So often each side may want other keys without being taken for an attacker: the other side sees these, and
/// answers to as many of its own.
pub const MOST_REFRESHES: usize = ALLOWED_KEY_CHANGES / 2 - 1;
