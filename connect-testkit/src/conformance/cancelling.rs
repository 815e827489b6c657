//! Futures dropped after every possible number of polls.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use connect_proto::Config;

use super::{Adapter, Reader, Writer, complete, poll_at_most, reader, writer};
use crate::datagrams::of_lengths;
use crate::hostile::ScriptedRead;
use crate::hostile::WriteStep::{Take, Wait};
use crate::naive;

/// More polls than any of the short scripts here needs.
const POLLS: usize = 40;

pub fn a_dropped_next_loses_nothing<A: Adapter>() {
    let sent = of_lengths(&[3, 5000, 20, 1]);
    let stream = naive::encode(&sent);
    for polls in 1..POLLS {
        let read = ScriptedRead::in_pieces(&stream, vec![stream.len() / 15; 15]);
        let mut reader = reader::<A>(read, Config::new());
        let mut received = Vec::new();
        while received.len() < sent.len() {
            // Now one way, now the other, and each given up too early again and again.
            if let Some(datagram) = poll_at_most(reader.next(), polls) {
                received.extend(datagram.unwrap());
            }
            let _ = poll_at_most(reader.next_many(&mut received, 2), polls);
        }
        assert_eq!(received, sent);
    }
}

pub fn a_dropped_send_leaves_whole_frames<A: Adapter>() {
    let sent = of_lengths(&[40, 5000, 7]);
    for vectored in [false, true] {
        for polls in 0..POLLS {
            // The mark of 0 makes `feed` wait, too, so that it can be dropped there.
            let config = Config::new().with_high_water_mark(0);
            let script = [Wait, Take(11), Take(500)];
            let (mut writer, written) = writer::<A>(script, vectored, config);
            complete(writer.feed(sent[0].clone())).unwrap();
            let finished = poll_at_most(writer.send(sent[1].clone()), polls);
            complete(writer.send(sent[2].clone())).unwrap();
            let bytes = written.record().bytes;
            let parsed = naive::parse(&bytes, usize::MAX);
            assert_eq!(parsed.verdict, Ok(()), "after {polls} polls");
            let recipients: Vec<_> = parsed
                .messages
                .iter()
                .map(|message| message.recipient)
                .collect();
            let all: Vec<_> = sent.iter().map(|datagram| datagram.recipient()).collect();
            let without_second = [all[0], all[2]];
            assert!(recipients == all || recipients == without_second);
            if finished.is_some() {
                assert_eq!(bytes, naive::encode(&sent));
            }
        }
    }
}

pub fn a_dropped_flush_goes_on_later<A: Adapter>() {
    let sent = of_lengths(&[40, 5000, 7]);
    for polls in 0..POLLS {
        let (mut writer, written) = writer::<A>([Wait, Take(11), Take(500)], true, Config::new());
        for datagram in &sent {
            complete(writer.feed(datagram.clone())).unwrap();
        }
        let _ = poll_at_most(writer.flush(), polls);
        let _ = poll_at_most(writer.close(), polls);
        complete(writer.close()).unwrap();
        let record = written.record();
        assert_eq!(record.bytes, naive::encode(&sent));
        assert_eq!(record.shut_down_at, [record.bytes.len()]);
    }
}

pub fn ready_and_push_never_lose_a_datagram<A: Adapter>() {
    let sent = of_lengths(&[100; 20]);
    for polls in 1..POLLS {
        let config = Config::new().with_high_water_mark(150);
        let (mut writer, written) = writer::<A>([Wait, Take(11)], true, config);
        for datagram in &sent {
            while poll_at_most(writer.ready(), polls).is_none() {}
            writer.push(datagram.clone()).unwrap();
        }
        complete(writer.close()).unwrap();
        assert_eq!(written.record().bytes, naive::encode(&sent));
    }
}
