//! Connections within one process.

use connect_proto::Config;

use crate::connection::Connection;

impl Connection {
    /// Two connected connections without a network, for tests and for parts of one process.
    ///
    /// `capacity` is how many bytes each direction holds before its writer has to wait, at least one. That much memory is
    /// allocated for each at once.
    ///
    /// ```
    /// # use connect_async_std::{ConnectDatagram, Connection};
    /// # futures_lite::future::block_on(async {
    /// let (mut here, mut there) = Connection::in_memory(64 * 1024);
    /// here.writer().send(ConnectDatagram::new(1, "over there")?).await?;
    /// assert_eq!(there.reader().next().await?.unwrap().data(), "over there");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// If `capacity` exceeds half of `usize::MAX`.
    pub fn in_memory(capacity: usize) -> (Self, Self) {
        Self::in_memory_with(capacity, Config::new())
    }

    /// As [`in_memory`](Self::in_memory), with settings for both ends.
    ///
    /// # Panics
    ///
    /// As [`in_memory`](Self::in_memory).
    pub fn in_memory_with(capacity: usize, config: Config) -> (Self, Self) {
        let (from_there, to_here) = piper::pipe(capacity.max(1));
        let (from_here, to_there) = piper::pipe(capacity.max(1));
        (
            Connection::from_halves(from_there, to_there, config).boxed(),
            Connection::from_halves(from_here, to_here, config).boxed(),
        )
    }
}
