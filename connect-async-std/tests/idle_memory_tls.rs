//! What a TLS connection costs while it waits, on async-std.
//!
//! A file of its own, because everything that runs beside it would be counted, too.

mod on_async_std;
mod on_async_std_tls;
mod scripted;
mod scripted_tls;

use connect_testkit::conformance::tls::idle;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

#[test]
fn a_waiting_connection_holds_no_block() {
    idle::a_waiting_connection_holds_no_block::<on_async_std_tls::OnAsyncStdTls>(|| {
        ALLOCATOR.current_usage()
    });
}
