//! Bodies of the fuzz targets: each takes any bytes, makes of them what it needs, and panics on a finding.
//!
//! The targets in `fuzz/` are one line each around these, and the tests replay the corpora through them with the
//! stable compiler.

mod header;

pub use header::header;
