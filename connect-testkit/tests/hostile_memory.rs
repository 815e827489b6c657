//! The most that one hostile peer makes us hold, counted by the allocator.
//!
//! One test function, because everything that runs beside it would be counted, too.

use connect_proto::queue::{SendQueue, TrySendError};
use connect_proto::router::{Delivery, RouteConfig, Router};
use connect_proto::{Config, Decoded, Decoder, Encoder, Header, Inbound, MAX_DATA_LEN, Outbound};
use connect_testkit::certificates::Authority;
use connect_testkit::tls::{
    ALLOWED_KEY_CHANGES, Ending, Endpoint, Forger, Staged, forged_client, forged_server,
    key_update, session_ticket,
};
use connect_testkit::{SplitMix64, datagrams, naive};
use connect_tls::rustls::ContentType;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Of a read, by default.
const BLOCK: usize = 64 * KIB;

/// A connection with nothing in it, and what the test allocates meanwhile.
const CONNECTION: usize = 4 * KIB;

/// Handshake messages in parts, as documented: 128 KiB, twice while their buffer grows, and a block.
const PARTS: usize = 3 * 128 * KIB + BLOCK;

#[test]
fn a_hostile_peer_is_held_to_its_bound() {
    plain();
    with_queues();
    handshaking();
    established();
}

/// The most that was held while `work` ran beside what was there before.
fn peak_of(work: impl FnOnce()) -> usize {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    work();
    ALLOCATOR.peak_usage().saturating_sub(before)
}

fn judge(name: &str, peak: usize, bound: usize) {
    println!("hostile peer: {name}: a peak of {peak} bytes; the bound is {bound}");
    assert!(peak <= bound, "{name}: {peak} bytes; the bound is {bound}");
}

fn check(name: &str, bound: usize, work: impl FnOnce()) {
    judge(name, peak_of(work), bound);
}

fn header(data_len: usize) -> [u8; 8] {
    Header::new(7, data_len).expect("valid").to_bytes()
}

/// What arrives is read in pieces by a driver that, as those of the adapters, reads only as long as there is no
/// answer to take.
fn receive(bytes: &[u8], piece: usize, takes: bool) {
    let mut inbound = Inbound::from(Decoder::new(&Config::new()));
    for piece in bytes.chunks(piece) {
        inbound.extend_from_slice(piece);
        while takes && matches!(inbound.next_datagram_ref(), Ok(Decoded::Datagram(_))) {}
        if inbound.has_answer() {
            break;
        }
        inbound.handle_would_block();
    }
}

fn plain() {
    let announced = header(MAX_DATA_LEN);
    check("silence", CONNECTION, || receive(&[], 1, true));
    check("100 MB announced, nothing sent", BLOCK + CONNECTION, || {
        receive(&announced, 1, true);
    });
    let mut a_megabyte = announced.to_vec();
    a_megabyte.resize(MIB, 0);
    // The block doubles, and the old one is there until its bytes are in the new one.
    check("100 MB announced, 1 MiB sent", 3 * MIB + BLOCK, || {
        receive(&a_megabyte, 4 * KIB, true);
    });
    let tiny = naive::encode(&datagrams::of_lengths(&[1; 20_000]));
    check(
        "tiny messages that nobody takes, read only when asked to",
        2 * BLOCK,
        || {
            receive(&tiny, BLOCK, false);
        },
    );
    let mut random = SplitMix64::new(1);
    let noise: Vec<u8> = (0..MIB).map(|_| random.next() as u8).collect();
    check("random bytes", BLOCK + CONNECTION, || {
        receive(&noise, 4 * KIB, true);
    });
}

fn with_queues() {
    const MARK: usize = 256 * KIB;
    let config = Config::new().with_high_water_mark(MARK);
    let datagram = datagrams::datagram(0, 1, 100);
    check("a peer that reads nothing", MARK + 2 * BLOCK, || {
        let outbound = Outbound::from(Encoder::new(&config));
        let mut queue: SendQueue<()> = SendQueue::new(&outbound);
        let full = (0..MARK).find_map(|_| queue.try_send(datagram.clone()).err());
        assert!(matches!(full, Some(TrySendError::Full(_))), "{full:?}");
    });
    let stream = naive::encode(&datagrams::of_lengths(&[1; 400])).repeat(400);
    let capacity = RouteConfig::new().capacity();
    let bound = capacity + capacity / 3 + 3 * BLOCK;
    check("tiny messages to a route that nobody reads", bound, || {
        let mut router: Router<()> = Router::new();
        router.add_rest(RouteConfig::new()).expect("the first");
        let mut inbound = Inbound::from(Decoder::new(&Config::new()));
        let held = stream.chunks(4 * KIB).any(|piece| {
            inbound.extend_from_slice(piece);
            loop {
                match router.deliver(&mut inbound, &mut Vec::new()) {
                    Delivery::LineHeld => break true,
                    Delivery::NeedInput => break false,
                    _ => {}
                }
            }
        });
        assert!(held, "never full");
    });
}

/// Gives `ours` what a peer sends, and says whether it is still of any use.
fn give(ours: &mut Staged, record: &[u8]) -> bool {
    ours.give(record);
    let is_open = matches!(ours.ending(), Ending::Open);
    ours.inbound.handle_would_block();
    is_open
}

