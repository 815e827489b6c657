//! A child process of the same binary, which has one side of the connections: what it holds is held by that side
//! alone, and nothing of it is left for the next contender.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{self, ChildStdin, Command, Stdio};
use std::str::FromStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::Failure;

/// For each answer. Ten thousand handshakes on a busy machine take a minute.
const PATIENCE: Duration = Duration::from_secs(300);

/// The first argument of a child, which no user types.
const MARK: &str = "--child";

/// Which end of the connections a process has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Side {
    Server,
    Client(SocketAddr),
}

/// What a child is to be, as its command line says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub group: String,
    pub contender: String,
    pub side: Side,
}

/// Commands and answers are lines of words. Dropping it ends the process.
pub struct Child {
    process: process::Child,
    commands: ChildStdin,
    answers: mpsc::Receiver<String>,
    /// For error messages.
    name: String,
}

impl Part {
    /// `None` in a process that a user started.
    pub fn of_this_process() -> Result<Option<Self>, Failure> {
        Self::parse(std::env::args().skip(1))
    }

    fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, Failure> {
        if words.next().as_deref() != Some(MARK) {
            return Ok(None);
        }
        let mut word = || words.next().ok_or("a child needs more arguments");
        let (group, contender) = (word()?, word()?);
        let side = match word()?.as_str() {
            "server" => Side::Server,
            address => Side::Client(address.parse()?),
        };
        Ok(Some(Self {
            group,
            contender,
            side,
        }))
    }

    fn words(&self) -> [String; 4] {
        let side = match self.side {
            Side::Server => "server".to_owned(),
            Side::Client(address) => address.to_string(),
        };
        [
            MARK.into(),
            self.group.clone(),
            self.contender.clone(),
            side,
        ]
    }
}

impl Child {
    pub fn start(part: &Part) -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(part.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (commands, output) = (process.stdin.take(), process.stdout.take());
        let (Some(commands), Some(output)) = (commands, output) else {
            return Err("a child without pipes".into());
        };
        let (tell, answers) = mpsc::channel();
        // A thread, because there is no other way to stop waiting for a pipe.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        let side = match part.side {
            Side::Server => "server",
            Side::Client(_) => "client",
        };
        Ok(Self {
            process,
            commands,
            answers,
            name: format!("{} {} {side}", part.group, part.contender),
        })
    }

    /// Gives a command, whose answer is to be waited for.
    pub fn tell(&mut self, command: &str) -> Result<(), Failure> {
        let result = writeln!(self.commands, "{command}");
        result.map_err(|error| format!("{}: {command}: {error}", self.name).into())
    }

    /// The words of the next answer.
    pub fn answer<T: FromStr>(&mut self) -> Result<Vec<T>, Failure> {
        let line = self.answers.recv_timeout(PATIENCE).map_err(|error| {
            let why = match error {
                mpsc::RecvTimeoutError::Timeout => "no answer",
                mpsc::RecvTimeoutError::Disconnected => "has ended",
            };
            format!("{}: {why}", self.name)
        })?;
        let words = line.split(' ').map(str::parse);
        let words: Result<_, _> = words.collect();
        words.map_err(|_| format!("{}: answered {line:?}", self.name).into())
    }

    pub fn ask<T: FromStr>(&mut self, command: &str) -> Result<Vec<T>, Failure> {
        self.tell(command)?;
        self.answer()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Either may say that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a server and a client for it.
pub fn start_pair(group: &str, contender: &str) -> Result<[Child; 2], Failure> {
    let part = |side| Part {
        group: group.to_owned(),
        contender: contender.to_owned(),
        side,
    };
    let mut server = Child::start(&part(Side::Server))?;
    let address = server.answer()?;
    let address = address.first().ok_or("a server without an address")?;
    let client = Child::start(&part(Side::Client(*address)))?;
    Ok([server, client])
}

/// Connections that one side may be ahead of the other: fewer than any listener's backlog, of which the shortest has 128.
///
/// To connect does not wait for who accepts. What a full backlog has no room for is dropped, and tried again a second
/// later: ten thousand connections without TLS took 23 seconds.
const AHEAD: usize = 100;

/// Lets both sides open connections, beside each other.
pub fn open(pair: &mut [Child; 2], count: usize) -> Result<(), Failure> {
    let mut left = count;
    while left > 0 {
        let some = left.min(AHEAD);
        open_at_once(pair, some)?;
        left -= some;
    }
    Ok(())
}

fn open_at_once([server, client]: &mut [Child; 2], count: usize) -> Result<(), Failure> {
    let command = format!("open {count}");
    server.tell(&command)?;
    client.tell(&command)?;
    for side in [client, server] {
        let opened: Vec<usize> = side.answer()?;
        if opened != [count] {
            return Err(format!("{}: opened {opened:?} of {count}", side.name).into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_part_says_is_understood() {
        for side in [Side::Server, Side::Client(([127, 0, 0, 1], 7).into())] {
            let part = Part {
                group: "tls".into(),
                contender: "raw".into(),
                side,
            };
            let parsed = Part::parse(part.words().into_iter()).unwrap();
            assert_eq!(parsed, Some(part));
        }
        let of_a_user = Part::parse(["--help".to_owned()].into_iter());
        assert_eq!(of_a_user.unwrap(), None);
    }
}
