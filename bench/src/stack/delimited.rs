//! LengthDelimitedCodec of tokio-util, in a Framed.

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

use super::Link;
use super::over::{End, Framing, Stream};
use crate::Failure;

pub struct Delimited;

impl Framing for Delimited {
    type Link<S: Stream> = Framed<S, LengthDelimitedCodec>;

    async fn over<S: Stream>(stream: S, _: End) -> Self::Link<S> {
        Framed::new(stream, LengthDelimitedCodec::new())
    }
}

impl<S: Stream> Link for Framed<S, LengthDelimitedCodec> {
    async fn send(&mut self, message: Bytes) -> Result<(), Failure> {
        Ok(SinkExt::send(self, message).await?)
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Failure> {
        Ok(self.next().await.transpose()?.map(BytesMut::freeze))
    }

    async fn close(&mut self) -> Result<(), Failure> {
        Ok(SinkExt::<Bytes>::close(self).await?)
    }
}
