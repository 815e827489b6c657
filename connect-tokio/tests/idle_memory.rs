//! What a connection costs while it waits, on tokio.
//!
//! A file of its own, because everything that runs beside it would be counted, too.

mod on_tokio;

use connect_testkit::conformance::idle;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

#[test]
fn a_waiting_connection_holds_no_block() {
    idle::a_waiting_connection_holds_no_block::<on_tokio::OnTokio>(|| ALLOCATOR.current_usage());
}
