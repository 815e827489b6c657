//! How a run ends, which a script sees from its exit code.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::tool::{self, Running, run};

/// A peer on a thread of its own, that does what it likes with its client.
fn peer(act: impl FnOnce(TcpStream) + Send + 'static) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (
        address,
        thread::spawn(move || act(listener.accept().unwrap().0)),
    )
}

/// A peer that says these bytes, and reads to the end.
fn saying(bytes: &'static [u8]) -> String {
    let act = move |mut stream: TcpStream| {
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    };
    peer(act).0
}

#[test]
fn nobody_is_there() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    run([free.to_string()], b"").failure(1, &format!("tcp://{free}: "));
    run(["unix:/no/such/socket"], b"").failure(1, "unix:/no/such/socket: ");
    run(["no-such-host.invalid:1"], b"").failure(1, "tcp://no-such-host.invalid:1: ");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    run(["--listen", &address], b"").failure(1, "in use");
}

#[test]
fn what_does_not_speak_connect_is_said_and_what_came_before_is_shown() {
    let good = b"\0\0\0\x06\0\x01\0\x07hi";
    for (bad, reason) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\n"[..],
            "peer announced 1213486156 bytes",
        ),
        (b"\0\0\0\0", "frame of size 0"),
        (b"\0\0\0\x05\0\x02\0\0x", "version 2"),
        (b"\xff\xff\xff\xff\0\x01\0\0", "announced 4294967291 bytes"),
    ] {
        let bytes = [good, bad].concat().leak();
        let ended = run([&saying(bytes)], b"");
        ended.failure(5, reason);
        assert_eq!(ended.stdout, b"hi\n");
    }
    let ended = run([&saying(good)[..], "--max-len", "1"], b"");
    ended.failure(5, "announced 2 bytes of data; the receive limit is 1");
}

#[test]
fn a_stream_that_is_cut_is_a_lost_connection() {
    run([&saying(b"\0\0\0\x09\0\x01\0\0cut")], b"").failure(1, "ended inside a frame");
}

#[test]
fn fewer_messages_than_expected() {
    for expected in ["--replies", "--count"] {
        let address = saying(b"\0\0\0\x05\0\x01\0\0x");
        let ended = run([&address[..], "-s", "ask", expected, "2"], b"");
        ended.failure(4, "after 1 of 2 messages");
        assert_eq!(ended.stdout, b"x\n");
        let address = saying(b"\0\0\0\x05\0\x01\0\0x");
        run([&address[..], "-s", "ask", expected, "1"], b"").success();
    }
}

#[test]
fn a_time_limit() {
    let (silent, _peer) = peer(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    let ended = run(
        [
            &silent[..],
            "-s",
            "x",
            "--replies",
            "1",
            "--timeout",
            "100ms",
        ],
        b"",
    );
    ended.failure(3, "100ms (--timeout)");
    ended.failure(3, "sent 1 message (9 bytes), received 0 messages");
    run(["--listen", "127.0.0.1:0", "--timeout", "100ms"], b"").failure(3, "--timeout");
}

/// Whatever is read before there is a connection: messages, and what TLS needs.
#[cfg(unix)]
#[test]
fn the_time_limit_and_signals_are_for_files_that_are_pipes_too() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let pipe = pipe.to_str().unwrap();
    for arguments in [
        ["127.0.0.1:1", "--send-file", pipe],
        ["tls://127.0.0.1:1", "--authority", pipe],
    ] {
        let limited = [&arguments[..], &["--timeout", "100ms"]].concat();
        run(limited, b"").failure(3, "--timeout");
        let waiting = Running::start(arguments);
        thread::sleep(Duration::from_millis(200));
        waiting.signal("INT");
        waiting.finish().failure(130, "interrupted");
    }
}

#[test]
fn a_peer_that_does_not_take_what_is_sent() {
    let (deaf, _peer) = peer(|stream| {
        thread::sleep(tool::LIMIT);
        drop(stream);
    });
    let ended = run(
        [&deaf[..], "-s", "x", "-r", "forever", "--timeout", "500ms"],
        b"",
    );
    ended.failure(3, "accepted but not handed over: ");
}

/// Far more than two sockets and what lies between them hold.
const MORE_THAN_FITS: usize = 64 * 1024 * 1024;

#[test]
fn what_cannot_be_sent_is_not_read() {
    let (deaf, _peer) = peer(|stream| {
        thread::sleep(tool::LIMIT);
        drop(stream);
    });
    let mut client = tool::command([&deaf[..], "--timeout", "1s"])
        .spawn()
        .unwrap();
    let mut stdin = client.stdin.take().unwrap();
    let lines = b"0123456789abcde\n".repeat(4096);
    let mut taken = 0;
    // Until it has gone.
    while taken < MORE_THAN_FITS && stdin.write_all(&lines).is_ok() {
        taken += lines.len();
    }
    assert!(taken < MORE_THAN_FITS);
    assert_eq!(tool::wait(&mut client).code(), Some(3));
}

#[test]
fn a_lost_connection_says_how_much_was_not_sent() {
    let (address, _peer) = peer(|mut stream| {
        // Dropped with unread bytes, which is a reset.
        stream.read_exact(&mut [0; 100_000]).unwrap();
    });
    let ended = run(
        [&address[..], "-s", &"x".repeat(1000), "-r", "forever"],
        b"",
    );
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains(" not "), "{ended:?}");
}