fn handshaking() {
    let config = Authority::new("hostile").server_config(&["localhost"]);
    let connection = peak_of(|| drop(Staged::server(&config))) + CONNECTION;
    check("TLS: silence", connection, || {
        assert!(give(&mut Staged::server(&config), &[]));
    });
    let garbage = [0x55; BLOCK];
    check("TLS: garbage", connection + 2 * BLOCK, || {
        assert!(!give(&mut Staged::server(&config), &garbage));
    });
    let hello = [&[1, 0, 0xFF, 0xFF][..], &[0x33; 0xFFFF]].concat();
    check("TLS: a hello, byte by byte", connection + PARTS, || {
        let mut ours = Staged::server(&config);
        let is_open = |byte: &u8| give(&mut ours, &[22, 3, 1, 0, 1, *byte]);
        assert!(!hello.iter().all(is_open));
    });
    let mut record = vec![22, 3, 1, 0x40, 0];
    record.resize(5 + 16 * KIB - 1, 1);
    check("TLS: a record without its end", connection + BLOCK, || {
        let mut ours = Staged::server(&config);
        assert!(record.chunks(100).all(|piece| give(&mut ours, piece)));
    });
}

type Forging = fn(&mut Forger) -> Vec<u8>;

/// How it ends for a peer that repeats a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// With this record it is refused.
    RefusedAt(usize),
    /// It may go on as long as it likes.
    Served,
}

struct Repeated {
    what: &'static str,
    /// Of the memory, beside what the connection holds anyway.
    bound: usize,
    by_a_server: End,
    by_a_client: End,
    forging: Forging,
}

/// Handshake messages in parts are counted with their records: 5 bytes of header, 1 of content type, 16 of tag.
const RECORD_OF_FOUR: usize = 5 + 4 + 1 + 16;

/// More records in a row that say nothing are refused by rustls.
const MOST_EMPTY: usize = 32;

/// What a peer may try to repeat when it is established.
const REPEATED: [Repeated; 7] = [
    Repeated {
        what: "records without data",
        bound: BLOCK,
        by_a_server: End::RefusedAt(MOST_EMPTY + 1),
        by_a_client: End::RefusedAt(MOST_EMPTY + 1),
        forging: |forger| forger.data(&[]),
    },
    Repeated {
        what: "handshake records without content",
        bound: PARTS,
        by_a_server: End::RefusedAt(MOST_EMPTY + 1),
        by_a_client: End::RefusedAt(MOST_EMPTY + 1),
        forging: |forger| forger.record(ContentType::Handshake, &[]),
    },
    // 64 KiB are announced, of which 20 kB fill what is kept.
    Repeated {
        what: "a handshake message that never ends",
        bound: PARTS,
        by_a_server: End::RefusedAt(128 * KIB / RECORD_OF_FOUR + 1),
        by_a_client: End::RefusedAt(128 * KIB / RECORD_OF_FOUR + 1),
        forging: |forger| forger.record(ContentType::Handshake, &[4, 0, 255, 0]),
    },
    // As much content as a message may have: the fourth record ends it, and it is none.
    Repeated {
        what: "a handshake message of 64 KiB",
        bound: PARTS,
        by_a_server: End::RefusedAt(4),
        by_a_client: End::RefusedAt(4),
        forging: |forger| {
            let mut part = vec![0; 16 * KIB];
            part[..4].copy_from_slice(&[4, 0, 255, 0]);
            forger.record(ContentType::Handshake, &part)
        },
    },
    // A client keeps the last ones of each server.
    Repeated {
        what: "session tickets",
        bound: 2 * BLOCK,
        by_a_server: End::RefusedAt(1),
        by_a_client: End::Served,
        forging: |forger| forger.record(ContentType::Handshake, &session_ticket(2000)),
    },
    // Each asks for an answer, which the peer never reads.
    Repeated {
        what: "key updates",
        bound: BLOCK,
        by_a_server: End::RefusedAt(ALLOWED_KEY_CHANGES + 1),
        by_a_client: End::RefusedAt(ALLOWED_KEY_CHANGES + 1),
        forging: |forger| {
            let record = forger.record(ContentType::Handshake, &key_update(true));
            forger.change_keys();
            record
        },
    },
    // All of the later ones are taken for its data: 80 kB.
    Repeated {
        what: "100 MB announced",
        bound: 4 * BLOCK,
        by_a_server: End::Served,
        by_a_client: End::Served,
        forging: |forger| forger.data(&header(MAX_DATA_LEN)),
    },
];

fn established() {
    for repeated in &REPEATED {
        let what = repeated.what;
        let (server, _oracle, forger) = forged_client();
        let name = format!("TLS, to a server: {what}");
        check_repeated(&name, repeated, server, forger, repeated.by_a_server);
        let (client, _oracle, forger) = forged_server();
        let name = format!("TLS, to a client: {what}");
        check_repeated(&name, repeated, client, forger, repeated.by_a_client);
    }
}

fn check_repeated(
    name: &str,
    repeated: &Repeated,
    mut ours: Staged,
    mut forger: Forger,
    expected: End,
) {
    let before = ALLOCATOR.current_usage();
    let mut peak = 0;
    let mut end = End::Served;
    for number in 1..=10_000 {
        let record = (repeated.forging)(&mut forger);
        ALLOCATOR.reset_peak_usage();
        let is_open = give(&mut ours, &record);
        let held = ALLOCATOR.peak_usage() - record.capacity();
        peak = peak.max(held.saturating_sub(before));
        if !is_open {
            end = End::RefusedAt(number);
            break;
        }
    }
    judge(&format!("{name}, {end:?}"), peak, repeated.bound);
    assert_eq!(end, expected, "{name}");
}
