//! Sending and showing, over TCP, with services of `connect-tokio` and of the command itself.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::tool::{self, LIMIT, Running, run};
use connect_tokio::{ConnectDatagram, Connection, TcpListener};

/// Runs a service for one client on a thread of its own. What it returns is joined from the handle.
fn service<T: Send + 'static>(
    serve: impl AsyncFnOnce(Connection) -> T + Send + 'static,
) -> (String, thread::JoinHandle<T>) {
    let (sender, address) = std::sync::mpsc::channel::<SocketAddr>();
    let thread = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr()).unwrap();
            let serving = async { serve(listener.accept().await.unwrap()).await };
            tokio::time::timeout(LIMIT, serving).await.unwrap()
        })
    });
    (address.recv().unwrap().to_string(), thread)
}

async fn echo(mut connection: Connection) {
    while let Some(datagram) = connection.reader().next().await.unwrap() {
        connection.writer().send(datagram).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// All that it is sent, as tags and text.
async fn collect(mut connection: Connection) -> Vec<(u16, String)> {
    let mut messages = Vec::new();
    while let Some(datagram) = connection.reader().next().await.unwrap() {
        let text = String::from_utf8_lossy(datagram.data()).into_owned();
        messages.push((datagram.recipient(), text));
    }
    connection.close().await.unwrap();
    messages
}

fn message(recipient: u16, data: &'static [u8]) -> ConnectDatagram {
    ConnectDatagram::new(recipient, data).unwrap()
}

/// A service that says this, and ends.
fn speaker(
    messages: impl IntoIterator<Item = ConnectDatagram> + Send + 'static,
) -> (String, thread::JoinHandle<()>) {
    service(async move |mut connection: Connection| {
        for message in messages {
            connection.writer().feed(message).await.unwrap();
        }
        connection.writer().close().await.unwrap();
        // As a client that has not yet sent anything may be about to.
        while let Ok(Some(_)) = connection.reader().next().await {}
    })
}

#[test]
fn a_script_asks_and_gets_its_answer() {
    let (address, service) = service(echo);
    let answer = run(
        [
            &address[..],
            "--send",
            "hello",
            "--replies",
            "1",
            "--timeout",
            "50s",
        ],
        b"not read",
    );
    assert_eq!(answer.text(), "hello\n");
    service.join().unwrap();
}

#[test]
fn replies_are_waited_for_with_the_direction_open() {
    let (address, service) = service(async |mut connection: Connection| {
        let question = connection.reader().next().await.unwrap().unwrap();
        // Whoever had closed would be noticed here.
        let silence = tokio::time::timeout(Duration::from_millis(300), connection.reader().next());
        assert!(silence.await.is_err());
        connection.writer().send(question).await.unwrap();
        assert_eq!(connection.reader().next().await.unwrap(), None);
    });
    let answer = run([&address[..], "--send", "hello", "--replies", "1"], b"");
    assert_eq!(answer.text(), "hello\n");
    service.join().unwrap();
}

#[test]
fn a_hundred_thousand_lines_come_back_in_order() {
    let lines: String = (0..100_000).map(|number| format!("{number}\n")).collect();
    let server = Running::listen(["--listen", "--keep", "--echo", "-o", "none", "127.0.0.1:0"]);
    let back = run([&server.address], lines.as_bytes());
    assert!(back.text() == lines);
    let (address, service) = service(echo);
    assert!(run([&address], lines.as_bytes()).text() == lines);
    service.join().unwrap();
}

#[test]
fn messages_of_the_command_line_go_in_its_order_with_their_tag_and_repeated() {
    let (address, service) = service(collect);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("message");
    std::fs::write(&file, "of a file\n").unwrap();
    let file = file.to_str().unwrap();
    let arguments = [
        "--to",
        "65535",
        "--send-hex",
        "7A7a",
        "-s",
        "-dash",
        "--send-file",
        file,
    ];
    let arguments = [
        &[&address[..]],
        &arguments[..],
        &["--send", "last", "--repeat", "2"],
    ]
    .concat();
    assert_eq!(run(arguments, b"not read").text(), "");
    let once = ["zz", "-dash", "of a file\n", "last"].map(|text| (65535, text.to_owned()));
    assert_eq!(service.join().unwrap(), [once.clone(), once].concat());
}

#[test]
fn standard_input_is_read_as_lines_as_a_whole_framed_and_as_json() {
    for (framing, stdin, expected) in [
        ("lines", &b"one\r\n\ntwo\nlast"[..], &[(9, "one"), (9, "two"), (9, "last")][..]),
        ("whole", b"one\ntwo\n", &[(9, "one\ntwo\n")]),
        ("framed", b"\0\0\0\x03one\0\0\0\x01\n", &[(9, "one"), (9, "\n")]),
        (
            "json",
            b"{\"recipient\":7,\"text\":\"\\u006fne\"}\n\n{\"base64\":\"dHdv\",\"peer\":\"x\",\"length\":3}",
            &[(7, "one"), (9, "two")],
        ),
        ("none", b"one", &[]),
    ] {
        let (address, service) = service(collect);
        // Without anything to send, the end is left to the peer or to a time.
        let arguments = [&address[..], "--stdin", framing, "--to", "9", "--linger", "1ms"];
        let sent = run(arguments, stdin);
        let left_out = sent.stderr.contains("empty lines that were not sent: 1;");
        assert_eq!(left_out, ["lines", "json"].contains(&framing), "{}", sent.stderr);
        assert_eq!(sent.text(), "");
        let expected = expected.iter().map(|(tag, text)| (*tag, (*text).to_owned()));
        assert_eq!(service.join().unwrap(), expected.collect::<Vec<_>>(), "{framing}");
    }
}

#[test]
fn arguments_go_before_standard_input_if_both_are_asked_for() {
    let (address, service) = service(collect);
    run(
        [&address[..], "--send", "first", "--stdin", "lines"],
        b"second\n",
    )
    .success();
    let expected = ["first", "second"].map(|text| (0, text.to_owned()));
    assert_eq!(service.join().unwrap(), expected);
}

#[test]
fn each_line_goes_at_once_and_each_answer_is_shown_at_once() {
    // What stands behind a message is no reason to hold it back: nothing, an empty line, or part of a next one.
    for (framing, inputs) in [
        ("lines", ["one\n", "two\n\n\r\n"]),
        ("lines", ["one\n\n", "two\nhalf of"]),
        (
            "json",
            ["{\"text\":\"one\"}\n\n", "{\"text\":\"two\"}\n \n"],
        ),
        ("framed", ["\0\0\0\x03one", "\0\0\0\x03two\0\0\0\x01"]),
    ] {
        let (address, service) = service(echo);
        let arguments = [&address[..], "--stdin", framing, "--timeout", "20s"];
        let mut client = tool::command(arguments).spawn().unwrap();
        let mut stdin = client.stdin.take().unwrap();
        let mut stdout = std::io::BufReader::new(client.stdout.take().unwrap());
        // Would wait until the time limit if anything were held back.
        for (input, expected) in inputs.into_iter().zip(["one\n", "two\n"]) {
            std::io::Write::write_all(&mut stdin, input.as_bytes()).unwrap();
            let mut answer = String::new();
            std::io::BufRead::read_line(&mut stdout, &mut answer).unwrap();
            assert_eq!(answer, expected, "{framing}: {input:?}");
        }
        drop(stdin);
        let cut = framing == "framed";
        let code = if cut { 6 } else { 0 };
        assert_eq!(tool::wait(&mut client).code(), Some(code), "{framing}");
        service.join().unwrap();
    }
}

#[test]
fn what_comes_is_shown_in_the_format_that_is_asked_for() {
    let messages = || [message(7, b"caf\xc3\xa9"), message(8, b"\0\xff")];
    for (options, expected) in [
        (&["-o", "text"][..], &b"caf\xc3\xa9\n\0\xff\n"[..]),
        (&["-o", "hex", "--show-tags"], b"7\t636166c3a9\n8\t00ff\n"),
        (&["-o", "raw"], b"caf\xc3\xa9\0\xff"),
        (&["-o", "framed"], b"\0\0\0\x05caf\xc3\xa9\0\0\0\x02\0\xff"),
        (&["-o", "none"], b""),
        (&["-o", "hex", "--only", "8..=9", "--only", "3"], b"00ff\n"),
    ] {
        let (address, service) = speaker(messages());
        let shown = run([&[&address[..], "--linger", "10s"], options].concat(), b"");
        assert_eq!(shown.success(), expected, "{options:?}");
        service.join().unwrap();
    }
}

#[test]
fn json_says_who_for_whom_how_long_and_what() {
    let (address, service) = speaker([message(7, b"\"hi\"\n"), message(8, b"\0\xff")]);
    let shown = run([&address[..], "--linger", "10s", "--output", "json"], b"").text();
    let expected = format!(
        "{{\"peer\":\"{address}\",\"recipient\":7,\"length\":5,\"text\":\"\\\"hi\\\"\\n\"}}\n\
         {{\"peer\":\"{address}\",\"recipient\":8,\"length\":2,\"base64\":\"AP8=\"}}\n"
    );
    assert_eq!(shown, expected);
    service.join().unwrap();
}

#[test]
fn what_was_recorded_can_be_played_to_another_service() {
    let (one, speaking) = speaker([message(3, b"three"), message(4, b"\xff\n\xfe")]);
    let recorded = run([&one[..], "--linger", "10s", "-o", "json"], b"").success();
    speaking.join().unwrap();
    let (two, collecting) = service(collect);
    run([&two[..], "--stdin", "json"], &recorded).success();
    let expected = [
        (3, "three".to_owned()),
        (4, "\u{fffd}\n\u{fffd}".to_owned()),
    ];
    assert_eq!(collecting.join().unwrap(), expected);
}

#[test]
fn a_count_ends_it_though_the_peer_goes_on() {
    let (address, service) =
        service(
            async |mut connection: Connection| {
                while connection.writer().send(message(1, b"news")).await.is_ok() {}
            },
        );
    let shown = run([&address[..], "--stdin", "none", "--count", "3"], b"");
    assert_eq!(shown.text(), "news\nnews\nnews\n");
    service.join().unwrap();
}

#[test]
fn a_pace_is_kept() {
    let (address, service) = service(collect);
    let begin = Instant::now();
    run(
        [&address[..], "-s", "x", "-r", "4", "--interval", "100ms"],
        b"",
    )
    .success();
    // Three intervals between four messages. That more time may pass is no fault.
    assert!(begin.elapsed() >= Duration::from_millis(300));
    assert_eq!(service.join().unwrap().len(), 4);
}

#[test]
fn what_the_peer_has_not_yet_read_is_sent_after_its_end() {
    let (address, service) = service(async |mut connection: Connection| {
        connection.writer().close().await.unwrap();
        collect(connection).await.len()
    });
    let mut client = Running::start([&address]);
    client.write_some(b"one\n");
    thread::sleep(Duration::from_millis(200));
    client.write(b"two\n");
    client.finish().success();
    assert_eq!(service.join().unwrap(), 2);
}

#[test]
fn two_of_them_pass_a_file_on() {
    let content: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_be_bytes).collect();
    let mut server = Running::listen(["--listen", "127.0.0.1:0", "--output", "raw"]);
    server.write(b"");
    run([&server.address[..], "--stdin", "whole"], &content).success();
    assert!(server.finish().success() == content);
}
