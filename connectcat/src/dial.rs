//! Connecting.

use connect_tokio::connect_tls::HandshakeError;
use connect_tokio::{Config, Connection};

use crate::arguments::Tls;
use crate::endpoint::{Endpoint, HostPort};
use crate::failure::Failure;
use crate::tls;

/// A connection to a service.
pub(crate) async fn dial(
    endpoint: &Endpoint,
    options: &Tls,
    config: Config,
) -> Result<Connection, Failure> {
    let connection = match endpoint {
        Endpoint::Tcp(HostPort { host, port }) => {
            Connection::tcp_client_with((&host[..], *port), config)
                .await
                .map_err(HandshakeError::from)
        }
        Endpoint::Tls(HostPort { host, port }) => {
            let tls = tls::client(options).await?;
            let name = options.server_name.as_ref().unwrap_or(host);
            Connection::tls_client_with((&host[..], *port), name, tls, config).await
        }
        #[cfg(unix)]
        Endpoint::Unix(path) => Connection::unix_client_with(path, config)
            .await
            .map_err(HandshakeError::from),
        #[cfg(not(unix))]
        Endpoint::Unix(_) => Err(crate::endpoint::no_unix_sockets().into()),
    };
    connection.map_err(|error| Failure::Connect {
        endpoint: endpoint.clone(),
        error,
    })
}
