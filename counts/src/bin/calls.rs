//! Prints what a pass of each case allocates, and how often it calls its transport:
//! name, messages, allocations, reads, writes, flushes.

use connect_counts::{Calls, all, measured};

fn main() {
    for case in all() {
        let mut pass = case.warm_pass();
        let _warming = Calls::take();
        let allocations = allocation_counter::measure(|| measured(&mut pass)).count_total;
        let Calls {
            reads,
            writes,
            flushes,
        } = Calls::take();
        let (name, messages) = (case.name(), case.messages());
        println!("{name} {messages} {allocations} {reads} {writes} {flushes}");
    }
}
