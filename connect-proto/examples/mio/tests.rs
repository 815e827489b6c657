use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use connect_proto::Config;
use connect_testkit::echo_server;

use crate::{plain, server};

fn check(config: Config) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (ends, receiver) = mpsc::channel();
    thread::spawn(move || {
        let machines = || Ok(plain(&config));
        server::serve(listener, machines, |client, end| {
            let _ = ends.send((client, end.map_err(|error| error.to_string())));
        })
    });
    echo_server::check(address, &receiver);
}

#[test]
fn the_server_shows_what_an_echo_server_must() {
    check(Config::new());
}

/// Each reply waits for the one before it, and everything comes in many reads.
#[test]
fn it_does_with_room_for_next_to_nothing() {
    let config = Config::new().with_high_water_mark(0);
    check(config.with_read_block_len(512));
}

/// More is queued than the system takes when the client has already ended its direction.
#[test]
fn it_does_with_room_for_everything() {
    check(Config::new().with_high_water_mark(64 * 1024 * 1024));
}
