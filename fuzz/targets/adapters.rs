//! Both adapters on the same transports: each does what it should, and both the same.

#![no_main]

#[path = "../../connect-async-std/tests/on_smol/mod.rs"]
mod on_smol;
#[path = "../../connect-tokio/tests/on_tokio/mod.rs"]
mod on_tokio;
#[path = "../../connect-async-std/tests/scripted/mod.rs"]
mod scripted;

use connect_testkit::fuzz::adapter;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let on_tokio = adapter::<on_tokio::OnTokio>(input);
    let on_smol = adapter::<on_smol::OnSmol>(input);
    assert_eq!(on_tokio, on_smol);
});
