//! Bodies of the fuzz targets: each takes any bytes, makes of them what it needs, and panics on a finding.
//!
//! The targets in `fuzz/` are one line each around these, and the tests replay the corpora through them with the
//! stable compiler.

mod choices;
mod plan;

mod header;
pub use header::header;

mod decode;
pub use decode::decode;

mod round_trip;
pub use round_trip::round_trip;

mod outbox;
pub use outbox::outbox;

mod queue;
pub use queue::queue;

mod router;
pub use router::router;

mod adapter;
pub use adapter::{Outcome, adapter};

mod replay;
pub use replay::replay;

#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "tls")]
pub use tls::{tls_hostile, tls_pair};
