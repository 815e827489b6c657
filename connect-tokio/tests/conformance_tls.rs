//! The behaviours that every adapter shares, on tokio over TLS, and what TLS adds to them.

mod on_tokio;
mod on_tokio_tls;

connect_testkit::conformance_tests!(on_tokio_tls::OnTokioTls, TLS);
