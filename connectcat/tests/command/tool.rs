//! Runs the built command, and never for long.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Far more than anything here takes: whoever exceeds it hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// What a run has left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Finished {
    /// Standard output, of a run that has done what it was asked for.
    #[track_caller]
    pub(crate) fn success(self) -> Vec<u8> {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }

    /// As [`success`](Self::success), as text.
    #[track_caller]
    pub(crate) fn text(self) -> String {
        String::from_utf8(self.success()).unwrap()
    }

    /// A run that has failed with this code, and said so.
    #[track_caller]
    pub(crate) fn failure(&self, code: i32, said: &str) {
        let right = self.code == Some(code) && self.stderr.contains(said);
        assert!(right, "expected {code} and {said:?}: {self:?}");
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}

/// The command with these arguments, everything piped.
pub(crate) fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_connectcat"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs it with this standard input to its end.
pub(crate) fn run<A: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = A>,
    stdin: &[u8],
) -> Finished {
    let mut running = Running::start(arguments);
    running.write(stdin);
    running.finish()
}

/// One that runs beside the test. Ended when it is dropped.
pub(crate) struct Running {
    child: Child,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<String>,
    lines: mpsc::Receiver<String>,
    /// Where it listens, once it was asked.
    pub(crate) address: String,
}

impl Running {
    pub(crate) fn start<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self::of(command(arguments).spawn().unwrap())
    }

    /// As [`start`](Self::start); returns once it listens.
    pub(crate) fn listen<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self::listening(command(arguments))
    }

    /// As [`listen`](Self::listen), with an environment of its own.
    pub(crate) fn listening(mut command: Command) -> Self {
        let mut running = Self::of(command.spawn().unwrap());
        let line = running.next_line();
        running.address = line.strip_prefix("listening on ").expect(&line).to_owned();
        running
    }

    fn of(mut child: Child) -> Self {
        let mut stdout = child.stdout.take().unwrap();
        let stderr = child.stderr.take().unwrap();
        let (sender, lines) = mpsc::channel();
        Self {
            child,
            stdout: thread::spawn(move || {
                let mut all = Vec::new();
                stdout.read_to_end(&mut all).unwrap();
                all
            }),
            stderr: thread::spawn(move || forward(stderr, &sender)),
            lines,
            address: String::new(),
        }
    }

    /// The next line on standard error.
    pub(crate) fn next_line(&self) -> String {
        self.lines.recv_timeout(LIMIT).expect("a line on stderr")
    }

    /// Gives it this to read, and no more. What it does not want to read is not missed.
    pub(crate) fn write(&mut self, stdin: &[u8]) {
        let mut pipe = self.child.stdin.take().unwrap();
        let stdin = stdin.to_vec();
        thread::spawn(move || pipe.write_all(&stdin));
    }

    /// Gives it this to read, and perhaps more later.
    pub(crate) fn write_some(&mut self, stdin: &[u8]) {
        self.child.stdin.as_mut().unwrap().write_all(stdin).unwrap();
    }

    /// A signal by its name, such as INT for Ctrl-C.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Finished {
        let status = wait(&mut self.child);
        let stdout = std::mem::replace(&mut self.stdout, thread::spawn(Vec::new));
        let stderr = std::mem::replace(&mut self.stderr, thread::spawn(String::new));
        Finished {
            code: status.code(),
            stdout: stdout.join().unwrap(),
            stderr: stderr.join().unwrap(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// As [`Running::signal`].
#[cfg(unix)]
pub(crate) fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let status = Command::new("kill")
        .args(["-s", name, &id])
        .status()
        .unwrap();
    assert!(status.success());
}

/// All of standard error, and each line of it as soon as it is there.
fn forward(stderr: ChildStderr, lines: &mpsc::Sender<String>) -> String {
    let mut all = String::new();
    for line in BufReader::new(stderr).lines() {
        let line = line.unwrap();
        all.push_str(&line);
        all.push('\n');
        let _ = lines.send(line);
    }
    all
}

/// Its exit status, within the limit.
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("still running after {LIMIT:?}");
        }
        thread::sleep(Duration::from_millis(5));
    }
}
