//! The behaviours that every adapter shares, on tokio.

mod on_tokio;

connect_testkit::conformance_tests!(on_tokio::OnTokio);
