//! What only this adapter has of queues: drivers that it spawns itself.

use connect_testkit::datagrams::of_lengths;
use connect_tokio::{ConnectDatagram, Connection, ConnectionReader, WriteErrorKind};

async fn assert_received(mut reader: ConnectionReader, sent: &[ConnectDatagram]) {
    for datagram in sent {
        assert_eq!(reader.next().await.unwrap().as_ref(), Some(datagram));
    }
    assert_eq!(reader.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_spawned_driver_writes_and_says_how_it_ended() {
    let sent = of_lengths(&[10, 100_000, 20]);
    let (near, far) = Connection::in_memory(1000);
    let (sender, driver) = near.split().1.spawn_queue();
    let tasks: Vec<_> = (0..sent.len())
        .map(|index| {
            let (sender, datagram) = (sender.clone(), sent[index].clone());
            tokio::spawn(async move { sender.send(datagram).await })
        })
        .collect();
    drop(sender);
    assert_received(far.split().0, &sent).await;
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    driver.await.unwrap().unwrap();

    let (near, far) = Connection::in_memory(1000);
    let (sender, driver) = near.split().1.spawn_queue();
    drop(far);
    sender.send(sent[0].clone()).await.unwrap();
    let error = driver.await.unwrap().unwrap_err();
    assert!(matches!(error.kind(), WriteErrorKind::Io(_)), "{error}");
    assert!(sender.closed().await.is_err());
}

#[tokio::test]
async fn a_spawned_driver_runs_on_without_its_handle() {
    let sent = of_lengths(&[10, 100_000, 20]);
    let (near, far) = Connection::in_memory(1000);
    let (sender, driver) = near.split().1.spawn_queue();
    drop(driver);
    let reading = tokio::spawn({
        let sent = sent.clone();
        async move { assert_received(far.split().0, &sent).await }
    });
    for datagram in &sent {
        sender.send(datagram.clone()).await.unwrap();
    }
    sender.close().await.unwrap();
    reading.await.unwrap();
}

#[tokio::test]
async fn an_aborted_driver_is_told_to_its_senders() {
    let sent = of_lengths(&[100_000, 20]);
    let (near, _far) = Connection::in_memory(1000);
    let (sender, driver) = near.split().1.spawn_queue();
    sender.send(sent[0].clone()).await.unwrap();
    let waiting = tokio::spawn({
        let (sender, datagram) = (sender.clone(), sent[1].clone());
        async move { sender.send(datagram).await }
    });
    while sender.stats().waiting == 0 {
        tokio::task::yield_now().await;
    }
    driver.abort();
    let error = waiting.await.unwrap().unwrap_err();
    assert!(matches!(error.kind(), WriteErrorKind::DriverDropped));
    let unsent = error.unsent().unwrap();
    assert_eq!((unsent.messages, unsent.bytes), (1, 100_008 - 1000));
    assert_eq!(error.into_datagram().as_ref(), Some(&sent[1]));
    assert!(driver.await.unwrap_err().is_cancelled());
}
