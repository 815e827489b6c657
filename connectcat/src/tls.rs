//! Configurations of TLS from the files of the command line.

use std::sync::Arc;

use connect_tokio::connect_tls::rustls::{ClientConfig, ServerConfig};
use connect_tokio::connect_tls::{
    Authorities, ClientConfigBuilder, ConfigError, Identity, ServerConfigBuilder,
};

use crate::arguments::Tls;

/// That of a client.
pub(crate) fn client(options: &Tls) -> Result<Arc<ClientConfig>, ConfigError> {
    let authorities = match &options.authority {
        Some(file) => Authorities::from_pem_file(file)?,
        None => return Err(ConfigError::NoCertificate { path: None }),
    };
    let mut builder = ClientConfigBuilder::new(authorities);
    if let Some(identity) = identity(options)? {
        builder = builder.with_identity(identity);
    }
    builder.build()
}

/// That of a listener.
pub(crate) fn server(options: &Tls) -> Result<Arc<ServerConfig>, ConfigError> {
    let Some(identity) = identity(options)? else {
        return Err(ConfigError::NoCertificate { path: None });
    };
    let mut builder = ServerConfigBuilder::new(identity);
    if let Some(file) = &options.client_authority {
        builder = builder.with_client_authorities(Authorities::from_pem_file(file)?);
    }
    builder.build()
}

fn identity(options: &Tls) -> Result<Option<Identity>, ConfigError> {
    let files = options.certificate.as_ref().zip(options.key.as_ref());
    files
        .map(|(certificate, key)| Identity::from_pem_files(certificate, key))
        .transpose()
}
