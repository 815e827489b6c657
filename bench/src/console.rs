//! The child's end of the pipes: commands come in, answers go out.

use std::fmt::Display;
use std::io::{self, BufRead};
use std::thread;

use tokio::sync::mpsc;

use crate::Failure;

/// Commands are awaited, so connections go on while there are none.
pub struct Console {
    commands: mpsc::UnboundedReceiver<String>,
}

/// A word, and the numbers behind it.
#[derive(Debug, PartialEq)]
pub struct Command {
    pub word: String,
    numbers: Vec<usize>,
}

impl Console {
    pub fn new() -> Self {
        let (sender, commands) = mpsc::unbounded_channel();
        thread::spawn(move || {
            for line in io::stdin().lock().lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
            // The parent is gone, however it ended: whatever goes on here is for nobody.
            std::process::exit(0);
        });
        Self { commands }
    }

    /// `None` when there will be no more.
    pub async fn next(&mut self) -> Result<Option<Command>, Failure> {
        let Some(line) = self.commands.recv().await else {
            return Ok(None);
        };
        Command::parse(&line).map(Some)
    }

    pub fn answer(&self, words: impl Display) {
        println!("{words}");
    }
}

impl Default for Console {
    fn default() -> Self {
        Self::new()
    }
}

impl Command {
    fn parse(line: &str) -> Result<Self, Failure> {
        let mut words = line.split(' ');
        let word = words.next().unwrap_or_default().to_owned();
        let numbers: Result<_, _> = words.map(str::parse).collect();
        let numbers = numbers.map_err(|error| format!("{line}: {error}"))?;
        Ok(Self { word, numbers })
    }

    /// Those that the command has.
    pub fn numbers<const COUNT: usize>(&self) -> Result<[usize; COUNT], Failure> {
        let numbers = self.numbers.as_slice().try_into();
        numbers.map_err(|_| format!("{} takes {COUNT} numbers", self.word).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_its_numbers() {
        let command = Command::parse("send 3 64").unwrap();
        assert_eq!(command.word, "send");
        assert_eq!(command.numbers().unwrap(), [3, 64]);
        assert!(command.numbers::<1>().is_err());
        assert!(Command::parse("send three").is_err());
    }
}
