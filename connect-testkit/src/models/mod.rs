//! Machines of the core beside naive ones, of lists and sums: operations in any order, and after each of them both are
//! the same. Where a model has to follow the rules of its machine, and so might share a fault with them, it checks beside
//! that what has to be true by whatever rules. Property tests and fuzz targets share them.

pub mod outbox;
pub mod queue;
pub mod router;
