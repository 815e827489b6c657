//! Being a service.

use std::thread;

use crate::tool::{Running, run};

#[test]
fn one_client_is_served_and_seen() {
    let mut server = Running::listen(["--listen", "127.0.0.1:0"]);
    server.write(b"from the server\n");
    let address = server.address.clone();
    assert!(address.starts_with("tcp://127.0.0.1:"), "{address}");
    assert_eq!(
        run([&address], b"from the client\n").text(),
        "from the server\n"
    );
    let served = server.finish();
    assert!(
        served.stderr.contains("connected: 127.0.0.1:"),
        "{}",
        served.stderr
    );
    assert_eq!(served.text(), "from the client\n");
    run([&address], b"").failure(1, "refused");
}

#[test]
fn all_clients_are_served_at_once() {
    let server = Running::listen(["--listen", "--keep", "--echo", "127.0.0.1:0", "-o", "none"]);
    // One that says nothing holds up nobody.
    let _silent = Running::start([&server.address[..], "--stdin", "none"]);
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let address = server.address.clone();
            thread::spawn(move || {
                let lines: String = (0..1000)
                    .map(|line| format!("{client}: {line}\n"))
                    .collect();
                assert!(run([&address], lines.as_bytes()).text() == lines);
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
}

#[test]
fn clients_beyond_those_that_are_served_at_once_wait() {
    let options = ["--echo", "-o", "none", "--max-clients", "2", "127.0.0.1:0"];
    let server = Running::listen([&["--listen", "--keep"][..], &options].concat());
    let silent = [(); 2].map(|()| Running::start([&server.address[..], "--stdin", "none"]));
    while !server.next_line().contains("--max-clients allows: 2") {}
    let ask = [&server.address[..], "-s", "hello", "-n", "1"];
    let waiting = run([&ask[..], &["--timeout", "300ms"]].concat(), b"");
    waiting.failure(3, "received 0 messages");
    let [one, _other] = silent;
    drop(one);
    assert_eq!(run(ask, b"").text(), "hello\n");
}

#[test]
fn every_client_gets_the_messages_of_the_command_line() {
    let server = Running::listen(["--listen", "--keep", "127.0.0.1:0", "--send", "welcome"]);
    for _ in 0..3 {
        assert_eq!(run([&server.address], b"").text(), "welcome\n");
    }
}

#[test]
fn a_bad_client_ends_alone() {
    use std::io::Write;
    let server = Running::listen(["--listen", "--keep", "--echo", "127.0.0.1:0"]);
    let address = server.address.strip_prefix("tcp://").unwrap().to_owned();
    let mut bad = std::net::TcpStream::connect(address).unwrap();
    bad.write_all(b"\0\0\0\0").unwrap();
    while !server.next_line().contains("peer sent a frame of size 0") {}
    assert_eq!(
        run([&server.address[..], "-s", "good"], b"").text(),
        "good\n"
    );
}

#[cfg(unix)]
mod unix {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[test]
    fn a_unix_socket_is_made_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        for prefix in ["unix:", "unix://"] {
            let address = format!("{prefix}{}", path.display());
            let mut server = Running::listen(["--listen", &address]);
            assert_eq!(server.address, format!("unix:{}", path.display()));
            run(["--listen", &address], b"").failure(1, "if no service uses it, remove the file");
            server.write(b"answer\n");
            assert_eq!(run([&address], b"question\n").text(), "answer\n");
            assert_eq!(server.finish().text(), "question\n");
            assert!(!path.exists());
        }
    }

    #[test]
    fn what_took_the_place_of_a_unix_socket_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let address = format!("unix:{}", path.display());
        let server = Running::listen(["--listen", "--keep", &address]);
        std::fs::remove_file(&path).unwrap();
        let other = Running::listen(["--listen", "--keep", &address]);
        server.signal("TERM");
        server.finish().failure(143, "terminated");
        assert!(path.exists());
        other.signal("TERM");
        other.finish().failure(143, "terminated");
        assert!(!path.exists());
    }

    /// A client chooses its own name, and what is in it.
    #[test]
    fn the_name_of_a_client_controls_no_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let address = format!("unix:{}", path.display());
        let name = folder.path().join("\u{1b}[2J\u{9b}\n\u{202e}");
        let server = Running::listen(["--listen", "--keep", &address, "-o", "json"]);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let client = tokio::net::UnixSocket::new_stream().unwrap();
            client.bind(&name).unwrap();
            let mut client = client.connect(&path).await.unwrap();
            let message_and_none = b"\0\0\0\x06\0\x01\0\x07hi\0\0\0\0";
            client.write_all(message_and_none).await.unwrap();
            let connected = server.next_line();
            assert!(
                connected.ends_with("/\\x1b[2J\\x9b\\x0a\\u{202e}"),
                "{connected}"
            );
            while !server.next_line().contains("peer sent a frame of size 0") {}
        });
        server.signal("TERM");
        let served = server.finish();
        let line = String::from_utf8(served.stdout).unwrap();
        let shown = line.contains("/\\u001b[2J\\u009b\\n\\u202e\",\"recipient\":7");
        assert!(shown, "{line}");
        for text in [line.trim_end(), &served.stderr.replace('\n', "")] {
            let acts = |character: char| character.is_control() || character == '\u{202e}';
            assert!(!text.contains(acts), "{text:?}");
        }
    }

    #[test]
    fn a_signal_ends_a_service_removes_its_socket_and_says_what_was_in_vain() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let address = format!("unix:{}", path.display());
        for (name, code, said) in [("INT", 130, "interrupted"), ("TERM", 143, "terminated")] {
            let server = Running::listen(["--listen", "-k", &address, "-s", "x", "-r", "forever"]);
            let _deaf = std::os::unix::net::UnixStream::connect(&path).unwrap();
            assert!(server.next_line().contains("connected"));
            thread::sleep(std::time::Duration::from_millis(200));
            server.signal(name);
            let served = server.finish();
            served.failure(code, said);
            served.failure(code, "accepted but not handed over: ");
            assert!(!path.exists());
        }
    }
}
