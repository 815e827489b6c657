#![no_main]

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    connect_testkit::fuzz::tls_hostile(input, || ALLOCATOR.current_usage());
});
