//! Transports that fail or lie: a typed error that stays, and nothing lost that was whole.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::io;

use connect_proto::{Config, ReadError, WriteErrorKind};

use super::{Adapter, Reader, Writer, complete, reader, writer};
use crate::datagrams::of_lengths;
use crate::hostile::{ReadStep, ScriptedRead, ScriptedWrite, WriteStep};
use crate::naive;

pub fn a_read_failure_comes_after_the_datagrams_and_stays<A: Adapter>() {
    let sent = of_lengths(&[10, 20]);
    let mut stream = naive::encode(&sent);
    stream.extend([0, 0]);
    let read = ScriptedRead::new([
        ReadStep::Bytes(stream),
        ReadStep::Fail(io::ErrorKind::ConnectionReset),
        // A transport that goes on after a failure is not believed.
        ReadStep::Bytes(vec![0; 100]),
    ]);
    let mut reader = reader::<A>(read, Config::new());
    for expected in &sent {
        assert_eq!(complete(reader.next()).unwrap().as_ref(), Some(expected));
    }
    for _ in 0..3 {
        match complete(reader.next()) {
            Err(ReadError::Io(error)) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
            other => panic!("{other:?}"),
        }
    }
}

pub fn a_write_failure_stays_and_hands_back<A: Adapter>() {
    let sent = of_lengths(&[10, 20]);
    let script = [
        WriteStep::Take(5),
        WriteStep::Fail(io::ErrorKind::BrokenPipe),
        WriteStep::Take(100),
    ];
    let (mut writer, written) = writer::<A>(script, true, Config::new());
    // Queued before the failure: there is nothing to hand back.
    let error = complete(writer.send(sent[0].clone())).unwrap_err();
    assert_io(error.kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(error.into_datagram(), None);
    for _ in 0..2 {
        let error = complete(writer.send(sent[1].clone())).unwrap_err();
        assert_io(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(error.into_datagram().as_ref(), Some(&sent[1]));
        assert_io(
            complete(writer.ready()).unwrap_err().kind(),
            io::ErrorKind::BrokenPipe,
        );
        assert_io(
            complete(writer.flush()).unwrap_err().kind(),
            io::ErrorKind::BrokenPipe,
        );
    }
    assert_eq!(written.record().writes, [5]);
}

pub fn a_transport_that_takes_nothing_is_an_error<A: Adapter>() {
    for vectored in [false, true] {
        let (mut writer, _) = writer::<A>([WriteStep::TakeZero], vectored, Config::new());
        let error = complete(writer.send(of_lengths(&[10]).remove(0))).unwrap_err();
        assert_io(error.kind(), io::ErrorKind::WriteZero);
    }
}

pub fn a_transport_that_lies_is_an_error<A: Adapter>() {
    for vectored in [false, true] {
        let (mut writer, _) = writer::<A>([WriteStep::TakeTooMany], vectored, Config::new());
        let error = complete(writer.send(of_lengths(&[10]).remove(0))).unwrap_err();
        assert_io(error.kind(), io::ErrorKind::Other);
        let offered = 18 + A::OVERHEAD;
        assert_eq!(
            error.to_string(),
            format!(
                "could not write: transport claims to have written {} bytes of {offered}; \
                 accepted but not sent: 1 message (18 bytes)",
                offered + 1
            )
        );
    }
}

pub fn the_other_half_goes_on<A: Adapter>() {
    let sent = of_lengths(&[10]);
    // What came is broken, but a last word can still be sent.
    let (write, written) = ScriptedWrite::new([], true);
    let (mut reader, mut writer) =
        A::over(ScriptedRead::in_pieces(&[0; 4], [4]), write, Config::new());
    assert!(complete(reader.next()).is_err());
    complete(writer.send(sent[0].clone())).unwrap();
    assert_eq!(written.record().bytes, naive::encode(&sent));
    // Nothing can be sent, but what comes is received.
    let (write, _) = ScriptedWrite::new([WriteStep::TakeZero], true);
    let read = ScriptedRead::in_pieces(&naive::encode(&sent), [5]);
    let (mut reader, mut writer) = A::over(read, write, Config::new());
    assert!(complete(writer.send(sent[0].clone())).is_err());
    assert_eq!(complete(reader.next()).unwrap().as_ref(), Some(&sent[0]));
}

fn assert_io(kind: &WriteErrorKind, expected: io::ErrorKind) {
    match kind {
        WriteErrorKind::Io(error) => assert_eq!(error.kind(), expected),
        other => panic!("{other:?}"),
    }
}
