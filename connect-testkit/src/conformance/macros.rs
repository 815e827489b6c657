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
            tls::wire::messages_that_are_queued_together_share_a_record
            tls::sessions::both_sides_know_what_was_agreed_upon
            tls::sessions::keys_change_in_the_middle_of_traffic
            tls::sessions::a_peer_that_vanishes_is_told_from_one_that_closes
        }
    };
    (@all $adapter:ty: $($($more:ident)::+)*) => {
        $crate::conformance_tests! { @each $adapter:
            receiving::any_cut_gives_the_same_datagrams
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
        }
    };
}
