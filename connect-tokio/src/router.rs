//! Many tasks that receive from one connection, each for its own recipients.

use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use connect_proto::ReadError;
use connect_proto::router::{RouteDelivery, Routes};
use tokio::io::AsyncRead;
use tokio::task::JoinHandle;

use crate::connection::BoxedRead;
use crate::reader::ConnectionReader;

impl<R: AsyncRead + Unpin> ConnectionReader<R> {
    /// Hands every datagram to the receiver of its recipient. The driver that does it is to be spawned.
    ///
    /// One connection is one ordered stream: a receiver that takes nothing while its queue is full **holds the
    /// line**, and with it all other receivers and the peer's sender, unless its route may discard.
    /// [`connect_proto::router`] says more.
    ///
    /// ```
    /// # use connect_tokio::{ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use connect_tokio::{RouteConfig, Routes};
    ///
    /// # let (client, server) = Connection::in_memory(1024);
    /// # let (_, mut writer) = client.split();
    /// # let (reader, _) = server.split();
    /// # writer.feed(ConnectDatagram::new(7, "an order")?).await?;
    /// # writer.feed(ConnectDatagram::new(70, "something else")?).await?;
    /// # writer.close().await?;
    /// let mut routes = Routes::new();
    /// let mut orders = routes.add(1..=9, RouteConfig::new())?;
    /// let mut rest = routes.add_rest(RouteConfig::new())?;
    /// let driver = tokio::spawn(reader.into_router(routes));
    ///
    /// while let Some(order) = orders.next().await? {
    ///     println!("an order for {}", order.recipient());
    /// }
    /// while let Some(other) = rest.next().await? {
    ///     println!("something else for {}", other.recipient());
    /// }
    /// driver.await??;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_router(self, routes: Routes) -> RouterDriver<R> {
        RouterDriver {
            reader: self,
            delivery: routes.into_delivery(),
        }
    }
}

impl<R: AsyncRead + Unpin + Send + 'static> ConnectionReader<R> {
    /// As [`into_router`](Self::into_router), with the driver spawned as a task of its own. To abort that is
    /// to drop the driver.
    ///
    /// ```
    /// # use connect_tokio::{ConnectDatagram, Connection};
    /// use connect_tokio::{RouteConfig, Routes};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (client, server) = Connection::in_memory(1024);
    /// # let (_, mut writer) = client.split();
    /// # let (reader, _) = server.split();
    /// # writer.send(ConnectDatagram::new(7, "an order")?).await?;
    /// # writer.close().await?;
    /// let mut routes = Routes::new();
    /// let mut orders = routes.add(1..=9, RouteConfig::new())?;
    /// let driver = reader.spawn_router(routes);
    /// assert_eq!(orders.next().await?.unwrap().data(), "an order");
    /// drop(orders); // the last receiver: the driver ends
    /// driver.await??;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// None at once. The task ends with those of the [`RouterDriver`].
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn spawn_router(self, routes: Routes) -> JoinHandle<Result<(), ReadError>> {
        tokio::spawn(self.into_router(routes))
    }
}

/// Reads from a connection and delivers to the receivers of [`Routes`]: a future, to be spawned.
///
/// It is ready when it is over: `Ok` at the clean end of the stream and when every receiver is gone. Polled again, it says
/// the same.
///
/// ```
/// # use connect_tokio::{ConnectDatagram, Connection};
/// use connect_tokio::{RouteConfig, Routes};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (client, server) = Connection::in_memory(1024);
/// # let (_, mut writer) = client.split();
/// # let (reader, _) = server.split();
/// # writer.send(ConnectDatagram::new(7, "an order")?).await?;
/// # writer.close().await?;
/// let mut routes = Routes::new();
/// let mut orders = routes.add(1..=9, RouteConfig::new())?;
/// let driver = tokio::spawn(reader.into_router(routes));
/// assert_eq!(orders.next().await?.unwrap().data(), "an order");
/// assert!(orders.next().await?.is_none()); // the peer has closed, and the driver ends
/// driver.await??;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// A [`ReadError`] that the receivers get, too: [`ReadError::Protocol`], [`ReadError::Stage`] or [`ReadError::Io`] when the
/// stream fails, [`ReadError::UnknownRecipient`] when the peer sends to a recipient without a route.
///
/// # Cancel safety
///
/// Dropped before its end, it drops the reading half; receivers get what is queued for them, and then
/// [`ReadError::DriverDropped`].
#[must_use = "a router does nothing unless its driver is polled: spawn it"]
pub struct RouterDriver<R = BoxedRead> {
    reader: ConnectionReader<R>,
    delivery: RouteDelivery,
}

impl<R: AsyncRead + Unpin> Future for RouterDriver<R> {
    type Output = Result<(), ReadError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { reader, delivery } = &mut *self;
        loop {
            match ready!(delivery.poll_deliver(&mut reader.inbound, cx)) {
                ControlFlow::Break(outcome) => return Poll::Ready(outcome),
                ControlFlow::Continue(()) => ready!(reader.poll_fill(cx)),
            }
        }
    }
}

impl<R> fmt::Debug for RouterDriver<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterDriver")
            .field("reader", &self.reader)
            .field("delivery", &self.delivery)
            .finish()
    }
}
