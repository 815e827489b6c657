//! A byte stage between transport and codec: the same reader and writer as without one.

use connect_proto::{Decoder, Encoder};
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
