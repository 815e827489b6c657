//! Connections within one process.

use connect_proto::Config;

use crate::connection::Connection;

impl Connection {
    /// Two connected connections without a network, for tests and for parts of one process.
    ///
    /// `capacity` is how many bytes each direction holds before its writer has to wait, at least one. Memory is needed
    /// only for what is held.
    ///
    /// ```
    /// # use connect_tokio::{ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (mut here, mut there) = Connection::in_memory(64 * 1024);
    /// here.writer().send(ConnectDatagram::new(1, "over there")?).await?;
    /// assert_eq!(there.reader().next().await?.unwrap().data(), "over there");
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_memory(capacity: usize) -> (Self, Self) {
        Self::in_memory_with(capacity, Config::new())
    }

    /// As [`in_memory`](Self::in_memory), with settings for both ends.
    pub fn in_memory_with(capacity: usize, config: Config) -> (Self, Self) {
        let (here, there) = tokio::io::duplex(capacity.max(1));
        let connect = |stream| Self::from_stream(stream, config);
        (connect(here), connect(there))
    }
}
