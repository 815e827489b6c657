//! What the test of an adapter is made of.

/// Makes a test of every behaviour for one adapter. Over TLS there are some more.
///
/// ```text
/// conformance_tests!(OnTokio);
/// conformance_tests!(OnTokioTls, TLS);
/// ```
#[macro_export]
macro_rules! conformance_tests {
    ($adapter:ty) => {
        $crate::conformance_tests! { @all $adapter:
            sending::a_lone_header_never_travels_without_vectored_writes
        }
    };
    // Headers do not travel alone there: everything is in records.
    ($adapter:ty, TLS) => {
        $crate::conformance_tests! { @all $adapter:
            tls::wire::any_cut_of_the_records_gives_the_same_datagrams
            tls::wire::an_end_without_close_notify_is_never_clean
            tls::wire::a_changed_byte_is_a_lasting_error_that_the_peer_is_told_of
            tls::wire::a_queue_tells_its_senders_that_tls_has_failed
            tls::wire::messages_that_are_queued_together_share_a_record
            tls::sessions::both_sides_know_what_was_agreed_upon
            tls::sessions::keys_change_in_the_middle_of_traffic
            tls::sessions::a_peer_that_vanishes_is_told_from_one_that_closes
        }
    };
    (@all $adapter:ty: $($($more:ident)::+)*) => {
        $crate::conformance_tests! { @each $adapter:
            receiving::any_cut_gives_the_same_datagrams
            receiving::no_more_is_read_ahead_than_a_block
            receiving::a_batch_holds_what_is_here_and_no_more
            receiving::borrowed_datagrams_are_the_same
            receiving::a_borrowed_batch_holds_what_is_here_and_no_more
            receiving::the_end_is_clean_only_between_frames
            receiving::a_broken_header_is_a_lasting_error
            receiving::the_stream_ends_after_its_error
            receiving::a_read_may_be_interrupted
            sending::short_writes_lose_and_repeat_nothing
            sending::waiting_transports_keep_everything
            sending::the_transport_is_flushed_after_the_last_write
            sending::a_full_queue_makes_the_sender_wait
            sending::many_are_queued_up_to_the_mark
            sending::what_cannot_be_sent_comes_back
            sending::a_sink_does_the_same
            failing::a_read_failure_comes_after_the_datagrams_and_stays
            failing::a_write_failure_stays_and_hands_back
            failing::a_transport_that_takes_nothing_is_an_error
            failing::a_transport_that_lies_is_an_error
            failing::the_other_half_goes_on
            cancelling::a_dropped_next_loses_nothing
            cancelling::a_dropped_send_leaves_whole_frames
            cancelling::a_dropped_flush_goes_on_later
            cancelling::ready_and_push_never_lose_a_datagram
            closing::close_flushes_then_shuts_down_once
            closing::nothing_is_accepted_after_close
            closing::a_failing_close_says_so
            closing::halves_can_be_joined_again
            network::both_directions_at_once
            network::half_close_lets_the_answer_through
            network::close_under_load_loses_nothing
            receiving::what_is_received_is_counted
            routing::each_recipient_gets_its_own_in_order
            routing::unknown_recipients_are_refused_or_go_to_the_rest
            routing::the_writer_goes_on_after_an_unknown_recipient
            routing::end_and_failure_reach_every_receiver_after_its_queue
            routing::discarding_is_counted
            routing::a_slow_recipient_holds_the_line_until_it_takes_or_goes
            routing::without_receivers_the_driver_ends
            routing::network::the_last_receiver_wakes_the_driver
            routing::a_dropped_driver_leaves_what_is_queued
            routing::a_dropped_next_of_a_receiver_loses_nothing
            routing::network::a_slow_recipient_makes_the_peer_wait
            routing::network::many_tasks_receive_at_once
            queueing::sending::what_is_sent_during_a_write_shares_the_next
            queueing::sending::a_lone_message_is_written_and_flushed_at_once
            queueing::sending::whoever_was_served_may_add_to_the_write
            queueing::sending::a_full_queue_serves_its_line_in_order
            queueing::sending::nobody_passes_the_line_of_a_queue
            queueing::sending::busy_tasks_share_a_queue
            queueing::sending::a_message_above_the_mark_passes_an_empty_queue
            queueing::sending::a_queue_hands_back_what_it_does_not_accept
            queueing::sending::what_was_fed_to_the_writer_goes_before_its_queue
            queueing::sending::a_queue_counts_what_it_does
            queueing::permits::a_permit_sends_into_a_full_queue
            queueing::permits::what_a_permit_does_not_use_goes_to_the_line
            queueing::permits::a_permit_refuses_what_is_longer_and_is_used_up
            queueing::permits::a_queue_that_closes_waits_for_its_permits
            queueing::permits::a_permit_keeps_its_queue_open
            queueing::permits::a_dropped_reserve_sets_nothing_aside
            queueing::cancelling::a_dropped_send_is_queued_whole_or_not_at_all
            queueing::cancelling::whoever_leaves_the_line_lets_the_others_pass
            queueing::cancelling::a_dropped_flush_or_close_of_a_queue_goes_on
            queueing::cancelling::whoever_moves_to_another_task_is_woken_there
            queueing::ending::flush_waits_for_what_came_before_and_no_more
            queueing::ending::flush_does_not_wait_for_the_line
            queueing::ending::close_of_a_queue_serves_its_line_and_shuts_down_once
            queueing::ending::close_wakes_a_driver_that_has_nothing_to_do
            queueing::ending::the_last_handle_of_a_queue_closes_it
            queueing::ending::the_queue_of_a_closed_writer_is_closed
            queueing::ending::what_is_sent_by_turns_with_flushes_keeps_its_order
            queueing::failing::a_failing_write_is_told_to_everybody_of_a_queue
            queueing::failing::a_dropped_driver_is_told_to_everybody
            queueing::failing::whoever_rests_is_woken_when_its_queue_is_lost
            queueing::failing::a_failing_end_of_a_queue_says_so
            queueing::failing::a_permit_of_a_lost_queue_hands_back
            queueing::failing::a_queue_of_a_lost_writer_is_lost
            queueing::network::many_tasks_share_a_connection
            queueing::network::a_queue_echoes_what_many_tasks_send
            queueing::network::a_peer_that_does_not_read_holds_the_senders_of_a_queue
            queueing::network::close_of_a_queue_under_load_loses_nothing
            queueing::network::a_peer_that_vanishes_is_told_to_the_senders_of_a_queue
            $($($more)::+)*
        }
    };
    (@each $adapter:ty: $($first:ident $(:: $rest:ident)+)*) => {
        $($crate::conformance_test!($adapter, $first $(:: $rest)+);)*

        #[test]
        fn count_of_behaviours() {
            let count = [$(stringify!($first $($rest)+)),*].len();
            println!("{count} behaviours on {}", stringify!($adapter));
        }
    };
}

