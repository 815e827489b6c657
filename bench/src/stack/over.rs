//! Messages over streams: any framing over any transport.

use std::marker::PhantomData;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Endpoints, Link};
use crate::Failure;

/// What messages are framed by.
pub trait Framing: 'static {
    type Link<S: Stream>: Link;

    fn over<S: Stream>(stream: S, end: End) -> impl Future<Output = Self::Link<S>> + Send;
}

/// For framings whose ends differ.
#[derive(Clone, Copy)]
pub enum End {
    Server,
    Client,
}

/// What messages can go over.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

/// The framing `F` over the streams of `T`.
pub struct Over<T, F>(PhantomData<fn() -> (T, F)>);

impl<T: Endpoints<Server: Stream, Client: Stream>, F: Framing> Endpoints for Over<T, F> {
    type Runtime = T::Runtime;
    type Listener = T::Listener;
    type Accepted = T::Accepted;
    type Server = F::Link<T::Server>;
    type Connector = T::Connector;
    type Client = F::Link<T::Client>;

    async fn listen() -> Result<(T::Listener, SocketAddr), Failure> {
        T::listen().await
    }

    async fn accept(listener: &mut T::Listener) -> Result<T::Accepted, Failure> {
        T::accept(listener).await
    }

    async fn establish(accepted: T::Accepted) -> Result<Self::Server, Failure> {
        Ok(F::over(T::establish(accepted).await?, End::Server).await)
    }

    fn connector() -> Result<T::Connector, Failure> {
        T::connector()
    }

    async fn connect(
        connector: &T::Connector,
        address: SocketAddr,
    ) -> Result<Self::Client, Failure> {
        Ok(F::over(T::connect(connector, address).await?, End::Client).await)
    }
}
