//! Measuring.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use crate::tool::{Running, run};

fn number(json: &serde_json::Value, name: &str) -> f64 {
    json[name]
        .as_f64()
        .unwrap_or_else(|| panic!("{name} in {json}"))
}

#[test]
fn round_trips_are_counted_checked_and_timed() {
    let server = Running::listen(["--listen", "--keep", "--echo", "-o", "none", "127.0.0.1:0"]);
    let bench = ["bench", &server.address, "--messages", "5000"];
    for window in ["1", "1000", "1000000"] {
        let options = ["--window", window, "--len", "100", "--to", "7", "--json"];
        let report = run([&bench[..], &options].concat(), b"").text();
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(number(&report, "messages"), 5000.0);
        assert_eq!(number(&report, "window"), window.parse::<f64>().unwrap());
        let per_second = number(&report, "messages_per_second");
        let seconds = number(&report, "seconds");
        assert!((per_second * seconds - 5000.0).abs() < 1.0, "{report}");
        assert!((number(&report, "bytes_per_second") / per_second - 100.0).abs() < 0.001);
        let latency = &report["latency_microseconds"];
        let [p50, p99, max] = ["p50", "p99", "max"].map(|name| number(latency, name));
        assert!(
            0.0 < p50 && p50 <= p99 && p99 <= max && max <= seconds * 1.1e6,
            "{report}"
        );
    }
    let table = run(bench, b"").text();
    for row in [
        "round trips, 1 at a time",
        "messages/s",
        "latency p50",
        "latency p99",
        "latency max",
    ] {
        assert!(table.contains(row), "{table}");
    }
}

#[test]
fn one_way_ends_when_the_service_has_taken_all() {
    let server = Running::listen([
        "--listen",
        "127.0.0.1:0",
        "--output",
        "framed",
        "--stdin",
        "none",
    ]);
    let bench = [
        "bench",
        &server.address,
        "--one-way",
        "--messages",
        "300",
        "--len",
        "1000",
    ];
    let table = run(bench, b"").text();
    assert!(table.contains("one way\n"), "{table}");
    assert!(!table.contains("latency"), "{table}");
    assert_eq!(server.finish().success().len(), 300 * (4 + 1000));
}

#[test]
fn a_window_that_no_socket_holds_is_no_dead_end() {
    let server = Running::listen(["--listen", "--keep", "--echo", "-o", "none", "127.0.0.1:0"]);
    let options = [
        "--window",
        "1000000",
        "--len",
        "100000",
        "--messages",
        "500",
    ];
    run(
        [&["bench", &server.address[..]], &options[..]].concat(),
        b"",
    )
    .success();
}

#[test]
fn a_reply_that_is_none_is_a_fault_of_the_service() {
    for (reply, reason) in [
        (
            &b"\0\0\0\x0c\0\x01\0\0wrongone"[..],
            "reply 1 is wrong: its data",
        ),
        (
            b"\0\0\0\x0c\0\x01\0\x01\0\0\0\0\0\0\0\0",
            "reply 1 is wrong: it has another recipient tag",
        ),
        (
            b"\0\0\0\x0c\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\x0c\0\x01\0\0\0\0\0\0\0\0\0\0",
            "reply 2 is wrong: there was no message",
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let service = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 16]).unwrap();
            stream.write_all(reply).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        });
        run(["bench", &address, "--len", "8"], b"").failure(5, reason);
        service.join().unwrap();
    }
}

#[test]
fn a_service_that_goes_away_has_sent_fewer_replies() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let service = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 8 + 64]).unwrap();
    });
    run(["bench", &address], b"").failure(4, "after 0 of 100000 messages");
    service.join().unwrap();
    run(["bench", &address], b"").failure(1, "refused");
}

#[test]
fn what_was_measured_until_the_time_limit_is_reported() {
    let server = Running::listen(["--listen", "--keep", "--echo", "-o", "none", "127.0.0.1:0"]);
    let options = ["--messages", "1000000000", "--timeout", "300ms"];
    let ended = run(
        [&["bench", &server.address[..]], &options[..]].concat(),
        b"",
    );
    ended.failure(3, "--timeout");
    assert!(
        String::from_utf8(ended.stdout)
            .unwrap()
            .contains("latency p99")
    );
}
