//! Machines of the core beside models that are obviously right: any operations in any order, and after each of them
//! both are the same. Property tests and fuzz targets share them.

pub mod outbox;
pub mod queue;
pub mod router;
