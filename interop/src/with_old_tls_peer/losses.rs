//! What an old writer loses, and what we see of that.

use std::io;

use connect_tokio::connect_proto::{ConnectDatagram, ReadError};
use connect_tokio::connect_tls::TlsError;

use super::SHORT;
use super::pairs::{TRUNCATED, both_roles};
use crate::exchange::{assert_clean_end, receive, send_to_us};
use crate::messages::content;
use crate::old_peer::{self, SinkExt, StreamExt};
use crate::ours::{Adapter, Connection, Reader, Writer};
use crate::timed;

/// Vectored writes end at async-tls, which takes the first piece.
pub fn what_an_old_writer_forgets_behind_the_first_queued_message_leaves_no_trace<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        for (mut ours, mut old) in both_roles::<A>().await {
            for number in 0..100_u16 {
                let datagram = old_peer::datagram(number, content(number.into(), 20));
                old.writer().feed(datagram).await.unwrap();
            }
            old.writer().flush().await.unwrap();
            send_to_us(&mut old, "after the loss").await;
            old.writer().close().await.unwrap();
            let first = ours.reader().next().await.unwrap().unwrap();
            assert_eq!(first.recipient(), 0);
            assert_eq!(first.data(), &content(0, 20));
            assert_eq!(receive(&mut ours).await, b"after the loss");
            assert_clean_end(ours.reader()).await;
        }
    });
}

/// Over TLS the old halves share a lock. A write that finds it taken forgets its message and reports success.
/// What arrives is whole and in order, so that nothing is wrong for us.
pub fn what_an_old_peer_loses_between_two_threads_leaves_no_trace<A: Adapter>() {
    const SENT: u16 = 5000;
    timed::run::<A>(SHORT, async {
        for (ours, old) in both_roles::<A>().await {
            let (mut reader, mut writer) = ours.split();
            let (mut old_reader, mut old_writer) = old.split();
            // So that the old reader is busy, too.
            let sending = A::spawn(async move {
                for number in 0..SENT {
                    let datagram = ConnectDatagram::new(number, content(0, 100)).unwrap();
                    writer.send(datagram).await.unwrap();
                }
                writer
            });
            let old_receiving =
                old_peer::spawn(async move { while old_reader.next().await.is_some() {} });
            let old_sending = old_peer::spawn(async move {
                for number in 0..SENT {
                    let datagram = old_peer::datagram(number, content(number.into(), 100));
                    old_writer.send(datagram).await.unwrap();
                }
                // Whether it finds the lock taken, too, is not known.
                let _ = old_writer.close().await;
                old_writer
            });
            let receiving = A::spawn(async move {
                let (mut arrived, mut due) = (0, 0);
                loop {
                    match reader.next().await {
                        Ok(Some(datagram)) => {
                            let number = datagram.recipient();
                            assert!(number >= due, "{number} came behind {due}");
                            assert_eq!(datagram.data(), &content(number.into(), 100));
                            (arrived, due) = (arrived + 1, number + 1);
                        }
                        Ok(None) => break arrived,
                        // It has gone with something unread.
                        Err(ReadError::Io(error))
                            if error.kind() == io::ErrorKind::ConnectionReset =>
                        {
                            break arrived;
                        }
                        Err(error) => {
                            assert_eq!(TlsError::of_read(&error), Some(&TRUNCATED));
                            break arrived;
                        }
                    }
                }
            });
            let (writer, old_writer) = tokio::join!(sending, old_sending);
            // Its reader may have missed what its writer has read.
            old_receiving.cancel().await;
            drop(old_writer);
            let arrived = receiving.await;
            drop(writer);
            assert!(arrived > 0);
            println!(
                "{}, TLS, old halves on two threads: {arrived} of {SENT} messages came",
                A::NAME
            );
        }
    });
}
