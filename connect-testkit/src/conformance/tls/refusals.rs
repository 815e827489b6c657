//! Peers that are refused, or refuse: each is reported with its address and the reason, is told why, and
//! ends alone.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::thread;

use connect_tls::rustls::pki_types::CertificateDer;
use connect_tls::rustls::pki_types::pem::PemObject;
use connect_tls::rustls::{AlertDescription, CertificateError, Error, ServerConfig};
use connect_tls::{
    ClientConfigBuilder, HandshakeError, HandshakeLimits, ServerConfigBuilder, TlsError,
};

use super::listening::{Halves, Served, TlsListening, client_over, greet};
use super::{SERVER_NAME, authority, client_config, server_config};
use crate::certificates::{Authority, PemPair};
use crate::conformance::{Reader, in_time};

/// The content type of an alert, in the first byte of its record.
const ALERT: u8 = 21;

/// The certificate alone.
pub(super) fn der(pair: &PemPair) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()
}

fn refusal(error: HandshakeError) -> Error {
    match error {
        HandshakeError::Tls(TlsError::Rustls(error)) => error,
        error => panic!("{error:?}"),
    }
}

pub fn a_peer_that_does_not_speak_tls_is_reported_and_told<A: TlsListening>() {
    in_time::<A>(async {
        let mut served = Served::<A>::new(server_config(), HandshakeLimits::new()).await;
        for words in [
            &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
            &[0xff; 300],
        ] {
            let mut stream = TcpStream::connect(served.address).unwrap();
            stream.write_all(words).unwrap();
            let (peer, error) = served.failed().await;
            assert_eq!(peer, stream.local_addr().unwrap());
            let error = refusal(error);
            assert!(matches!(error, Error::InvalidMessage(_)), "{error}");
            // In a thread: the server's last words may be on their way.
            let told = thread::spawn(move || {
                let mut record = [0; 7];
                stream.read_exact(&mut record).map(|()| record)
            });
            let record = told.join().unwrap().unwrap();
            assert_eq!(record[0], ALERT, "{record:?}");
            served.serves().await;
        }
    });
}

pub fn a_peer_that_leaves_too_early_is_reported<A: TlsListening>() {
    in_time::<A>(async {
        let mut served = Served::<A>::new(server_config(), HandshakeLimits::new()).await;
        for words in [&b""[..], &[22, 3, 1], &[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]] {
            let mut stream = TcpStream::connect(served.address).unwrap();
            let address = stream.local_addr().unwrap();
            stream.write_all(words).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let (peer, error) = served.failed().await;
            assert_eq!(peer, address);
            let truncated = TlsError::Truncated { handshaking: true };
            assert_eq!(error.tls_error(), Some(&truncated));
            served.serves().await;
        }
    });
}

pub fn a_client_that_does_not_trust_the_server_says_so<A: TlsListening>() {
    in_time::<A>(async {
        let mut served = Served::<A>::new(server_config(), HandshakeLimits::new()).await;
        let stream = TcpStream::connect(served.address).unwrap();
        let address = stream.local_addr().unwrap();
        let stranger = Authority::new("stranger").client_config();
        let Err(error) = client_over::<A>(stream, stranger).await else {
            panic!("trusts a stranger");
        };
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert_eq!(refusal(error), unknown);
        let (peer, error) = served.failed().await;
        assert_eq!(peer, address);
        let told = Error::AlertReceived(AlertDescription::UnknownCA);
        assert_eq!(refusal(error), told);

        // Of the right authority, but with another name.
        let client = A::tls_client(served.address, "example.org", client_config());
        let Err(error) = client.await else {
            panic!("wrong name");
        };
        let error = refusal(error);
        assert!(matches!(error, Error::InvalidCertificate(_)), "{error}");
        let (_, error) = served.failed().await;
        assert!(matches!(refusal(error), Error::AlertReceived(_)));

        let client = A::tls_client(served.address, "not a name", client_config());
        match client.await {
            Err(HandshakeError::InvalidServerName { name }) => assert_eq!(name, "not a name"),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("got in"),
        }
        served.serves().await;
    });
}

fn mutual(clients: &Authority) -> Arc<ServerConfig> {
    ServerConfigBuilder::new(authority().issue(&[SERVER_NAME]).identity())
        .with_client_authorities(clients.authorities())
        .build()
        .unwrap()
}

/// What the server says to a client whose own handshake is complete already, or not.
async fn last_word<A: TlsListening>(client: Result<Halves<A>, HandshakeError>) -> Error {
    let (mut reader, _writer) = match client {
        Ok(halves) => halves,
        Err(error) => return refusal(error),
    };
    let error = reader.next().await.unwrap_err();
    match TlsError::of_read(&error) {
        Some(TlsError::Rustls(error)) => error.clone(),
        other => panic!("{other:?} of {error:?}"),
    }
}

pub fn a_client_must_prove_who_it_is_if_asked_to<A: TlsListening>() {
    in_time::<A>(async {
        let clients = Authority::new("clients");
        let mut served = Served::<A>::new(mutual(&clients), HandshakeLimits::new()).await;
        let strangers = Authority::new("strangers").issue(&["client"]);
        let none = client_config();
        let wrong = ClientConfigBuilder::new(authority().authorities())
            .with_identity(strangers.identity())
            .build()
            .unwrap();
        let cases = [
            (
                none,
                AlertDescription::CertificateRequired,
                Error::NoCertificatesPresented,
            ),
            (
                wrong,
                AlertDescription::UnknownCA,
                Error::InvalidCertificate(CertificateError::UnknownIssuer),
            ),
        ];
        for (config, alert, reason) in cases {
            let stream = TcpStream::connect(served.address).unwrap();
            let address = stream.local_addr().unwrap();
            let client = client_over::<A>(stream, config).await;
            let told = last_word::<A>(client).await;
            assert_eq!(told, Error::AlertReceived(alert));
            let (peer, error) = served.failed().await;
            assert_eq!(peer, address);
            assert_eq!(refusal(error), reason);
        }

        let good = clients.issue(&["client"]);
        let config = ClientConfigBuilder::new(authority().authorities())
            .with_identity(good.identity())
            .build()
            .unwrap();
        let client = A::tls_client(served.address, SERVER_NAME, config).await;
        let mut server = served.accepted().await;
        greet::<A>(&mut client.unwrap(), &mut server).await;
        let info = A::reader_tls(&server.0).unwrap().info();
        assert_eq!(info.peer_certificates, [der(&good)]);
    });
}
