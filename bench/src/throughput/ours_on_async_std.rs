//! Connect on async-std, over TCP.

use bytes::Bytes;
use connect_async_std::{Config, ConnectDatagram, Connection};

use connect_bench::Failure;
use connect_bench::receipt::Received;

use crate::contender::Run;
use crate::ground::Ground;
use crate::ours::RECIPIENT;
use crate::trips::Times;

pub fn one_way(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    ground.on_async_std(
        async move |end| {
            let mut connection = Connection::from_tcp(end.async_std()?, Config::new())?;
            let mut feed = run.feed();
            while let Some(message) = feed.next_bytes() {
                let datagram = ConnectDatagram::new(RECIPIENT, message)?;
                connection.writer().feed(datagram).await?;
            }
            connection.close().await?;
            Ok(feed.sent())
        },
        async move |end| {
            let mut connection = Connection::from_tcp(end.async_std()?, Config::new())?;
            let mut receipt = run.receipt();
            while let Some(datagram) = connection.reader().next().await? {
                receipt.message(datagram.data())?;
            }
            receipt.finish()
        },
    )
}

pub fn round_trip(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    ground.on_async_std(
        async move |end| {
            let mut connection = Connection::from_tcp(end.async_std()?, Config::new())?;
            let mut trips = run.trips();
            while let Some(message) = trips.next() {
                let message = Bytes::from_static(message);
                let datagram = ConnectDatagram::new(RECIPIENT, message)?;
                connection.writer().send(datagram).await?;
                let reply = connection.reader().next().await?;
                trips.back(reply.ok_or("the peer has closed")?.data())?;
            }
            connection.writer().close().await?;
            if connection.reader().next().await?.is_some() {
                return Err("a message too many came back".into());
            }
            trips.finish()
        },
        async move |end| {
            let mut connection = Connection::from_tcp(end.async_std()?, Config::new())?;
            while let Some(datagram) = connection.reader().next().await? {
                connection.writer().send(datagram).await?;
            }
            Ok(connection.close().await?)
        },
    )
}
