//! Makes a private authority, and certificates of it for a server and for a client.
//!
//! ```text
//! cargo run -p connect-tls --example make-certificates -- certificates localhost 127.0.0.1
//! ```
//!
//! The names and addresses are those by which clients will ask for the server. `authority.pem` goes to
//! everybody, `server.pem` and `server.key` to the server, `client.pem` and `client.key` to a client, where
//! the server wants to know who that is. The key of the authority is forgotten, so nobody can make another
//! certificate, and none of them expires: good for trying out, and for peers that are set up together.
//!
//! OpenSSL 3 does the same, keeps the key of the authority, and lets the certificates expire:
//!
//! ```sh
//! openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
//!     -subj "/CN=private authority" -keyout authority.key -out authority.pem
//! openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=server" \
//!     -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -addext "extendedKeyUsage=serverAuth" \
//!     -keyout server.key -out server.csr
//! openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=client" \
//!     -addext "extendedKeyUsage=clientAuth" -keyout client.key -out client.csr
//! for name in server client; do
//!     openssl x509 -req -in $name.csr -copy_extensions copy -days 365 \
//!         -CA authority.pem -CAkey authority.key -CAcreateserial -out $name.pem
//! done
//! ```

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use connect_tls::rustls::pki_types::ServerName;
use rcgen::ExtendedKeyUsagePurpose::{self, ClientAuth, ServerAuth};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SigningKey,
};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        return Err(
            "usage: make-certificates DIR [NAME...], for example certificates localhost 127.0.0.1"
                .into(),
        );
    };
    let mut names: Vec<String> = arguments.collect();
    if names.is_empty() {
        names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    }
    for name in &names {
        let host = name.strip_prefix("*.").unwrap_or(name);
        if ServerName::try_from(host).is_err() {
            return Err(format!("{name:?} is neither a DNS name nor an IP address").into());
        }
    }

    let key = KeyPair::generate()?;
    let mut authority = params(&authority_name(&key), Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_pem = authority.self_signed(&key)?.pem();
    let authority = Issuer::new(authority, key);
    let (server_pem, server_key) = issue(&authority, params("server", names)?, ServerAuth)?;
    let (client_pem, client_key) = issue(&authority, params("client", Vec::new())?, ClientAuth)?;

    let folder = Path::new(&folder);
    let files = [
        ("authority.pem", 0o644, authority_pem),
        ("server.pem", 0o644, server_pem),
        ("server.key", 0o600, server_key),
        ("client.pem", 0o644, client_pem),
        ("client.key", 0o600, client_key),
    ];
    // All or nothing: certificates of two authorities in one folder would be a puzzle.
    for (name, ..) in &files {
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(format!("{} is there already, and stays", path.display()).into());
        }
    }
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (name, mode, content) in files {
        let path = folder.join(name);
        write_new(&path, mode, &content).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}

fn params(common_name: &str, names: Vec<String>) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    Ok(params)
}

/// Another one each time: of two authorities with one name, a peer would say that the signature is bad, and
/// not that it does not know the authority.
fn authority_name(key: &KeyPair) -> String {
    let number = key.public_key_raw().iter().rev().take(4);
    let number: String = number.map(|byte| format!("{byte:02x}")).collect();
    format!("private authority {number}")
}

/// A certificate and its key.
fn issue(
    authority: &Issuer<'_, impl SigningKey>,
    mut params: CertificateParams,
    purpose: ExtendedKeyUsagePurpose,
) -> Result<(String, String)> {
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, authority)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Never overwrites, and nobody else can read a key at any moment.
#[cfg_attr(not(unix), expect(unused_variables, reason = "no such modes"))]
fn write_new(path: &Path, mode: u32, content: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    options.open(path)?.write_all(content.as_bytes())
}
