//! Both adapters, over transports in memory. Their surfaces are the same, so their cases are written once.
//!
//! What is received comes in a burst, behind which the transport is dry: a connection that goes from rest to rest.

/// The cases of one adapter, as a module.
macro_rules! adapter_cases {
    ($module:ident, $adapter:ident $(, $vectored:ident)?) => {
        pub(super) mod $module {
            use std::hint::black_box;
            use std::task::{Context, Poll, Waker};

            use $adapter::connect_proto::{Config, Encoder, Inbound, Outbound};
            use $adapter::connect_proto::{Decoder, router};
            use $adapter::{Connection, ConnectionReader, ConnectionWriter};

            use crate::case::Case;
            use crate::messages::{RECIPIENT, data, datagram, datagram_ref, length, stream};
            use crate::poll::{poll_once, ready};
            use crate::tls_pair::{established, take};
            use crate::transport::{Sink, Source};

            type Reader = ConnectionReader<Source>;
            type Writer = ConnectionWriter<Sink>;

            pub(crate) fn cases() -> Vec<Case> {
                let small = (64, 10_000);
                let long = (64 * 1024, 100);
                vec![
                    sending("feed", small, false, feed),
                    sending("feed_ref", small, false, feed_ref),
                    sending("push_ref", small, false, push_ref),
                    sending("push_while_ready", small, false, push_while_ready),
                    sending("send", small, false, send),
                    sending("feed", long, false, feed),
                    sending("tls-feed", small, true, feed),
                    sending("tls-send", small, true, send),
                    sending("tls-feed", long, true, feed),
                    queue(small),
                    receiving("next", small, false, next),
                    receiving("next_ref", small, false, next_ref),
                    receiving("next_many", small, false, next_many),
                    receiving("next_batch", small, false, next_batch),
                    receiving("next", long, false, next),
                    receiving("next_ref", long, false, next_ref),
                    receiving("tls-next", small, true, next),
                    receiving("tls-next_batch", small, true, next_batch),
                    receiving("tls-next", long, true, next),
                    lone("next-lone", small.0, false),
                    lone("next-lone", 8 * 1024, false),
                    lone("tls-next-lone", small.0, true),
                    router(small),
                ]
            }

            fn name(case: &str, size: usize) -> String {
                format!("{}-{case}-{}", stringify!($module), length(size))
            }

            fn connect(read: &'static [u8], inbound: Inbound, outbound: Outbound) -> (Reader, Writer) {
                let connection = Connection::from_parts(Source::new(read), inbound, Sink, outbound)
                    $(.$vectored())?;
                connection.split()
            }

            fn writer(tls: bool) -> Writer {
                let inbound = Inbound::from(Decoder::new(&Config::new()));
                let outbound = match tls {
                    false => Outbound::from(Encoder::new(&Config::new())),
                    true => established().0.split().1,
                };
                connect(&[], inbound, outbound).1
            }

            /// Records carry no numbers here: the same can be received again.
            fn reader(stream: &'static [u8], tls: bool) -> Reader {
                let outbound = Outbound::from(Encoder::new(&Config::new()));
                if !tls {
                    let inbound = Inbound::from(Decoder::new(&Config::new()));
                    return connect(stream, inbound, outbound).0;
                }
                let (mut client, server) = established();
                let mut ciphertext = Vec::new();
                for datagram in messages(stream) {
                    client.push_ref(datagram).expect("well");
                    if client.queued() >= 64 * 1024 {
                        ciphertext.extend(take(&mut client));
                    }
                }
                ciphertext.extend(take(&mut client));
                connect(Vec::leak(ciphertext), server.split().0, outbound).0
            }

            fn messages(
                stream: &'static [u8],
            ) -> impl Iterator<Item = $adapter::DatagramRef<'static>> {
                let decoder = Box::leak(Box::new(Decoder::new(&Config::new())));
                decoder.extend_from_slice(stream);
                decoder.datagrams()
            }

            fn sending(
                case: &str,
                (size, count): (usize, usize),
                tls: bool,
                send: fn(&mut Writer, &'static [u8], usize),
            ) -> Case {
                Case::new(name(case, size), count, move || {
                    let data = data(size);
                    let mut writer = writer(tls);
                    move || {
                        send(&mut writer, data, count);
                        assert_eq!(writer.queued_bytes(), 0);
                    }
                })
            }

            fn feed(writer: &mut Writer, data: &'static [u8], count: usize) {
                for _ in 0..count {
                    ready(writer.feed(datagram(data))).expect("well");
                }
                ready(writer.flush()).expect("well");
            }

            fn feed_ref(writer: &mut Writer, data: &'static [u8], count: usize) {
                for _ in 0..count {
                    ready(writer.feed_ref(datagram_ref(data))).expect("well");
                }
                ready(writer.flush()).expect("well");
            }

            fn push_ref(writer: &mut Writer, data: &'static [u8], count: usize) {
                for _ in 0..count {
                    if !writer.is_ready() {
                        ready(writer.ready()).expect("well");
                    }
                    writer.push_ref(datagram_ref(data)).expect("well");
                }
                ready(writer.flush()).expect("well");
            }

            fn push_while_ready(writer: &mut Writer, data: &'static [u8], count: usize) {
                let mut datagrams = (0..count).map(|_| datagram_ref(data));
                while !writer.push_while_ready(&mut datagrams).expect("well") {
                    ready(writer.ready()).expect("well");
                }
                ready(writer.flush()).expect("well");
            }

            fn send(writer: &mut Writer, data: &'static [u8], count: usize) {
                for _ in 0..count {
                    ready(writer.send(datagram(data))).expect("well");
                }
            }

            /// A hundred messages for each write.
            fn queue((size, count): (usize, usize)) -> Case {
                Case::new(name("queue", size), count, move || {
                    let data = data(size);
                    let (sender, mut driver) = writer(false).into_queue();
                    move || {
                        for _ in 0..count / 100 {
                            for _ in 0..100 {
                                ready(sender.send(datagram(data))).expect("well");
                            }
                            assert!(poll_once(&mut driver).is_pending());
                        }
                        assert_eq!(sender.stats().queued_bytes, 0);
                    }
                })
            }

            fn receiving(
                case: &str,
                (size, count): (usize, usize),
                tls: bool,
                receive: fn(&mut Reader) -> usize,
            ) -> Case {
                Case::new(name(case, size), count, move || {
                    let mut reader = reader(stream(size, count), tls);
                    move || assert_eq!(receive(&mut reader), count)
                })
            }

            fn next(reader: &mut Reader) -> usize {
                let mut count = 0;
                while let Poll::Ready(datagram) = poll_once(reader.next()) {
                    black_box(datagram.expect("well").expect("not the end"));
                    count += 1;
                }
                count
            }

            fn next_ref(reader: &mut Reader) -> usize {
                let mut count = 0;
                while let Poll::Ready(datagram) = poll_once(reader.next_ref()) {
                    black_box(datagram.expect("well").expect("not the end"));
                    count += 1;
                }
                count
            }

            fn next_many(reader: &mut Reader) -> usize {
                let mut datagrams = Vec::with_capacity(256);
                let mut count = 0;
                while let Poll::Ready(more) = poll_once(reader.next_many(&mut datagrams, 256)) {
                    count += more.expect("well");
                    datagrams.clear();
                }
                count
            }

            fn next_batch(reader: &mut Reader) -> usize {
                let mut count = 0;
                while let Poll::Ready(batch) = poll_once(reader.next_batch()) {
                    for datagram in batch.expect("well").expect("not the end") {
                        black_box(datagram.data());
                        count += 1;
                    }
                }
                count
            }

            /// One message at a time, each of which is waited for.
            fn lone(case: &str, size: usize, tls: bool) -> Case {
                let count = 1000;
                Case::new(name(case, size), count, move || {
                    let mut reader = reader(stream(size, 1), tls);
                    move || {
                        for _ in 0..count {
                            assert_eq!(next(&mut reader), 1);
                        }
                    }
                })
            }

            fn router((size, count): (usize, usize)) -> Case {
                Case::new(name("router", size), count, move || {
                    let mut routes = router::Routes::new();
                    let route = routes.add(RECIPIENT, router::RouteConfig::new());
                    let mut receiver = route.expect("the first route");
                    let mut driver = reader(stream(size, count), false).into_router(routes);
                    move || {
                        let mut received = 0;
                        while received < count {
                            assert!(poll_once(&mut driver).is_pending());
                            while let Poll::Ready(datagram) = poll_once(receiver.next()) {
                                black_box(datagram.expect("well").expect("not the end"));
                                received += 1;
                            }
                        }
                        // To rest.
                        let mut cx = Context::from_waker(Waker::noop());
                        let _ = std::pin::Pin::new(&mut driver).poll(&mut cx);
                    }
                })
            }
        }
    };
}

adapter_cases!(tokio, connect_tokio);
adapter_cases!(async_std, connect_async_std, with_vectored_writes);
