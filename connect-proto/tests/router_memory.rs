//! What a route holds is counted by the allocator, not believed.
//!
//! One test function, because everything that runs beside it would be counted, too.

use connect_proto::router::{Delivery, Overflow, RouteConfig, Router, Taken};
use connect_proto::{Config, Decoder, Inbound};
use connect_testkit::datagrams;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const BLOCK: usize = 64 * 1024;
const CAPACITY: usize = 256 * 1024;

/// What the test harness itself may allocate meanwhile.
const SLACK: usize = 4096;

#[test]
fn a_route_holds_about_its_capacity() {
    for len in [1, 20, 300, 1100, 5000] {
        tiny_datagrams_of_a_slow_route_keep_no_blocks_alive(len);
    }
    long_datagrams_hold_twice_their_length_at_the_most();
    discarding_does_not_grow();
}

/// A block at a time, of which one datagram is for the slow route: the trap is that its slice would keep all of
/// the block alive.
fn tiny_datagrams_of_a_slow_route_keep_no_blocks_alive(len: usize) {
    let filler = datagrams::datagram(0, 2, 1000).encode().expect("valid");
    let tiny = datagrams::datagram(1, 1, len).encode().expect("valid");
    let mut stream = filler.repeat(BLOCK / filler.len() - 6);
    stream.extend(&tiny);

    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let mut router: Router<()> = Router::new();
    let slow = router
        .add(1, RouteConfig::new().with_capacity(CAPACITY))
        .expect("the first");
    let fast = router
        .add(2, RouteConfig::new().with_capacity(2 * BLOCK))
        .expect("another");
    let mut inbound = Inbound::from(Decoder::new(&Config::new()));
    let mut notify = Vec::new();
    let mut blocks = 0;
    loop {
        let mut rest = &stream[..];
        while !rest.is_empty() {
            let space = inbound.spare();
            let count = space.len().min(rest.len());
            space[..count].copy_from_slice(&rest[..count]);
            inbound.commit(count);
            rest = &rest[count..];
        }
        blocks += 1;
        let delivery = loop {
            match router.deliver(&mut inbound, &mut notify) {
                Delivery::More => {}
                other => break other,
            }
        };
        while let Ok(Taken::Datagram(_)) = router.take(fast, &mut notify) {}
        if delivery == Delivery::LineHeld {
            break;
        }
    }
    let queued = router.route_stats(slow).queued_messages;
    let peak = ALLOCATOR.peak_usage() - before;
    println!("memory: {queued} datagrams of {len} B from {blocks} blocks, a peak of {peak} bytes");
    // Beside the capacity: the decoder's block, the queue of the fast route, ends of blocks.
    let bound = CAPACITY + CAPACITY / 3 + 5 * BLOCK + SLACK;
    assert!(peak <= bound, "{peak} bytes; the bound is {bound}");

    while let Ok(Taken::Datagram(_)) = router.take(slow, &mut notify) {}
    while let Ok(Taken::Datagram(_)) = router.take(fast, &mut notify) {}
    drop(inbound);
    let left = ALLOCATOR.current_usage() - before;
    assert!(left <= SLACK, "idle routes hold {left} bytes");
}

fn long_datagrams_hold_twice_their_length_at_the_most() {
    let len = 40_000;
    let frame = datagrams::datagram(0, 1, len).encode().expect("valid");
    let before = ALLOCATOR.current_usage();
    let mut router: Router<()> = Router::new();
    let route = router
        .add(1, RouteConfig::new().with_capacity(CAPACITY))
        .expect("the first");
    let mut inbound = Inbound::from(Decoder::new(&Config::new()));
    let mut notify = Vec::new();
    while router.deliver(&mut inbound, &mut notify) != Delivery::LineHeld {
        inbound.extend_from_slice(&frame);
    }
    let held = ALLOCATOR.current_usage() - before;
    let data = router.route_stats(route).queued_messages * len;
    println!("memory: {held} bytes for {data} of long datagrams");
    assert!(held <= 2 * data + 2 * BLOCK + SLACK, "{held} for {data}");
}

fn discarding_does_not_grow() {
    for overflow in [Overflow::DiscardNewest, Overflow::DiscardOldest] {
        let frame = datagrams::datagram(0, 1, 50).encode().expect("valid");
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let mut router: Router<()> = Router::new();
        let config = RouteConfig::new().with_overflow(overflow);
        let route = router.add(1, config).expect("the first");
        let mut inbound = Inbound::from(Decoder::new(&Config::new()));
        let mut notify = Vec::new();
        for _ in 0..100_000 {
            inbound.extend_from_slice(&frame);
            while router.deliver(&mut inbound, &mut notify) == Delivery::GiveWay {}
        }
        let stats = router.route_stats(route);
        assert_eq!(
            stats.queued_messages as u64 + stats.discarded_messages,
            100_000
        );
        let peak = ALLOCATOR.peak_usage() - before;
        println!("memory: a peak of {peak} bytes, discarding");
        // Beside it the decoder's block, and both ends of the queue.
        let bound = config.capacity() + BLOCK + BLOCK / 2 + SLACK;
        assert!(peak <= bound, "{peak} bytes; the bound is {bound}");
    }
}