/// Makes a test of every behaviour of TLS listeners.
///
/// ```text
/// tls_listener_tests!(OnTokioTls);
/// ```
#[macro_export]
macro_rules! tls_listener_tests {
    ($adapter:ty) => {
        $crate::conformance_tests! { @each $adapter:
            tls::crowds::a_good_client_is_served_among_silent_and_slow_ones
            tls::crowds::silent_clients_are_given_up_each_in_its_time
            tls::crowds::a_flood_displaces_itself
            tls::crowds::whoever_is_given_up_hides_nobody
            tls::crowds::a_dropped_accept_loses_no_handshake
            tls::crowds::a_dropped_client_frees_its_connection
            tls::refusals::a_peer_that_does_not_speak_tls_is_reported_and_told
            tls::refusals::a_peer_that_leaves_too_early_is_reported
            tls::refusals::a_client_that_does_not_trust_the_server_says_so
            tls::refusals::a_client_must_prove_who_it_is_if_asked_to
            tls::early::what_was_queued_before_the_handshake_goes_after_it
            tls::replacing::a_client_that_comes_back_resumes
            tls::replacing::a_certificate_is_replaced_under_way
            tls::replacing::a_configuration_is_replaced_under_way
        }
    };
}

/// One test of a behaviour, with the behaviour's name.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_test {
    ($adapter:ty, $group:ident::$behaviour:ident) => {
        #[test]
        fn $behaviour() {
            $crate::conformance::$group::$behaviour::<$adapter>();
        }
    };
    ($adapter:ty, $group:ident::$part:ident::$behaviour:ident) => {
        #[test]
        fn $behaviour() {
            $crate::conformance::$group::$part::$behaviour::<$adapter>();
        }
    };
}

