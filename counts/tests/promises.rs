//! What is promised of allocations and of calls of the transport, whatever is recorded: see README.md.

use connect_counts::{Calls, all, measured};

const BLOCK: usize = 64 * 1024;

struct Counted {
    messages: usize,
    /// Of all messages, with their headers.
    bytes: usize,
    allocations: usize,
    calls: Calls,
}

impl Counted {
    fn blocks(&self) -> usize {
        self.bytes.div_ceil(BLOCK)
    }
}

/// A pass of a case whose messages have 64 bytes of data.
fn counted(name: &str) -> Counted {
    let cases = all();
    let case = cases.iter().find(|case| case.name() == name);
    let case = case.unwrap_or_else(|| panic!("no case {name}"));
    let mut pass = case.warm_pass();
    let _warming = Calls::take();
    let allocations = allocation_counter::measure(|| measured(&mut pass)).count_total;
    Counted {
        messages: case.messages(),
        bytes: case.messages() * (8 + 64),
        allocations: allocations as usize,
        calls: Calls::take(),
    }
}

const ADAPTERS: [&str; 2] = ["tokio", "async_std"];

#[test]
fn many_small_messages_share_writes() {
    for adapter in ADAPTERS {
        for case in ["feed-64B", "feed_ref-64B", "tls-feed-64B"] {
            let counted = counted(&format!("{adapter}-{case}"));
            let Calls {
                reads,
                writes,
                flushes,
            } = counted.calls;
            assert!(
                writes <= counted.blocks() + 1,
                "{adapter}-{case}: {writes} writes"
            );
            assert_eq!((reads, flushes), (0, 1), "{adapter}-{case}");
        }
    }
}

#[test]
fn a_lone_message_is_one_write() {
    for adapter in ADAPTERS {
        for case in ["send-64B", "tls-send-64B"] {
            let counted = counted(&format!("{adapter}-{case}"));
            let calls = Calls {
                reads: 0,
                writes: counted.messages,
                flushes: counted.messages,
            };
            assert_eq!(counted.calls, calls, "{adapter}-{case}");
        }
    }
}

/// The first read is a short one, and the last finds nothing.
#[test]
fn many_small_messages_share_reads() {
    for adapter in ADAPTERS {
        for case in [
            "next-64B",
            "next_ref-64B",
            "next_many-64B",
            "next_batch-64B",
            "router-64B",
        ] {
            let counted = counted(&format!("{adapter}-{case}"));
            let reads = counted.calls.reads;
            assert!(
                reads <= counted.blocks() + 3,
                "{adapter}-{case}: {reads} reads"
            );
        }
    }
}

/// One finds it, and one that there is no more.
#[test]
fn a_lone_message_is_two_reads() {
    for adapter in ADAPTERS {
        for case in ["next-lone-64B", "tls-next-lone-64B"] {
            let counted = counted(&format!("{adapter}-{case}"));
            assert_eq!(
                counted.calls.reads,
                2 * counted.messages,
                "{adapter}-{case}"
            );
        }
    }
}

#[test]
fn owned_datagrams_share_the_allocations_of_their_block() {
    for adapter in ADAPTERS {
        for case in ["next-64B", "next_many-64B"] {
            let counted = counted(&format!("{adapter}-{case}"));
            let allocations = counted.allocations;
            assert!(
                allocations <= 2 * counted.blocks() + 2,
                "{adapter}-{case}: {allocations} allocations"
            );
        }
    }
}

#[test]
fn borrowed_datagrams_allocate_nothing() {
    for lane in ["borrowed", "batch"] {
        for size in ["16B", "256B", "4KiB", "1MiB"] {
            let counted = counted(&format!("decode-{lane}-{size}-by-64KiB"));
            assert_eq!(counted.allocations, 0, "{lane}, {size}");
        }
    }
    // But the block of a connection that was at rest, and what keeps it.
    for adapter in ADAPTERS {
        for case in ["next_ref-64B", "next_batch-64B"] {
            let allocations = counted(&format!("{adapter}-{case}")).allocations;
            assert!(
                allocations <= 4,
                "{adapter}-{case}: {allocations} allocations"
            );
        }
    }
}

/// A block for a connection that was at rest, which grows as it fills.
#[test]
fn sending_allocates_by_the_block() {
    for adapter in ADAPTERS {
        for case in ["feed-64B", "feed_ref-64B"] {
            let counted = counted(&format!("{adapter}-{case}"));
            let allocations = counted.allocations;
            assert!(
                allocations <= counted.blocks() + 8,
                "{adapter}-{case}: {allocations} allocations"
            );
        }
    }
}

/// One block a write of a hundred, and what keeps it; none for a message.
#[test]
fn a_queue_allocates_nothing_for_a_message() {
    for case in ["queue-64B", "tokio-queue-64B", "async_std-queue-64B"] {
        let counted = counted(case);
        let allocations = counted.allocations;
        assert!(
            allocations * 50 <= counted.messages,
            "{case}: {allocations} allocations"
        );
    }
}

/// What the outbox of a connection that was at rest keeps its pieces in, and their list.
#[test]
fn long_data_is_not_copied() {
    for adapter in ADAPTERS {
        let allocations = counted(&format!("{adapter}-feed-64KiB")).allocations;
        assert!(allocations <= 2, "{adapter}: {allocations} allocations");
    }
}
