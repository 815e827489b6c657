//! A reader of standard output that takes its time when the run has to stop.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Child;
use std::thread;

use crate::tool;

/// More than any pipe holds.
const LEN: usize = 4 * 1024 * 1024;

/// A client that has to stop while it shows a message, of which nobody has read more than the beginning by then.
struct Client {
    child: Child,
    stderr: String,
}

impl Client {
    /// Stops by itself, or by a signal.
    fn stop_inside_a_message(options: &[&str], signal: Option<&str>) -> Self {
        let address = speaker();
        let arguments = [&[&address[..], "--stdin", "none"][..], options].concat();
        let mut child = tool::command(arguments).spawn().unwrap();
        let stdout = child.stdout.as_mut().unwrap();
        stdout.read_exact(&mut [0]).unwrap();
        if let Some(signal) = signal {
            tool::signal(&child, signal);
        }
        // With this line it says that it is about to end.
        let mut stderr = BufReader::new(child.stderr.as_mut().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert!(line.starts_with("sent 0 messages"), "{line}");
        Self {
            child,
            stderr: line,
        }
    }

    /// Its exit code, and what it has said.
    fn wait(&mut self) -> (Option<i32>, &str) {
        let status = tool::wait(&mut self.child);
        let stderr = self.child.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut self.stderr).unwrap();
        (status.code(), &self.stderr)
    }
}

/// A service that says one message.
fn speaker() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut frame = (LEN as u32 + 4).to_be_bytes().to_vec();
        frame.extend(b"\0\x01\0\0");
        frame.resize(frame.len() + LEN, b'x');
        stream.write_all(&frame).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    address
}

#[test]
fn gets_the_message_that_is_being_written_to_its_end() {
    for (options, signal, code) in [
        (["--timeout", "60s"], Some("TERM"), 143),
        (["--timeout", "60s"], Some("INT"), 130),
        (["--timeout", "2s"], None, 3),
    ] {
        let mut client = Client::stop_inside_a_message(&options, signal);
        let mut rest = Vec::new();
        let stdout = client.child.stdout.as_mut().unwrap();
        stdout.read_to_end(&mut rest).unwrap();
        assert_eq!((rest.len(), rest.last()), (LEN, Some(&b'\n')), "{signal:?}");
        let (ended, said) = client.wait();
        assert_eq!(ended, Some(code), "{said}");
        assert!(!said.contains("inside a message"), "{said}");
    }
}

#[test]
fn is_not_waited_for_after_another_signal() {
    let mut client = Client::stop_inside_a_message(&["--timeout", "60s"], Some("TERM"));
    tool::signal(&client.child, "TERM");
    let (ended, said) = client.wait();
    assert_eq!(ended, Some(143), "{said}");
    assert!(
        said.contains("inside a message: another signal came"),
        "{said}"
    );
}

#[test]
fn is_not_waited_for_forever() {
    let mut client = Client::stop_inside_a_message(&["--timeout", "2s"], None);
    let (ended, said) = client.wait();
    assert_eq!(ended, Some(3), "{said}");
    assert!(
        said.contains("inside a message: not done within 5s"),
        "{said}"
    );
}
