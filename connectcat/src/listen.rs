//! Listening.

use std::error::Error;
use std::io;

use connect_tokio::connect_tls::HandshakeLimits;
use connect_tokio::{Config, Connection, TcpListener, TlsListener};

use crate::arguments::Tls;
use crate::endpoint::{Endpoint, HostPort};
use crate::failure::Failure;
#[cfg(unix)]
use crate::socket_file::SocketFile;
use crate::tls;

/// Accepts connections of whichever kind.
pub(crate) struct Listener {
    /// With the port that the system chose.
    endpoint: Endpoint,
    kind: Kind,
}

enum Kind {
    Tcp(TcpListener),
    Tls(TlsListener),
    #[cfg(unix)]
    Unix {
        _file: SocketFile,
        listener: connect_tokio::UnixListener,
    },
}

impl Listener {
    pub(crate) async fn bind(
        endpoint: &Endpoint,
        options: &Tls,
        config: Config,
    ) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::Listen {
            endpoint: endpoint.clone(),
            error,
        };
        Ok(match endpoint {
            Endpoint::Tcp(HostPort { host, port }) => {
                let listener = TcpListener::bind_with((&host[..], *port), config).await;
                let listener = listener.map_err(failed)?;
                Self {
                    endpoint: Endpoint::Tcp(listener.local_addr().into()),
                    kind: Kind::Tcp(listener),
                }
            }
            Endpoint::Tls(HostPort { host, port }) => {
                let tls = tls::server(options).await?;
                let limits = HandshakeLimits::new();
                let address = (&host[..], *port);
                let listener = TlsListener::bind_with(address, tls, config, limits).await;
                let listener = listener.map_err(failed)?;
                Self {
                    endpoint: Endpoint::Tls(listener.local_addr().into()),
                    kind: Kind::Tls(listener),
                }
            }
            #[cfg(unix)]
            Endpoint::Unix(path) => {
                let listener = connect_tokio::UnixListener::bind_with(path, config);
                let listener = listener.map_err(failed)?;
                let _file = SocketFile::new(path);
                Self {
                    endpoint: endpoint.clone(),
                    kind: Kind::Unix { _file, listener },
                }
            }
            #[cfg(not(unix))]
            Endpoint::Unix(_) => return Err(failed(crate::endpoint::no_unix_sockets())),
        })
    }

    /// Where clients find it.
    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The next connection. After an error it goes on listening.
    pub(crate) async fn accept(&mut self) -> Result<Connection, Box<dyn Error + Send + Sync>> {
        match &mut self.kind {
            Kind::Tcp(listener) => Ok(listener.accept().await?),
            Kind::Tls(listener) => Ok(listener.accept().await?),
            #[cfg(unix)]
            Kind::Unix { listener, .. } => Ok(listener.accept().await?),
        }
    }
}
