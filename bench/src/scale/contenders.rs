//! Who takes part.

use connect_bench::Failure;
use connect_bench::child::{Part, Side};
use connect_bench::console::Console;
use connect_bench::opening::{Accepting, Connecting};
use connect_bench::stack::{
    Connect, ConnectTls, Delimited, Endpoints, Link, Over, Raw, Runtime, TokioTcp, TokioTls,
};

use crate::{client, server};

pub struct Contender {
    /// Those that are compared with each other.
    pub group: &'static str,
    pub name: &'static str,
    side: fn(Side) -> Result<(), Failure>,
}

pub const GROUPS: [&str; 2] = ["plain", "tls"];

pub const CONTENDERS: &[Contender] = &[
    contender("plain", "raw", side::<Over<TokioTcp, Raw>>),
    contender("plain", "connect", side::<Connect>),
    contender("plain", "ldc", side::<Over<TokioTcp, Delimited>>),
    contender("tls", "raw tls", side::<Over<TokioTls, Raw>>),
    contender("tls", "connect tls", side::<ConnectTls>),
    contender("tls", "ldc tls", side::<Over<TokioTls, Delimited>>),
];

const fn contender(
    group: &'static str,
    name: &'static str,
    side: fn(Side) -> Result<(), Failure>,
) -> Contender {
    Contender { group, name, side }
}

/// Is the child that the command line says.
pub fn play(part: &Part) -> Result<(), Failure> {
    let mut contenders = CONTENDERS.iter();
    let contender = contenders.find(|contender| contender.name == part.contender);
    let contender = contender.ok_or("there is no such contender")?;
    (contender.side)(part.side)
}

fn side<S: Endpoints<Server: Link, Client: Link>>(side: Side) -> Result<(), Failure> {
    S::Runtime::block_on(async move {
        let console = Console::new();
        match side {
            Side::Server => {
                let accepting = Accepting::<S>::new(&console).await?;
                server::obey::<S::Runtime, _>(console, accepting).await
            }
            Side::Client(address) => {
                let connecting = Connecting::<S>::new(address)?;
                client::obey::<S::Runtime, _>(console, connecting).await
            }
        }
    })?
}
