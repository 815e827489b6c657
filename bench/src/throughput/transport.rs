//! What messages go over.

use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::str::FromStr;

use connect_bench::Failure;
use connect_bench::stack::LOOPBACK;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Transport {
    Tcp,
    Unix,
    Tls,
    UnixTls,
}

/// One end of a connected pair, without TLS.
pub enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Transport {
    pub const ALL: [Self; 4] = [Self::Tcp, Self::Unix, Self::Tls, Self::UnixTls];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Unix => "unix",
            Self::Tls => "tls",
            Self::UnixTls => "unix-tls",
        }
    }

    pub const fn has_tls(self) -> bool {
        matches!(self, Self::Tls | Self::UnixTls)
    }

    /// For runtimes: they do not block.
    pub fn sockets(self) -> Result<[Socket; 2], Failure> {
        match self {
            Self::Tcp | Self::Tls => {
                let listener = TcpListener::bind(LOOPBACK)?;
                let here = TcpStream::connect(listener.local_addr()?)?;
                let (there, _) = listener.accept()?;
                for stream in [&here, &there] {
                    stream.set_nodelay(true)?;
                    stream.set_nonblocking(true)?;
                }
                Ok([here, there].map(Socket::Tcp))
            }
            Self::Unix | Self::UnixTls => {
                let (here, there) = UnixStream::pair()?;
                here.set_nonblocking(true)?;
                there.set_nonblocking(true)?;
                Ok([here, there].map(Socket::Unix))
            }
        }
    }
}

impl FromStr for Transport {
    type Err = Failure;

    fn from_str(name: &str) -> Result<Self, Failure> {
        let found = Self::ALL.into_iter().find(|it| it.name() == name);
        found.ok_or_else(|| format!("{name} is no transport").into())
    }
}
