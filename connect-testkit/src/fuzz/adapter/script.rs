//! The transport of a connection, as an input says it.

use std::io;

use connect_proto::Config;

use crate::datagrams;
use crate::fuzz::choices::Choices;
use crate::hostile::{Fails, ReadStep, ScriptedRead, ScriptedWrite, WriteStep, Written};
use crate::naive::{self, Parsed};

const MOST_MESSAGES: u8 = 8;
const MOST_READS: u8 = 24;
const MOST_WRITES: u8 = 24;

/// More polls than any reader needs: each but the last finds that the transport waits.
pub(super) const MOST_READ_POLLS: usize = 2 * MOST_READS as usize;

pub(super) struct Script {
    pub(super) config: Config,
    read_steps: Vec<ReadStep>,
    stays_open: bool,
    write_steps: Vec<WriteStep>,
    vectored: bool,
    fails: Option<(Fails, io::ErrorKind)>,
    reluctant: bool,
}

/// What comes behind the last whole datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadEnd {
    Clean,
    Protocol(connect_proto::DecodeError),
    Failure(io::ErrorKind),
    Silence,
}

impl Script {
    pub(super) fn new(choices: &mut Choices<'_>) -> Self {
        Self {
            config: Config::new()
                .with_read_block_len(choices.one_of(&[64 * 1024, 512, 700, 2048]))
                .with_chain_threshold(choices.one_of(&[4096, 0, 60, 300]))
                .with_high_water_mark(choices.one_of(&[64 * 1024, 0, 1, 100, 1500]))
                .with_max_receive_len(choices.one_of(&[usize::MAX, 300, 1]))
                .with_max_send_len(choices.one_of(&[usize::MAX, 300, 1])),
            read_steps: read_steps(choices),
            stays_open: choices.byte() % 8 == 7,
            write_steps: write_steps(choices),
            vectored: choices.flag(),
            fails: match choices.byte() % 8 {
                6 => Some((Fails::Flush, failure(choices))),
                7 => Some((Fails::ShutDown, failure(choices))),
                _ => None,
            },
            reluctant: choices.flag(),
        }
    }

    pub(super) fn read(&self) -> ScriptedRead {
        let read = ScriptedRead::new(self.read_steps.clone());
        if self.stays_open {
            read.staying_open()
        } else {
            read
        }
    }

    pub(super) fn write(&self) -> (ScriptedWrite, Written) {
        let (mut write, written) = ScriptedWrite::new(self.write_steps.clone(), self.vectored);
        if let Some((what, kind)) = self.fails {
            write = write.failing(what, kind);
        }
        if self.reluctant {
            write = write.reluctant();
        }
        (write, written)
    }

    /// What a reader has to find.
    pub(super) fn expected(&self) -> (Parsed, ReadEnd) {
        let mut delivered = Vec::new();
        let mut end = if self.stays_open {
            ReadEnd::Silence
        } else {
            ReadEnd::Clean
        };
        for step in &self.read_steps {
            match step {
                ReadStep::Bytes(bytes) => delivered.extend_from_slice(bytes),
                // To be interrupted is to wait.
                ReadStep::Wait | ReadStep::Fail(io::ErrorKind::Interrupted) => {}
                ReadStep::Fail(kind) => {
                    end = ReadEnd::Failure(*kind);
                    break;
                }
            }
        }
        let parsed = naive::parse(&delivered, self.config.max_receive_len());
        match (parsed.verdict, end) {
            (Err(cut @ connect_proto::DecodeError::UnexpectedEof { .. }), ReadEnd::Clean) => {
                end = ReadEnd::Protocol(cut);
            }
            (Ok(()) | Err(connect_proto::DecodeError::UnexpectedEof { .. }), _) => {}
            (Err(error), _) => end = ReadEnd::Protocol(error),
        }
        (parsed, end)
    }
}

/// Messages, some of which are none, and how they come.
fn read_steps(choices: &mut Choices<'_>) -> Vec<ReadStep> {
    let mut stream = Vec::new();
    for index in 0..choices.byte() % MOST_MESSAGES {
        match choices.byte() {
            250.. => stream.extend((0..8).map(|_| choices.byte())),
            recipient => {
                let len = choices.len().min(6000);
                let recipient = u16::from(recipient) * 257;
                let datagram = datagrams::datagram(usize::from(index), recipient, len);
                stream.extend(naive::encode(&[datagram]));
            }
        }
    }
    let mut rest = &stream[..];
    let mut steps = Vec::new();
    for _ in 0..choices.byte() % MOST_READS {
        steps.push(match choices.byte() % 16 {
            0..9 => {
                let (now, later) = rest.split_at(choices.len().min(rest.len()));
                rest = later;
                ReadStep::Bytes(now.to_vec())
            }
            9..15 => ReadStep::Wait,
            _ => ReadStep::Fail(failure_or_interruption(choices)),
        });
    }
    steps.push(ReadStep::Bytes(rest.to_vec()));
    steps
}

fn write_steps(choices: &mut Choices<'_>) -> Vec<WriteStep> {
    let count = choices.byte() % MOST_WRITES;
    let mut steps: Vec<WriteStep> = (0..count)
        .map(|_| match choices.byte() % 32 {
            0..16 => WriteStep::Take(choices.len()),
            16..28 => WriteStep::Wait,
            28 => WriteStep::TakeZero,
            29 => WriteStep::TakeTooMany,
            _ => WriteStep::Fail(failure_or_interruption(choices)),
        })
        .collect();
    // Everything comes to an end.
    if !steps.iter().any(|step| matches!(step, WriteStep::Take(_))) {
        steps.push(WriteStep::Take(usize::MAX));
    }
    steps
}

fn failure_or_interruption(choices: &mut Choices<'_>) -> io::ErrorKind {
    if choices.flag() {
        io::ErrorKind::Interrupted
    } else {
        failure(choices)
    }
}

fn failure(choices: &mut Choices<'_>) -> io::ErrorKind {
    choices.one_of(&[
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::BrokenPipe,
        io::ErrorKind::WouldBlock,
        io::ErrorKind::UnexpectedEof,
    ])
}
