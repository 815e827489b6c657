//! What errors say to whoever has to find out what is wrong.

use connect_proto::{Config, Decoded};
use connect_testkit::certificates::Authority;
use connect_testkit::tls::{Ending, Endpoint, Staged};
use connect_tls::rustls::{AlertDescription, Error};
use connect_tls::{ReplaceableIdentity, TlsError};

#[test]
fn a_plain_peer_is_recognised_by_either_side() {
    let authority = Authority::new("messages");
    let mut server = Staged::server(&authority.server_config(&["localhost"]));
    server.give(&[0, 0, 0, 9, 0, 1, 0, 7, b'h', b'e', b'l', b'l', b'o']);
    let ending = server.ending();
    let Ending::Failed(error) = ending else {
        panic!("{ending:?}");
    };
    assert!(
        error.to_string().contains("does the peer speak TLS?"),
        "{error}"
    );

    // The other way round: a client's hello, and the alert of a server.
    let mut client = Staged::client(authority.client_config(), "localhost");
    for tls in [client.take(), server.take()] {
        let mut decoder = connect_proto::Decoder::new(&Config::new());
        decoder.extend_from_slice(&tls);
        let error = decoder.next_datagram().expect_err("not a frame");
        assert!(
            error.to_string().contains("does the peer speak TLS?"),
            "{error}"
        );
    }
    let mut decoder = connect_proto::Decoder::new(&Config::new());
    decoder.extend_from_slice(&[0, 0, 0, 5, 0, 1, 0, 7, b'h']);
    assert!(matches!(decoder.next_datagram(), Ok(Decoded::Datagram(_))));
    let mut decoder = connect_proto::Decoder::new(&Config::new());
    decoder.extend_from_slice(&[0x20, 0, 0, 5, 0, 1, 0, 7]);
    let error = decoder.next_datagram().expect_err("too large");
    assert!(!error.to_string().contains("TLS"), "{error}");
}

#[test]
fn a_key_of_another_certificate_is_called_that() {
    let authority = Authority::new("messages");
    let [mut one, other] = [authority.issue(&["a"]), authority.issue(&["a"])];
    one.key = other.key;
    let error = ReplaceableIdentity::new(one.identity()).expect_err("they do not match");
    let text = error.to_string();
    assert!(
        text.contains("does not belong to the certificate"),
        "{text}"
    );
}

#[test]
fn an_alert_can_be_asked_for() {
    let unknown = AlertDescription::UnknownCA;
    assert_eq!(
        TlsError::from(Error::AlertReceived(unknown)).alert(),
        Some(unknown)
    );
    assert_eq!(TlsError::from(Error::DecryptError).alert(), None);
}

#[test]
fn what_was_agreed_upon_fits_into_a_line() {
    let authority = Authority::new("messages");
    let client = Staged::client(authority.client_config(), "localhost");
    let server = Staged::server(&authority.server_config(&["localhost"]));
    let pair = connect_testkit::tls::Pair::established(client, server);
    let text = format!("{:?}", pair.client.info());
    assert!(text.len() < 300 && text.contains("connect/1"), "{text}");
}
