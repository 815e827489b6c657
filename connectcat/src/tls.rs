//! Configurations of TLS from the files of the command line.

use std::env;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use connect_tokio::connect_tls::rustls::{ClientConfig, KeyLog, KeyLogFile, ServerConfig};
use connect_tokio::connect_tls::{
    Authorities, ClientConfigBuilder, ConfigError, Identity, ServerConfigBuilder,
};
use tokio::task::spawn_blocking;

use crate::arguments::Tls;
use crate::diagnostics::complain;
use crate::failure::Failure;

/// That of a client.
pub(crate) async fn client(options: &Tls) -> Result<Arc<ClientConfig>, Failure> {
    from_files(options, |options| {
        let authorities = match &options.authority {
            Some(file) => Authorities::from_pem_file(file)?,
            None => return Err(ConfigError::NoCertificate { path: None }),
        };
        let mut builder = ClientConfigBuilder::new(authorities);
        if let Some(identity) = identity(options)? {
            builder = builder.with_identity(identity);
        }
        let mut config = builder.build()?;
        Arc::make_mut(&mut config).key_log = key_log();
        Ok(config)
    })
    .await
}

/// That of a listener.
pub(crate) async fn server(options: &Tls) -> Result<Arc<ServerConfig>, Failure> {
    from_files(options, |options| {
        let Some(identity) = identity(options)? else {
            return Err(ConfigError::NoCertificate { path: None });
        };
        let mut builder = ServerConfigBuilder::new(identity);
        if let Some(file) = &options.client_authority {
            builder = builder.with_client_authorities(Authorities::from_pem_file(file)?);
        }
        let mut config = builder.build()?;
        Arc::make_mut(&mut config).key_log = key_log();
        Ok(config)
    })
    .await
}

/// Files may be pipes, which take their time: signals and the time limit must not wait for them.
async fn from_files<T: Send + 'static>(
    options: &Tls,
    build: impl FnOnce(&Tls) -> Result<T, ConfigError> + Send + 'static,
) -> Result<T, Failure> {
    let options = options.clone();
    let building = spawn_blocking(move || build(&options));
    let built = building
        .await
        .map_err(|error| Failure::System(error.into()))?;
    Ok(built?)
}

fn identity(options: &Tls) -> Result<Option<Identity>, ConfigError> {
    let files = options.certificate.as_ref().zip(options.key.as_ref());
    files
        .map(|(certificate, key)| Identity::from_pem_files(certificate, key))
        .transpose()
}

/// Writes what whoever captures the connection needs to read it, if the environment says where.
fn key_log() -> Arc<dyn KeyLog> {
    const VARIABLE: &str = "SSLKEYLOGFILE";
    let log = KeyLogFile::new();
    if let Some(path) = env::var_os(VARIABLE).map(PathBuf::from) {
        // It was opened in the same way, and that it could not be was said to nobody.
        if let Err(error) = File::options().append(true).open(&path) {
            complain(format_args!("{VARIABLE}: {}: {error}", path.display()));
        }
    }
    Arc::new(log)
}
