//! The behaviours that every adapter shares, on async-std.

mod on_async_std;
mod scripted;

connect_testkit::conformance_tests!(on_async_std::OnAsyncStd);
