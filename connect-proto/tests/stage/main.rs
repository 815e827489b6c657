//! A byte stage between transport and codec, driven through `Inbound` and `Outbound`.

mod faulty;
mod passing;
mod rig;
mod sending;
mod transport;
