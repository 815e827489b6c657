//! A byte stage between transport and codec: the same reader and writer as without one.

use bytes::Buf;
use connect_proto::stage::OutboundStage;
use connect_proto::{Decoder, Encoder, Outbox, StageError};
use connect_testkit::datagrams::of_lengths;
use connect_testkit::stage::{ToyInbound, ToyOutbound};
use connect_tokio::{Config, Connection, Inbound, Outbound, ReadError};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

fn staged(stream: DuplexStream) -> Connection {
    let config = Config::new();
    let (read, write) = tokio::io::split(stream);
    let inbound = Inbound::with_stage(Decoder::new(&config), ToyInbound::new(1000));
    let outbound = Outbound::with_stage(Encoder::new(&config), ToyOutbound::new(777));
    Connection::from_parts(read, inbound, write, outbound).boxed()
}

#[tokio::test]
async fn a_stage_changes_nothing_but_the_bytes() {
    let (near, far) = tokio::io::duplex(5000);
    let (_, mut writer) = staged(near).split();
    let (mut reader, _far_writer) = staged(far).split();
    let sent = of_lengths(&[1, 100_000, 3, 4096, 70_000]);
    let expected = sent.clone();
    let sender = tokio::spawn(async move {
        for datagram in sent {
            writer.feed(datagram).await.unwrap();
        }
        writer.close().await.unwrap();
        writer
    });
    for datagram in expected {
        assert_eq!(reader.next().await.unwrap(), Some(datagram));
    }
    // The stage's own end, while the transport is still open.
    assert_eq!(reader.next().await.unwrap(), None);
    sender.await.unwrap();
}

#[tokio::test]
async fn a_cut_or_broken_stage_is_a_lasting_error() {
    let sent = of_lengths(&[10]);
    for broken in [&[0, 1, 0, 0][..], &[]] {
        let (near, mut far) = tokio::io::duplex(5000);
        let mut sender = staged(near);
        sender.writer().send(sent[0].clone()).await.unwrap();
        let mut record = vec![0; 2 + 18 + 1];
        far.read_exact(&mut record).await.unwrap();

        let (mut near, far) = tokio::io::duplex(5000);
        near.write_all(&record).await.unwrap();
        near.write_all(broken).await.unwrap();
        drop(near);
        let mut receiver = staged(far);
        assert_eq!(
            receiver.reader().next().await.unwrap().as_ref(),
            Some(&sent[0])
        );
        for _ in 0..2 {
            let error = receiver.reader().next().await.unwrap_err();
            assert!(matches!(error, ReadError::Stage(_)), "{error}");
        }
    }
}

/// A stage that cannot go on, and has something to say about it, as TLS has its alert.
struct Broken(Outbox);

impl OutboundStage for Broken {
    fn process(&mut self, _: &mut Outbox) -> Result<(), StageError> {
        self.0.extend_from_slice(b"alert");
        Err(StageError::new("broken"))
    }

    fn finish(&mut self) -> Result<(), StageError> {
        Ok(())
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.0
    }

    fn queued(&self) -> usize {
        self.0.remaining()
    }
}

/// Regression: what a failed stage had to say was written, but neither flushed nor followed by the end.
#[tokio::test]
async fn the_last_words_of_a_failed_stage_reach_the_peer() {
    let (near, mut far) = tokio::io::duplex(5000);
    let config = Config::new();
    let outbound = Outbound::with_stage(Encoder::new(&config), Broken(Outbox::new()));
    let inbound = Inbound::from(Decoder::new(&config));
    let near = tokio::io::BufWriter::new(near);
    let mut connection = Connection::from_parts(tokio::io::empty(), inbound, near, outbound);
    let datagram = of_lengths(&[10]).remove(0);
    assert!(connection.writer().send(datagram).await.is_err());
    assert!(connection.writer().close().await.is_err());
    let mut received = Vec::new();
    far.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, b"alert");
}
