//! What every adapter has to do with the real `connect` 0.2.4 at the other end of a TLS connection, as
//! client and as server.
//!
//! Its writer loses other things over TLS than over TCP. What it has begun it never cuts, since its rustls
//! takes any length and keeps what the socket has no room for; so it needs no pacing. But it hands over the
//! first of the messages that are flushed together and forgets the others, and what it has handed over it
//! sends only while the connection is written or read.
//!
//! Its ends are others, too. Nothing but the `close` of its sink says `close_notify`: a connection that is
//! dropped, and `Connection::close` does no more, is to us one that was cut.

mod ends;
mod losses;
mod messages;
mod pairs;
mod sessions;
mod trust;

/// One function for each.
pub mod behaviours {
    pub use super::ends::*;
    pub use super::losses::*;
    pub use super::messages::*;
    pub use super::sessions::*;
    pub use super::trust::*;
}

use std::time::Duration;

/// Makes a test of every behaviour for one adapter.
#[macro_export]
macro_rules! tests_with_old_tls_peer {
    ($adapter:ty) => {
        $crate::tests_with_old_tls_peer! { $adapter:
            old_client_and_our_echo_server
            our_client_and_old_echo_server
            our_client_and_old_reader
            our_server_and_old_reader
            an_old_connection_that_is_dropped_is_truncated_for_us
            an_old_connection_that_is_closed_is_truncated_for_us
            an_old_writer_that_is_closed_is_a_clean_end_for_us_and_can_be_answered
            a_message_that_an_old_writer_leaves_in_part_is_truncated_for_us
            our_close_is_the_end_for_an_old_reader
            a_connection_of_ours_that_was_flushed_and_dropped_is_the_end_for_an_old_reader
            an_old_peer_can_answer_until_it_has_read_our_close
            an_old_server_that_has_closed_and_gone_does_not_make_our_close_fail
            an_old_client_that_has_closed_and_gone_does_not_make_our_close_fail
            what_an_old_writer_forgets_behind_the_first_queued_message_leaves_no_trace
            what_an_old_peer_loses_between_two_threads_leaves_no_trace
            an_old_client_that_does_not_trust_us_is_reported_and_the_next_one_is_served
            an_old_client_that_wants_another_name_is_reported_and_the_next_one_is_served
            an_old_client_that_read_a_long_certificate_says_why_it_goes
            an_old_client_needs_a_certificate_if_we_say_so
            our_client_does_not_trust_an_old_server_that_it_should_not
            our_client_shows_an_old_server_its_certificate
            an_old_listener_that_was_refused_hangs_and_so_does_who_connects_then
            an_old_client_that_comes_again_resumes
            our_client_that_comes_again_resumes
        }
    };
    ($adapter:ty: $($behaviour:ident)+) => {
        $(
            #[test]
            fn $behaviour() {
                $crate::with_old_tls_peer::behaviours::$behaviour::<$adapter>();
            }
        )+
    };
}

const LONG: Duration = Duration::from_secs(45);
const SHORT: Duration = Duration::from_secs(10);
