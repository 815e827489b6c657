//! Routes: one test for each rule. What any order of operations comes to is the matter of `router_model.rs`.

mod handles;
mod machine;
mod rig;
mod routes;
mod stats;
