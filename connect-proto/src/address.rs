//! Who is at the other end.

use core::fmt;
use core::net::SocketAddr;
use std::path::PathBuf;

/// The address of one end of a connection.
///
/// ```
/// use connect_proto::Address;
///
/// let address = Address::from(std::net::SocketAddr::from(([127, 0, 0, 1], 4000)));
/// assert_eq!(address.to_string(), "127.0.0.1:4000");
/// assert_eq!(address.socket_addr().unwrap().port(), 4000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// The path of a Unix socket. Clients mostly have none and are [`Unnamed`](Self::Unnamed).
    Unix(PathBuf),
    /// A stream that has no address, or none that is known here.
    Unnamed,
}

impl Address {
    /// IP address and port, if that is what it is.
    #[must_use]
    pub const fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Ip(address) => Some(*address),
            Self::Unix(_) | Self::Unnamed => None,
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Ip(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => fmt::Display::fmt(address, f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Unnamed => f.write_str("unnamed"),
        }
    }
}
