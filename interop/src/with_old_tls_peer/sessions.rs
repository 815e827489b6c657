//! Sessions that are resumed.

use std::sync::Arc;

use super::SHORT;
use super::pairs::{NAME, Trust, assert_both_ways};
use crate::old_peer;
use crate::old_tls;
use crate::ours::{Adapter, Connection, TlsListener};
use crate::timed;

/// The tickets of our server are good for an old client.
pub fn an_old_client_that_comes_again_resumes<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        let trust = Trust::new();
        let config = trust.old_client();
        let mut listener = A::listen_tls(trust.our_server()).await;
        let address = listener.local_addr();
        for again in [false, true] {
            let old = old_tls::connect(address, NAME, Arc::clone(&config));
            let (ours, old) = tokio::join!(listener.accept(), old);
            let (mut ours, mut old) = (ours.unwrap(), old.unwrap());
            assert_eq!(ours.tls().unwrap().info().is_resumed, again);
            assert_both_ways(&mut ours, &mut old).await;
        }
    });
}

/// And those of an old server for our client.
pub fn our_client_that_comes_again_resumes<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        let trust = Trust::new();
        let config = trust.our_client();
        let mut server = old_peer::Server::bind_tls(trust.old_server()).await;
        for again in [false, true] {
            let ours = A::connect_tls(server.address(), NAME, Arc::clone(&config));
            let (ours, mut old) = tokio::join!(ours, server.accept());
            let mut ours = ours.unwrap();
            assert_eq!(ours.tls().unwrap().info().is_resumed, again);
            assert_both_ways(&mut ours, &mut old).await;
        }
    });
}
