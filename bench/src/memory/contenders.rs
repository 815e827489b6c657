//! Who takes part.

use connect_bench::Failure;
use connect_bench::child::{Part, Side};
use connect_bench::options::Feature;
use connect_bench::stack::{
    AsyncStdTcp, Connect, ConnectAsyncStd, ConnectTls, Delimited, Over, Raw, TokioTcp, TokioTls,
    WebSocket,
};

use crate::side::{Role, side};

pub struct Contender {
    pub name: &'static str,
    side: fn(Side, Role) -> Result<(), Failure>,
}

/// Those that are compared with each other.
pub struct Group {
    pub name: &'static str,
    pub measured: End,
    pub contenders: &'static [Contender],
}

/// Also the place of a child in a pair.
#[derive(Clone, Copy, PartialEq)]
pub enum End {
    Server,
    Client,
}

pub const GROUPS: &[Group] = &[
    Group {
        name: "plain",
        measured: End::Server,
        contenders: PLAIN,
    },
    Group {
        name: "tls server",
        measured: End::Server,
        contenders: TLS,
    },
    Group {
        name: "tls client",
        measured: End::Client,
        contenders: TLS,
    },
];

/// Features that bring more of them.
pub const FEATURES: &[Feature] = &[("zeromq", cfg!(feature = "zeromq"))];

const PLAIN: &[Contender] = &[
    contender("raw", side::<Over<TokioTcp, Raw>>),
    contender("connect", side::<Connect>),
    contender("ldc", side::<Over<TokioTcp, Delimited>>),
    contender("tungstenite", side::<Over<TokioTcp, WebSocket>>),
    #[cfg(feature = "zeromq")]
    contender("zeromq", crate::zeromq_rs::side),
    contender("raw async-std", side::<Over<AsyncStdTcp, Raw>>),
    contender("connect async-std", side::<ConnectAsyncStd>),
];

const TLS: &[Contender] = &[
    contender("raw tls", side::<Over<TokioTls, Raw>>),
    contender("connect tls", side::<ConnectTls>),
    contender("ldc tls", side::<Over<TokioTls, Delimited>>),
];

const fn contender(name: &'static str, side: fn(Side, Role) -> Result<(), Failure>) -> Contender {
    Contender { name, side }
}

/// Is the child that the command line says.
pub fn play(part: &Part) -> Result<(), Failure> {
    let group = GROUPS.iter().find(|group| group.name == part.group);
    let group = group.ok_or("there is no such group")?;
    let mut contenders = group.contenders.iter();
    let contender = contenders.find(|contender| contender.name == part.contender);
    let contender = contender.ok_or("there is no such contender")?;
    let end = match part.side {
        Side::Server => End::Server,
        Side::Client(_) => End::Client,
    };
    let role = match end == group.measured {
        true => Role::Waits,
        false => Role::Sends,
    };
    (contender.side)(part.side, role)
}
