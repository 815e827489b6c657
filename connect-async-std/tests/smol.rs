//! The behaviours that every adapter shares, on smol.

mod on_smol;
mod scripted;

connect_testkit::conformance_tests!(on_smol::OnSmol);
