//! What is on the wire, between a script and a TLS peer: cuts anywhere in records, ends without
//! close_notify, changed bytes.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::io;

use connect_proto::{Config, ReadError, WriteErrorKind};
use connect_tls::TlsError;
use connect_tls::rustls::{AlertDescription, Error};

use super::TlsAdapter;
use crate::conformance::{Reader, Writer, complete, reader, zip};
use crate::datagrams::{frame_ends, of_lengths};
use crate::hostile::{ScriptedRead, ScriptedWrite};
use crate::naive;
use crate::schedule::Schedule;

pub fn any_cut_of_the_records_gives_the_same_datagrams<A: TlsAdapter>() {
    let sent = of_lengths(&[1, 5, 4087, 1, 4096, 70_000, 3, 16_376, 2]);
    let stream = naive::encode(&sent);
    let records = stream.len() + 20 * super::OVERHEAD;
    for schedule in Schedule::interesting() {
        let cuts = schedule.cuts(records, &frame_ends(&sent));
        let read = ScriptedRead::in_pieces(&stream, []).recut(cuts);
        let mut reader = reader::<A>(read, Config::new());
        for expected in &sent {
            assert_eq!(
                complete(reader.next()).unwrap().as_ref(),
                Some(expected),
                "{schedule:?}"
            );
        }
        for _ in 0..3 {
            assert_eq!(complete(reader.next()).unwrap(), None);
        }
    }
}

/// Of a plain connection that would be a clean end, wherever a frame ends.
pub fn an_end_without_close_notify_is_never_clean<A: TlsAdapter>() {
    let sent = of_lengths(&[3, 20, 1]);
    let stream = naive::encode(&sent);
    let ends = frame_ends(&sent);
    for end in 0..=stream.len() {
        let read = ScriptedRead::in_pieces(&stream[..end], [end]).cut_off();
        let mut reader = reader::<A>(read, Config::new());
        let whole = ends.iter().filter(|&&frame_end| frame_end <= end).count();
        for expected in &sent[..whole] {
            assert_eq!(complete(reader.next()).unwrap().as_ref(), Some(expected));
        }
        for _ in 0..2 {
            let error = complete(reader.next()).unwrap_err();
            let truncated = TlsError::Truncated { handshaking: false };
            assert_eq!(TlsError::of_read(&error), Some(&truncated), "end at {end}");
            assert_eq!(io::Error::from(error).kind(), io::ErrorKind::UnexpectedEof);
        }
    }
}

pub fn a_changed_byte_is_a_lasting_error_that_the_peer_is_told_of<A: TlsAdapter>() {
    let sent = of_lengths(&[10, 20]);
    let stream = naive::encode(&sent);
    // In the middle of the second record.
    let changed = 18 + super::OVERHEAD + 20;
    let read = ScriptedRead::in_pieces(&stream, [18]).changed_at(changed);
    let (write, written) = ScriptedWrite::new([], true);
    let (mut reader, mut writer) = A::over(read, write, Config::new());
    assert_eq!(complete(reader.next()).unwrap().as_ref(), Some(&sent[0]));
    let refused = TlsError::Rustls(Error::DecryptError);
    for _ in 0..2 {
        let error = complete(reader.next()).unwrap_err();
        assert!(matches!(error, ReadError::Stage(_)));
        assert_eq!(TlsError::of_read(&error), Some(&refused));
    }
    // Queued before the writing half has learnt of it: there is nothing to hand back.
    for handed_back in [None, Some(&sent[1])] {
        let error = complete(writer.send(sent[1].clone())).unwrap_err();
        assert!(matches!(error.kind(), WriteErrorKind::Stage(_)));
        assert_eq!(TlsError::of_write(&error), Some(&refused));
        assert_eq!(error.into_datagram().as_ref(), handed_back);
    }
    let record = written.record();
    let told = Error::AlertReceived(AlertDescription::BadRecordMac);
    assert_eq!(record.refused, Some(told.to_string()));
    assert!(record.bytes.is_empty());
}

pub fn a_queue_tells_its_senders_that_tls_has_failed<A: TlsAdapter>() {
    let sent = of_lengths(&[10, 20, 3000]);
    let read = ScriptedRead::in_pieces(&naive::encode(&sent), [18]).changed_at(20);
    let (write, written) = ScriptedWrite::new([], true);
    let config = Config::new().with_high_water_mark(100);
    let (mut reader, writer) = A::over(read, write, config);
    let (sender, driver) = writer.into_queue();
    assert!(complete(reader.next()).is_err());
    for datagram in &sent[..2] {
        sender.try_send(datagram.clone()).unwrap();
    }
    let (driven, waited) = complete(zip(driver, sender.send(sent[2].clone())));
    let later = complete(sender.send(sent[0].clone()));
    let told = [
        (driven, None),
        (waited, Some(&sent[2])),
        (later, Some(&sent[0])),
        (complete(sender.close()), None),
    ];
    for (result, handed_back) in told {
        let error = result.unwrap_err();
        let refused = TlsError::Rustls(Error::DecryptError);
        assert_eq!(TlsError::of_write(&error), Some(&refused));
        let unsent = error.unsent().unwrap();
        assert_eq!((unsent.messages, unsent.bytes), (2, 18 + 28));
        assert_eq!(error.into_datagram().as_ref(), handed_back);
    }
    let record = written.record();
    let alert = Error::AlertReceived(AlertDescription::BadRecordMac);
    assert_eq!(record.refused, Some(alert.to_string()));
    assert_eq!(record.flushed_at, [0]);
}

pub fn messages_that_are_queued_together_share_a_record<A: TlsAdapter>() {
    let sent = of_lengths(&[10; 100]);
    let (write, written) = ScriptedWrite::new([], true);
    let (_reader, mut writer) = A::over(ScriptedRead::silent(), write, Config::new());
    for datagram in &sent {
        complete(writer.feed(datagram.clone())).unwrap();
    }
    complete(writer.flush()).unwrap();
    let record = written.record();
    assert_eq!(record.bytes, naive::encode(&sent));
    assert_eq!(record.writes, [1800 + super::OVERHEAD]);
}
