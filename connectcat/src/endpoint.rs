//! Where to connect to or to listen: `tcp://HOST:PORT`, `tls://HOST:PORT` or `unix:PATH`.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a service is, as somebody types it. Prints itself in a form that it can be read from again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Tcp(HostPort),
    Tls(HostPort),
    Unix(PathBuf),
}

/// A name or an IP address, and a port. An IPv6 address stands in brackets in text, and without them here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPort {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// What is wrong with the text of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EndpointError {
    UnknownScheme { scheme: String },
    NoPort,
    InvalidPort { port: String },
    NoHost,
    UnclosedBracket,
    BareIpv6,
    NoPath,
    ZeroByteInPath,
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if let Some(path) = text.strip_prefix("unix:") {
            return unix(path.strip_prefix("//").unwrap_or(path));
        }
        match text.split_once("://") {
            None => Ok(Self::Tcp(text.parse()?)),
            Some(("tcp", rest)) => Ok(Self::Tcp(rest.parse()?)),
            Some(("tls", rest)) => Ok(Self::Tls(rest.parse()?)),
            Some((scheme, _)) => Err(EndpointError::UnknownScheme {
                scheme: scheme.to_owned(),
            }),
        }
    }
}

fn unix(path: &str) -> Result<Endpoint, EndpointError> {
    if path.is_empty() {
        return Err(EndpointError::NoPath);
    }
    if path.contains('\0') {
        return Err(EndpointError::ZeroByteInPath);
    }
    Ok(Endpoint::Unix(path.into()))
}

impl FromStr for HostPort {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or(EndpointError::UnclosedBracket)?;
                (host, rest.strip_prefix(':').ok_or(EndpointError::NoPort)?)
            }
            None => {
                let (host, port) = text.rsplit_once(':').ok_or(EndpointError::NoPort)?;
                if host.contains(':') {
                    return Err(EndpointError::BareIpv6);
                }
                (host, port)
            }
        };
        if host.is_empty() {
            return Err(EndpointError::NoHost);
        }
        // A sign would pass as a number.
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        match port.parse() {
            Ok(port) if is_number => Ok(Self {
                host: host.to_owned(),
                port,
            }),
            _ => Err(EndpointError::InvalidPort {
                port: port.to_owned(),
            }),
        }
    }
}

impl From<SocketAddr> for HostPort {
    fn from(address: SocketAddr) -> Self {
        Self {
            host: address.ip().to_string(),
            port: address.port(),
        }
    }
}

impl Endpoint {
    /// Whether the system is to choose the port, which makes sense for a listener only.
    pub(crate) const fn has_port_zero(&self) -> bool {
        match self {
            Self::Tcp(address) | Self::Tls(address) => address.port == 0,
            Self::Unix(_) => false,
        }
    }
}

#[cfg(not(unix))]
pub(crate) fn no_unix_sockets() -> std::io::Error {
    std::io::Error::new(
        std::io::ErrorKind::Unsupported,
        "there are no Unix sockets on this system",
    )
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Tls(address) => write!(f, "tls://{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownScheme { scheme } => write!(
                f,
                "{scheme:?} is no transport; expected tcp://HOST:PORT, tls://HOST:PORT or unix:PATH"
            ),
            Self::NoPort => f.write_str("no port; expected HOST:PORT"),
            Self::InvalidPort { port } => write!(
                f,
                "{port:?} is no port; expected a number from 0 to 65535 behind the last colon"
            ),
            Self::NoHost => f.write_str(
                "no host before the port; expected HOST:PORT (0.0.0.0 listens on every IPv4 address)",
            ),
            Self::UnclosedBracket => {
                f.write_str("no closing bracket; expected an IPv6 address as in [::1]:3456")
            }
            Self::BareIpv6 => f.write_str("an IPv6 address needs brackets, as in [::1]:3456"),
            Self::NoPath => f.write_str("no path; expected unix:PATH"),
            Self::ZeroByteInPath => f.write_str("the path has a zero byte in it"),
        }
    }
}

impl std::error::Error for EndpointError {}

#[cfg(test)]
mod tests {
    use connect_testkit::check_property;
    use proptest::prelude::*;

    use super::*;

    fn host_and_port(host: &str, port: u16) -> HostPort {
        HostPort {
            host: host.to_owned(),
            port,
        }
    }

    #[test]
    fn the_ways_to_write_an_endpoint() {
        for (text, endpoint) in [
            ("localhost:1", Endpoint::Tcp(host_and_port("localhost", 1))),
            ("tcp://[::1]:80", Endpoint::Tcp(host_and_port("::1", 80))),
            (
                "tls://a.b:65535",
                Endpoint::Tls(host_and_port("a.b", 65535)),
            ),
            ("unix:socket", Endpoint::Unix("socket".into())),
            ("unix:/run/a:b", Endpoint::Unix("/run/a:b".into())),
            ("unix:///run/socket", Endpoint::Unix("/run/socket".into())),
        ] {
            assert_eq!(text.parse(), Ok(endpoint), "{text}");
        }
    }

    #[test]
    fn what_is_no_endpoint_is_refused_by_name() {
        for (text, named) in [
            ("", "no port"),
            ("localhost", "no port"),
            ("tcp://localhost", "no port"),
            ("[::1]", "no port"),
            ("[::1]80", "no port"),
            ("[::1:80", "bracket"),
            ("::1:80", "brackets"),
            (":80", "no host"),
            ("[]:80", "no host"),
            ("a:", "\"\" is no port"),
            ("a:+1", "\"+1\" is no port"),
            ("a:65536", "\"65536\" is no port"),
            ("tcp://a:http", "\"http\" is no port"),
            ("http://a:80", "\"http\" is no transport"),
            ("unix:", "no path"),
            ("unix://", "no path"),
            ("unix:/a\0b", "zero byte"),
        ] {
            let error = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    fn endpoints() -> impl Strategy<Value = Endpoint> {
        let addresses = || {
            let hosts = prop_oneof!["[a-z][a-z0-9.-]{0,20}", "[0-9a-f:]{0,9}:[0-9a-f:]{0,9}"];
            (hosts, any::<u16>()).prop_map(|(host, port)| HostPort { host, port })
        };
        prop_oneof![
            addresses().prop_map(Endpoint::Tcp),
            addresses().prop_map(Endpoint::Tls),
            "[^\0/]{1,20}".prop_map(|path| Endpoint::Unix(path.into())),
            "/[^\0/][^\0]{0,20}".prop_map(|path| Endpoint::Unix(path.into())),
        ]
    }

    #[test]
    fn what_is_printed_can_be_read_again() {
        check_property("endpoints", 2000, &endpoints(), |endpoint| {
            assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
            1
        });
    }

    #[test]
    fn no_text_is_a_panic() {
        let texts = prop_oneof![".*", "(tcp://|tls://|unix:)?[\\[\\]:/a0-9]*"];
        check_property("texts of endpoints", 2000, &texts, |text| {
            let _ = text.parse::<Endpoint>();
            text.len() as u64
        });
    }
}
