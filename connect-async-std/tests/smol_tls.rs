//! The behaviours that every adapter shares, on smol over TLS, and what TLS adds to them.

mod on_smol;
mod on_smol_tls;
mod scripted;
mod scripted_tls;

connect_testkit::conformance_tests!(on_smol_tls::OnSmolTls, TLS);
