//! The real `connect` 0.2.4 at the other end of a TLS connection of `connect-tokio`.

connect_interop::tests_with_old_tls_peer!(connect_interop::ours::OnTokio);
