//! Closing: everything written, then the end, once; and two halves that become one again.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::io;

use connect_proto::{Config, EncodeError, WriteErrorKind};

use super::{Adapter, Reader, Writer, complete, writer};
use crate::datagrams::of_lengths;
use crate::hostile::{ScriptedRead, ScriptedWrite, WriteStep};
use crate::naive;

pub fn close_flushes_then_shuts_down_once<A: Adapter>() {
    let sent = of_lengths(&[10, 5000]);
    let script = [WriteStep::Wait, WriteStep::Take(100)];
    let (mut writer, written) = writer::<A>(script, true, Config::new());
    for datagram in &sent {
        complete(writer.feed(datagram.clone())).unwrap();
    }
    for _ in 0..2 {
        complete(writer.close()).unwrap();
    }
    let record = written.record();
    assert_eq!(record.bytes, naive::encode(&sent));
    assert_eq!(record.flushed_at, [record.bytes.len()]);
    assert_eq!(record.shut_down_at, [record.bytes.len()]);
}

pub fn nothing_is_accepted_after_close<A: Adapter>() {
    let late = of_lengths(&[10]).remove(0);
    let (mut writer, written) = writer::<A>([], true, Config::new());
    complete(writer.close()).unwrap();
    let error = complete(writer.send(late.clone())).unwrap_err();
    assert!(matches!(
        error.kind(),
        WriteErrorKind::Refused(EncodeError::Finished)
    ));
    assert_eq!(error.into_datagram(), Some(late));
    assert!(written.record().bytes.is_empty());
}

pub fn a_failing_close_says_so<A: Adapter>() {
    let script = [WriteStep::Fail(io::ErrorKind::ConnectionReset)];
    let (mut writer, written) = writer::<A>(script, true, Config::new());
    complete(writer.feed(of_lengths(&[10]).remove(0))).unwrap();
    for _ in 0..2 {
        let error = complete(writer.close()).unwrap_err();
        assert_eq!(
            io::Error::from(error).kind(),
            io::ErrorKind::ConnectionReset
        );
    }
    assert!(written.record().shut_down_at.is_empty());
}

pub fn halves_can_be_joined_again<A: Adapter>() {
    let sent = of_lengths(&[10, 20]);
    let stream = naive::encode(&sent);
    let (write, written) = ScriptedWrite::new([], true);
    let read = ScriptedRead::in_pieces(&stream, [30]);
    let (mut reader, mut writer) = A::over(read, write, Config::new());
    assert_eq!(complete(reader.next()).unwrap().as_ref(), Some(&sent[0]));
    complete(writer.feed(sent[0].clone())).unwrap();
    // What each half holds goes with it.
    let (mut reader, mut writer) = A::rejoined(reader, writer);
    assert_eq!(complete(reader.next()).unwrap().as_ref(), Some(&sent[1]));
    complete(writer.send(sent[1].clone())).unwrap();
    assert_eq!(written.record().bytes, stream);
}
