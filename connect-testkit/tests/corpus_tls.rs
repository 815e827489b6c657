//! What fuzzing of TLS has found worth keeping, replayed by the stable compiler.
//!
//! One test function, because everything that runs beside it would be counted, too.

#![cfg(feature = "tls")]

use connect_testkit::fuzz;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

#[test]
fn tls() {
    fuzz::replay("tls_pair", fuzz::tls_pair);
    fuzz::replay("tls_hostile", |input| {
        fuzz::tls_hostile(input, || ALLOCATOR.current_usage());
    });
}
