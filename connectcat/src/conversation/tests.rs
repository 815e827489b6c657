//! Whole conversations in memory, with output that takes its time.

use connect_tokio::{Config, ConnectDatagram};
use tokio::io::{AsyncReadExt, DuplexStream, duplex};

use super::*;
use crate::format::{Format, Formatter};
use crate::input::{Fixed, Framing, MessageReader, Repeat};
use crate::printer::Printer;

/// What is shown can be read from the stream, which holds so many bytes.
fn output(capacity: usize) -> (Output, DuplexStream) {
    let (sink, shown) = duplex(capacity);
    let formatter = Formatter {
        format: Format::Text,
        shows_tag: false,
        is_terminal: false,
    };
    (
        Output::new(Printer::new(sink), formatter, Vec::new(), "peer".to_owned()),
        shown,
    )
}

/// As a shell's pipeline whose next part takes its time.
async fn read_late(mut shown: DuplexStream) -> String {
    sleep(Duration::from_millis(300)).await;
    let mut text = String::new();
    shown.read_to_string(&mut text).await.unwrap();
    text
}

async fn say(peer: &mut Connection, texts: &[&'static str]) {
    for text in texts {
        let datagram = ConnectDatagram::new(0, *text).unwrap();
        peer.writer().feed(datagram).await.unwrap();
    }
    peer.writer().flush().await.unwrap();
}

fn manner(end: End) -> Manner {
    Manner {
        pace: Pace::new(Duration::ZERO),
        end,
        ends_with_peer: false,
    }
}

fn input(texts: &[&'static str]) -> Input<tokio::io::Empty> {
    let datagrams = texts.iter().map(|text| ConnectDatagram::new(0, *text));
    let datagrams = datagrams.collect::<Result<_, _>>().unwrap();
    Input::new(Fixed::new(datagrams, Repeat::Times(1)), None)
}

#[tokio::test]
async fn a_message_that_is_being_shown_when_the_time_is_over_is_shown_to_its_end() {
    let (mut connection, mut peer) = Connection::in_memory(1024);
    say(&mut peer, &["more than the output holds at once"]).await;
    let (mut output, shown) = output(4);
    let conversation = async {
        let manner = manner(End::Linger(Duration::from_millis(50)));
        let result = converse(&mut connection, &mut input(&[]), &mut output, manner).await;
        drop(output);
        result
    };
    let (result, shown) = tokio::join!(conversation, read_late(shown));
    result.unwrap();
    assert_eq!(shown, "more than the output holds at once\n");
}

#[tokio::test]
async fn as_many_replies_are_shown_as_were_asked_for() {
    let (mut connection, mut peer) = Connection::in_memory(1024);
    let (mut output, shown) = output(4);
    let conversation = async {
        let mut input = input(&["question"]);
        let manner = manner(End::Replies(2));
        let result = converse(&mut connection, &mut input, &mut output, manner).await;
        drop(output);
        result
    };
    let answering = async {
        peer.reader().next().await.unwrap().unwrap();
        say(&mut peer, &["one", "two", "three"]).await;
        say(&mut peer, &["four"]).await;
        assert_eq!(peer.reader().next().await.unwrap(), None);
        peer.close().await.unwrap();
    };
    let (result, shown, ()) = tokio::join!(conversation, read_late(shown), answering);
    result.unwrap();
    assert_eq!(shown, "one\ntwo\n");
}

#[tokio::test]
async fn what_came_before_the_input_failed_is_answered_and_shown() {
    let (mut connection, mut peer) = Connection::in_memory(1024);
    let (mut output, shown) = output(1024);
    let lines = &b"question\nthis is longer than it may be\n"[..];
    let stream = MessageReader::new(lines, Framing::Lines, 0, 10);
    let mut input = Input::new(Fixed::new(Vec::new(), Repeat::Times(1)), Some(stream));
    let conversation = async {
        let manner = manner(End::Peer);
        let result = converse(&mut connection, &mut input, &mut output, manner).await;
        drop(output);
        result
    };
    let answering = async {
        while let Some(question) = peer.reader().next().await.unwrap() {
            assert_eq!(&question.data()[..], b"question");
        }
        say(&mut peer, &["answer"]).await;
        peer.close().await.unwrap();
    };
    let (result, shown, ()) = tokio::join!(conversation, read_late(shown), answering);
    assert!(matches!(result, Err(Failure::Input(_))), "{result:?}");
    assert_eq!(shown, "answer\n");
}

/// With room for all of it in the queue, and with room for one message.
#[tokio::test]
async fn what_cannot_be_sent_back_is_shown() {
    for high_water_mark in [1024, 1] {
        let config = Config::new().with_high_water_mark(high_water_mark);
        let (mut connection, mut peer) = Connection::in_memory_with(1024, config);
        say(&mut peer, &["one", "two", "three"]).await;
        drop(peer);
        let (mut output, shown) = output(1024);
        let result = echo(&mut connection, &mut output).await;
        drop(output);
        assert!(matches!(result, Err(Failure::Write(_))), "{result:?}");
        assert_eq!(read_late(shown).await, "one\ntwo\nthree\n");
    }
}
