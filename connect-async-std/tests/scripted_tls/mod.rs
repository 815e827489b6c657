//! Connections over scripted transports with a TLS peer behind them.

use connect_async_std::{Config, Connection};
use connect_testkit::conformance::tls::behind_tls;
use connect_testkit::hostile::{ScriptedRead, ScriptedWrite};

pub(crate) fn connection(read: ScriptedRead, write: ScriptedWrite, config: Config) -> Connection {
    let vectored = write.is_vectored();
    let behind = behind_tls(read, write, config);
    let connection =
        Connection::from_parts(behind.read, behind.inbound, behind.write, behind.outbound);
    // futures-io does not tell, so the caller says it.
    if vectored {
        connection.with_vectored_writes().boxed()
    } else {
        connection.boxed()
    }
}
