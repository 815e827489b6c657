//! TLS, from files as users have them.

use std::path::Path;

use crate::tool::{self, Running, run};
use connect_testkit::certificates::Authority;

/// A folder with what two sides need: an authority and certificates of it, and another authority.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (authority, other) = (Authority::new("ours"), Authority::new("another"));
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("authority.pem", authority.certificate());
        write("other.pem", other.certificate());
        for (name, pair) in [
            ("server", authority.issue(&["localhost", "127.0.0.1"])),
            ("client", authority.issue(&["client"])),
            ("stranger", other.issue(&["client"])),
        ] {
            write(&format!("{name}.pem"), &pair.certificate);
            write(&format!("{name}.key"), &pair.key);
        }
        Self(folder)
    }

    /// Arguments, of which those that name a file of the folder name it there.
    fn arguments(&self, line: &str) -> Vec<String> {
        let folder: &Path = self.0.path();
        let place = |word: &str| {
            let path = folder.join(word);
            let is_ours = word.ends_with(".pem") || word.ends_with(".key");
            if is_ours {
                path.to_str().unwrap().to_owned()
            } else {
                word.to_owned()
            }
        };
        line.split_whitespace().map(place).collect()
    }

    fn serve(&self, options: &str) -> Running {
        let line = format!(
            "--listen tls://127.0.0.1:0 --certificate server.pem --key server.key {options}"
        );
        Running::listen(self.arguments(&line))
    }
}

#[test]
fn a_client_that_trusts_the_authority_is_served() {
    let files = Files::new();
    let server = files.serve("--keep --echo");
    let port = server.address.rsplit_once(':').unwrap().1;
    for line in [
        format!("{} --authority authority.pem", server.address),
        format!("tls://localhost:{port} --authority authority.pem"),
        format!(
            "{} --authority authority.pem --server-name localhost",
            server.address
        ),
    ] {
        let lines: String = (0..1000).map(|line| format!("{line}\n")).collect();
        let mut arguments = files.arguments(&line);
        arguments.push("--verbose".to_owned());
        let finished = run(arguments, lines.as_bytes());
        assert!(finished.stderr.contains("TLSv1_3"), "{}", finished.stderr);
        assert_eq!(finished.text(), lines);
    }
}

/// What both sides write is the same, so that either is enough to read what was captured.
#[test]
fn secrets_are_written_where_the_environment_says() {
    let files = Files::new();
    let path = |name: &str| files.0.path().join(name);
    let log = |name: &str| {
        let log = std::fs::read_to_string(path(name)).unwrap();
        let mut lines: Vec<_> = log.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let line = "--listen tls://127.0.0.1:0 --certificate server.pem --key server.key --echo";
    let mut server = tool::command(files.arguments(line));
    server.env("SSLKEYLOGFILE", path("of the server"));
    let server = Running::listening(server);
    let line = format!("{} --authority authority.pem -s x -n 1", server.address);
    let mut client = tool::command(files.arguments(&line));
    client.env("SSLKEYLOGFILE", path("of the client"));
    assert_eq!(client.output().unwrap().stdout, b"x\n");
    server.finish().success();
    let (server, client) = (log("of the server"), log("of the client"));
    assert_eq!(server, client);
    for secret in ["CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 "] {
        assert!(
            client.iter().any(|line| line.starts_with(secret)),
            "{client:?}"
        );
    }
}

#[test]
fn secrets_that_cannot_be_written_are_said_and_hold_up_nothing() {
    let files = Files::new();
    let server = files.serve("--keep --echo");
    let line = format!("{} --authority authority.pem -s x -n 1", server.address);
    let mut client = tool::command(files.arguments(&line));
    client.env("SSLKEYLOGFILE", files.0.path());
    let finished = client.output().unwrap();
    assert_eq!(finished.stdout, b"x\n");
    let said = String::from_utf8(finished.stderr).unwrap();
    assert!(said.contains("SSLKEYLOGFILE: "), "{said}");
}

#[test]
fn mutual_tls_lets_in_whom_it_knows_and_nobody_else() {
    let files = Files::new();
    let server = files.serve("--keep --echo --client-authority authority.pem");
    let ask = |options: &str| {
        let line = format!(
            "{} --authority authority.pem -s hello -n 1 {options}",
            server.address
        );
        run(files.arguments(&line), b"")
    };
    assert_eq!(
        ask("--certificate client.pem --key client.key").text(),
        "hello\n"
    );
    ask("").failure(1, "CertificateRequired");
    let stranger = ask("--certificate stranger.pem --key stranger.key");
    assert_eq!(stranger.code, Some(1), "{stranger:?}");
    assert!(stranger.stderr.contains("alert"), "{stranger:?}");
}

#[test]
fn a_server_that_cannot_prove_who_it_is_gets_nothing() {
    let files = Files::new();
    let server = files.serve("--keep");
    for (options, reason) in [
        ("--authority other.pem", "UnknownIssuer"),
        (
            "--authority authority.pem --server-name elsewhere.example",
            "not valid for name",
        ),
    ] {
        let line = format!("{} -s secret {options}", server.address);
        let refused = run(files.arguments(&line), b"");
        refused.failure(1, reason);
        assert!(
            refused.stderr.contains(&server.address),
            "{}",
            refused.stderr
        );
    }
    let line = format!(
        "{} -s x --authority authority.pem --server-name a/b",
        server.address
    );
    run(files.arguments(&line), b"").failure(2, "\"a/b\" is neither");
    // The server says who was refused, and goes on.
    assert!(server.next_line().contains("alert"));
    drop(server);
}

#[test]
fn one_that_speaks_no_tls_is_told_from_one_that_does() {
    let files = Files::new();
    let server = files.serve("--keep --echo");
    let plain = server.address.replace("tls://", "tcp://");
    run([&plain[..], "-s", "hello", "-n", "1"], b"").failure(5, "does the peer speak TLS?");
    assert!(server.next_line().contains("TLS"));
    let plain = Running::listen(["--listen", "--keep", "127.0.0.1:0"]);
    let line = plain.address.replace("tcp://", "tls://") + " --authority authority.pem";
    run(files.arguments(&line), b"").failure(1, "TLS");
}

#[test]
fn files_with_something_else_in_them_are_named() {
    let files = Files::new();
    for (line, named) in [
        (
            "tls://a:1 --authority server.key",
            "server.key: no certificate",
        ),
        (
            "tls://a:1 --authority authority.pem --certificate client.pem --key client.pem",
            "client.pem: no private key",
        ),
        (
            "--listen tls://127.0.0.1:0 --certificate client.pem --key server.key",
            "does not belong to the certificate",
        ),
    ] {
        run(files.arguments(line), b"").failure(6, named);
    }
}
