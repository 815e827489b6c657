//! Where the two sides of a contender meet: a transport between two threads, each with its runtime.

use std::future::Future;
use std::sync::Arc;
use std::thread;

use connect_tls::rustls::{ClientConfig, ServerConfig};

use connect_bench::Failure;
use connect_bench::runtime::{PATIENCE, Threads, run};
use connect_bench::security::{client_config, server_config};

use crate::end::{End, Tls};
use crate::transport::Transport;

/// A transport, with what TLS needs.
pub struct Ground {
    pub transport: Transport,
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Ground {
    pub fn new(transport: Transport) -> Self {
        Self {
            transport,
            client: client_config(),
            server: server_config(),
        }
    }

    /// Both sides on tokio.
    pub fn on_tokio<A, B, F, G>(
        &self,
        here: impl FnOnce(End) -> F + Send + 'static,
        there: impl FnOnce(End) -> G + Send + 'static,
    ) -> Result<(A, B), Failure>
    where
        A: Send + 'static,
        B: Send + 'static,
        F: Future<Output = Result<A, Failure>> + Send + 'static,
        G: Future<Output = Result<B, Failure>> + Send + 'static,
    {
        let [one, other] = self.ends()?;
        both(
            move || run(Threads::One, async move { here(one).await }),
            move || run(Threads::One, async move { there(other).await }),
        )
    }

    /// Both sides on async-std.
    pub fn on_async_std<A, B: Send + 'static>(
        &self,
        here: impl AsyncFnOnce(End) -> Result<A, Failure>,
        there: impl AsyncFnOnce(End) -> Result<B, Failure> + Send + 'static,
    ) -> Result<(A, B), Failure> {
        let [one, other] = self.ends()?;
        both(move || block_on(here(one)), move || block_on(there(other)))
    }

    fn ends(&self) -> Result<[End; 2], Failure> {
        let [here, there] = self.transport.sockets()?;
        let tls = self.transport.has_tls();
        Ok([
            End {
                socket: here,
                tls: tls.then(|| Tls::Client(Arc::clone(&self.client))),
            },
            End {
                socket: there,
                tls: tls.then(|| Tls::Server(Arc::clone(&self.server))),
            },
        ])
    }
}

fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    async_std::task::block_on(async {
        let done = async_std::future::timeout(PATIENCE, future).await;
        done.map_err(|_| "it took too long")?
    })
}

/// Runs both sides, the second one on a thread of its own.
pub fn both<A, B: Send + 'static>(
    here: impl FnOnce() -> Result<A, Failure>,
    there: impl FnOnce() -> Result<B, Failure> + Send + 'static,
) -> Result<(A, B), Failure> {
    let there = thread::spawn(there);
    let here = here();
    // When both fail, it is the one that receives that knows why.
    let there = there.join().map_err(|_| "the peer panicked")??;
    Ok((here?, there))
}
