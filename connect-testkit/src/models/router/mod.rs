//! A router: whatever is sent, taken, dropped and broken in whatever order, it and a naive one hand out the same
//! datagrams, count the same, and notify the same.

mod pair;
mod route;

use connect_proto::router::RouteConfig;

use crate::model_counts::ModelCounts;
use pair::Pair;

/// Some routes, and what happens to them.
#[derive(Clone, Debug)]
pub struct Case {
    /// The first recipient, how many there are, and the settings. Those that overlap with one before are refused. At
    /// least one.
    pub routes: Vec<(u16, u16, RouteConfig)>,
    /// The settings of the route for the rest, if there is one.
    pub rest: Option<RouteConfig>,
    /// What happens.
    pub operations: Vec<Operation>,
}

/// What happens to a router. Which route is meant is a number, and the rest of its division by how many there are
/// counts.
#[derive(Clone, Debug)]
pub enum Operation {
    /// The peer sends a datagram.
    Send {
        /// To whom.
        recipient: u16,
        /// How many bytes of data.
        len: usize,
    },
    /// The driver delivers what has come.
    Deliver,
    /// The driver waits.
    DriverWaits,
    /// A receiver takes datagrams.
    Take {
        /// Which receiver.
        route: usize,
        /// How many at the most.
        most: usize,
    },
    /// A receiver waits if there is nothing to take.
    Wait(usize),
    /// A receiver goes.
    Close(usize),
    /// The stream ends.
    End,
    /// The stream ends inside a frame.
    Cut,
    /// The peer breaks the format.
    Break,
    /// The transport fails.
    Fail,
    /// The driver goes.
    Abandon,
}

/// Applies what happens to a router and to a naive one, and lets everybody come to an end.
///
/// # Panics
///
/// If the two differ.
pub fn check(case: &Case) -> ModelCounts {
    let mut pair = Pair::new(case);
    for operation in &case.operations {
        pair.apply(operation);
    }
    pair.finish();
    pair.counts
}
