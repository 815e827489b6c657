//! Connections of both adapters, with or without router and queue, as one type.

use std::pin::Pin;

use connect_proto::queue::QueueSender;
use connect_proto::router::{RouteConfig, RouteReceiver, Routes};
use connect_proto::{ConnectDatagram, ReadError, WriteError};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, Sink, StreamExt};

use crate::series::{self, LANES, TAGS};

/// Where messages come from.
pub(crate) enum Incoming {
    Reader(BoxStream<'static, Result<ConnectDatagram, ReadError>>),
    /// A receiver for each lane, and the driver.
    Router(
        Vec<RouteReceiver>,
        BoxFuture<'static, Result<(), ReadError>>,
    ),
}

/// Where messages go to.
pub(crate) enum Outgoing {
    Writer(Pin<Box<dyn Sink<ConnectDatagram, Error = WriteError> + Send>>),
    /// A handle and the driver.
    Queue(QueueSender, BoxFuture<'static, Result<(), WriteError>>),
}

/// The adapters have the same methods and no trait in common.
macro_rules! halves {
    ($name:ident, $adapter:ident) => {
        pub(crate) fn $name(
            connection: $adapter::Connection,
            with_router: bool,
            with_queue: bool,
        ) -> (Incoming, Outgoing) {
            let (reader, writer) = connection.split();
            let incoming = if with_router {
                let (receivers, routes) = routes();
                Incoming::Router(receivers, reader.into_router(routes).boxed())
            } else {
                Incoming::Reader(reader.boxed())
            };
            let outgoing = if with_queue {
                let (sender, driver) = writer.into_queue();
                Outgoing::Queue(sender, driver.boxed())
            } else {
                Outgoing::Writer(Box::pin(writer))
            };
            (incoming, outgoing)
        }
    };
}

halves!(of_tokio, connect_tokio);
halves!(of_async_std, connect_async_std);

/// A route for each lane.
fn routes() -> (Vec<RouteReceiver>, Routes) {
    let mut routes = Routes::new();
    let receivers = (0..LANES)
        .map(|lane| {
            let recipients = series::recipient(lane, 0)..=series::recipient(lane, TAGS - 1);
            let route = routes.add(recipients, RouteConfig::new());
            route.expect("lanes do not overlap")
        })
        .collect();
    (receivers, routes)
}
