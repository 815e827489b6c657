//! The behaviours that every adapter shares, on async-std over TLS, and what TLS adds to them.

mod on_async_std;
mod on_async_std_tls;
mod scripted;
mod scripted_tls;

connect_testkit::conformance_tests!(on_async_std_tls::OnAsyncStdTls, TLS);
