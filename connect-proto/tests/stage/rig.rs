//! Both halves with a toy stage, and how the tests write to one and read from the other.

use bytes::Buf;
use connect_proto::{
    Config, ConnectDatagram, Decoded, Decoder, Encoder, Inbound, Outbound, ReadError,
};
use connect_testkit::Schedule;
use connect_testkit::stage::{ToyInbound, ToyOutbound};

pub(crate) const END_RECORD_LEN: usize = 2;

pub(crate) fn outbound(record_len: u16) -> Outbound {
    Outbound::with_stage(Encoder::new(&Config::new()), ToyOutbound::new(record_len))
}

pub(crate) fn inbound(space_len: usize) -> Inbound {
    Inbound::with_stage(Decoder::new(&Config::new()), ToyInbound::new(space_len))
}

/// What the stage makes of these datagrams, written in pieces as `schedule` says, with its last word.
pub(crate) fn seal(sent: &[ConnectDatagram], record_len: u16, schedule: &Schedule) -> Vec<u8> {
    let mut outbound = outbound(record_len);
    let mut cuts = schedule.cuts(usize::MAX, &[]);
    let mut stream = Vec::new();
    for datagram in sent {
        outbound.push(datagram.clone()).expect("open");
        write_some(
            &mut outbound,
            cuts.next().unwrap_or(usize::MAX),
            &mut stream,
        );
    }
    outbound.finish();
    while write_some(
        &mut outbound,
        cuts.next().unwrap_or(usize::MAX),
        &mut stream,
    ) > 0
    {}
    assert_eq!(outbound.queued(), 0);
    stream
}

/// Writes until `most` bytes are taken or nothing is left. Returns how many it took.
pub(crate) fn write_some(outbound: &mut Outbound, most: usize, stream: &mut Vec<u8>) -> usize {
    let mut written = 0;
    while written < most {
        let outbox = outbound.outbox().expect("no failure");
        if !outbox.has_remaining() {
            break;
        }
        let taken = outbox.chunk().len().min(most - written);
        stream.extend_from_slice(&outbox.chunk()[..taken]);
        outbox.advance(taken);
        written += taken;
    }
    written
}

/// Everything that can be handed out now, by both lanes in turn; the answer after it.
pub(crate) fn drain(
    inbound: &mut Inbound,
    received: &mut Vec<ConnectDatagram>,
) -> Result<Decoded<()>, ReadError> {
    loop {
        let answer = if received.len() % 2 == 0 {
            inbound.next_datagram()?
        } else {
            match inbound.next_datagram_ref()? {
                Decoded::Datagram(datagram) => {
                    Decoded::Datagram(datagram.to_datagram().expect("not empty"))
                }
                Decoded::NeedInput => Decoded::NeedInput,
                Decoded::End => Decoded::End,
            }
        };
        match answer {
            Decoded::Datagram(datagram) => received.push(datagram),
            Decoded::NeedInput => return Ok(Decoded::NeedInput),
            Decoded::End => return Ok(Decoded::End),
        }
    }
}

/// Reads `stream` in pieces as `schedule` says; what came out of it, and the answer after its end.
pub(crate) fn open(
    stream: &[u8],
    space_len: usize,
    schedule: &Schedule,
) -> (Vec<ConnectDatagram>, Result<Decoded<()>, ReadError>) {
    let mut inbound = inbound(space_len);
    let mut received = Vec::new();
    let mut rest = stream;
    for (turn, cut) in schedule.cuts(stream.len(), &[]).enumerate() {
        let (now, later) = rest.split_at(cut);
        rest = later;
        inbound.extend_from_slice(now);
        if turn % 3 == 0 {
            let _ = drain(&mut inbound, &mut received);
            inbound.handle_would_block();
        }
    }
    inbound.finish();
    inbound.finish();
    assert!(inbound.has_answer());
    let answer = drain(&mut inbound, &mut received);
    let again = drain(&mut inbound, &mut received);
    assert_eq!(format!("{answer:?}"), format!("{again:?}"), "repeated");
    (received, answer)
}