/// Implements [`Reader`](crate::conformance::Reader) and [`Writer`](crate::conformance::Writer) by the inherent
/// methods of an adapter's halves.
///
/// ```text
/// conformance_halves!(OnTokio, ConnectionReader, ConnectionWriter);
/// ```
#[macro_export]
macro_rules! conformance_halves {
    ($adapter:ty, $reader:ty, $writer:ty) => {
        impl $crate::conformance::Reader<$adapter> for $reader {
            async fn next(
                &mut self,
            ) -> Result<Option<$crate::proto::ConnectDatagram>, $crate::proto::ReadError> {
                self.next().await
            }

            async fn next_many(
                &mut self,
                datagrams: &mut Vec<$crate::proto::ConnectDatagram>,
                limit: usize,
            ) -> Result<usize, $crate::proto::ReadError> {
                self.next_many(datagrams, limit).await
            }

            async fn next_batch(
                &mut self,
            ) -> Result<Option<$crate::proto::Datagrams<'_>>, $crate::proto::ReadError> {
                self.next_batch().await
            }

            async fn next_ref(
                &mut self,
            ) -> Result<Option<$crate::proto::DatagramRef<'_>>, $crate::proto::ReadError> {
                self.next_ref().await
            }

            fn stats(&self) -> $crate::proto::ReceiveStats {
                self.stats()
            }

            fn into_router(
                self,
                routes: $crate::proto::router::Routes,
            ) -> $crate::conformance::Driver {
                Box::pin(self.into_router(routes))
            }
        }

        impl $crate::conformance::Writer<$adapter> for $writer {
            async fn send(
                &mut self,
                datagram: $crate::proto::ConnectDatagram,
            ) -> Result<(), $crate::proto::WriteError> {
                self.send(datagram).await
            }

            async fn send_ref(
                &mut self,
                datagram: $crate::proto::DatagramRef<'_>,
            ) -> Result<(), $crate::proto::WriteError> {
                self.send_ref(datagram).await
            }

            fn is_ready(&self) -> bool {
                self.is_ready()
            }

            fn push_while_ready<'a>(
                &mut self,
                datagrams: &mut impl Iterator<Item = $crate::proto::DatagramRef<'a>>,
            ) -> Result<bool, $crate::proto::WriteError> {
                self.push_while_ready(datagrams)
            }

            async fn feed(
                &mut self,
                datagram: $crate::proto::ConnectDatagram,
            ) -> Result<(), $crate::proto::WriteError> {
                self.feed(datagram).await
            }

            async fn ready(&mut self) -> Result<(), $crate::proto::WriteError> {
                self.ready().await
            }

            fn push(
                &mut self,
                datagram: $crate::proto::ConnectDatagram,
            ) -> Result<(), $crate::proto::WriteError> {
                self.push(datagram)
            }

            async fn flush(&mut self) -> Result<(), $crate::proto::WriteError> {
                self.flush().await
            }

            async fn close(&mut self) -> Result<(), $crate::proto::WriteError> {
                self.close().await
            }

            fn queued_bytes(&self) -> usize {
                self.queued_bytes()
            }

            fn into_queue(
                self,
            ) -> (
                $crate::proto::queue::QueueSender,
                $crate::conformance::queueing::Driver,
            ) {
                let (sender, driver) = self.into_queue();
                (sender, Box::pin(driver))
            }
        }
    };
}
