//! Connections over scripted transports.

use connect_async_std::{Config, Connection};
use connect_testkit::hostile::{ScriptedRead, ScriptedWrite};

pub(crate) fn connection(read: ScriptedRead, write: ScriptedWrite, config: Config) -> Connection {
    let vectored = write.is_vectored();
    let connection = Connection::from_halves(read, write, config);
    // futures-io does not tell, so the caller says it.
    if vectored {
        connection.with_vectored_writes().boxed()
    } else {
        connection.boxed()
    }
}