#[test]
fn input_that_cannot_be_sent_ends_it_after_what_could_be() {
    for (framing, stdin, reason) in [
        (
            "lines",
            &b"good\ntoo long for it\nlost"[..],
            "line 2 is longer than 10 bytes",
        ),
        (
            "whole",
            b"too long for it",
            "longer than a message may be: 10 bytes",
        ),
        ("whole", b"", "is empty"),
        (
            "framed",
            b"\0\0\0\x04good\0\0\0\x0b",
            "message 2 is longer than a message may be",
        ),
        (
            "framed",
            b"\0\0\0\x04good\0\0\0\x02x",
            "message 2 is cut: 1 bytes are missing",
        ),
        (
            "framed",
            b"\0\0\0\x04good\0\0",
            "message 2 is cut: 2 bytes are missing",
        ),
        ("framed", b"\0\0\0\x04good\0\0\0\0", "message 2 is empty"),
        (
            "json",
            b"{\"text\":\"good\"}\n{\"text\":\"\"}\n",
            "line 2 is empty",
        ),
        (
            "json",
            b"{\"text\":\"good\"}\n{\"text\":7}\n",
            "line 2: invalid type",
        ),
        (
            "json",
            b"{\"text\":\"good\"}\n{\"to\":7}\n",
            "line 2: unknown field `to`",
        ),
        (
            "json",
            b"{\"text\":\"good\"}\n{}\n",
            "line 2: neither `text` nor `base64`",
        ),
        (
            "json",
            b"{\"text\":\"good\"}\n{\"base64\":\"x\"}\n",
            "line 2: base64",
        ),
        ("json", b"{\"text\":\"good\"}\n\xff\n", "line 2: "),
        (
            "json",
            b"{\"text\":\"good\"}\n{\"text\":\"too long for it\"}",
            "line 2 is longer than",
        ),
    ] {
        let mut server = Running::listen(["--listen", "127.0.0.1:0"]);
        server.write(b"");
        let arguments = [&server.address[..], "--stdin", framing, "--max-len", "10"];
        run(arguments, stdin).failure(6, reason);
        let expected = if framing == "whole" { "" } else { "good\n" };
        assert_eq!(server.finish().text(), expected, "{framing}: {reason}");
    }
}

#[test]
fn files_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("empty"), "").unwrap();
    std::fs::write(path("long"), "0123456789x").unwrap();
    for (name, reason) in [
        ("missing", "missing: "),
        ("empty", "empty: empty: a message carries"),
        ("long", "long: longer than a message may be: 10 bytes"),
    ] {
        // Before anybody is bothered: nobody listens there.
        let arguments = ["127.0.0.1:1", "--max-len", "10", "--send-file", &path(name)];
        run(arguments, b"").failure(6, reason);
    }
    let missing = path("missing");
    let tls = ["tls://127.0.0.1:1", "--authority", &missing];
    run(tls, b"").failure(6, &missing);
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let server = Running::listen(["--listen", "--keep", "--echo", "-o", "none", "127.0.0.1:0"]);
    let mut client = tool::command([
        &server.address[..],
        "-s",
        "x",
        "-r",
        "forever",
        "--timeout",
        "60s",
    ]);
    let mut client = client.spawn().unwrap();
    let mut stdout = client.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 4]).unwrap();
    drop(stdout);
    let status = tool::wait(&mut client);
    let mut said = String::new();
    client
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!((status.code(), &said[..]), (Some(141), ""));
}

/// Also if that is noticed by a later client than the first.
#[test]
fn a_service_whose_reader_has_gone_ends() {
    let mut server = tool::command(["--listen", "--keep", "127.0.0.1:0", "--timeout", "60s"])
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(server.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").unwrap();
    run([address], b"").success();
    drop(server.stdout.take());
    // Two, because the first may be over before its message is shown.
    for _ in 0..2 {
        run([address, "-s", "x"], b"");
    }
    assert_eq!(tool::wait(&mut server).code(), Some(141));
}

#[test]
fn without_standard_error_it_works_as_well() {
    let server = Running::listen(["--listen", "--keep", "--echo", "-o", "none", "127.0.0.1:0"]);
    let mut client = tool::command([&server.address[..], "-v", "-s", "x", "-n", "1"]);
    let mut client = client.spawn().unwrap();
    drop(client.stderr.take());
    assert_eq!(tool::wait(&mut client).code(), Some(0));
}

#[cfg(unix)]
#[test]
fn ctrl_c_says_how_far_it_came() {
    let server = Running::listen(["--listen", "--keep", "--echo", "-o", "none", "127.0.0.1:0"]);
    let mut client = Running::start([&server.address[..], "-v"]);
    assert!(client.next_line().starts_with("connected: "));
    client.write_some(b"hello\n");
    thread::sleep(Duration::from_millis(200));
    client.signal("INT");
    let ended = client.finish();
    ended.failure(
        130,
        "sent 1 message (13 bytes), received 1 message (13 bytes)",
    );
    assert_eq!(ended.stdout, b"hello\n");
}
