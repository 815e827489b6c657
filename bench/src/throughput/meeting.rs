//! Where contenders meet that bring sockets of their own: one binds, and tells the other where.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;

use connect_bench::Failure;

use crate::ground::both;
use crate::transport::Transport;

/// Of the side that binds.
pub struct Binding {
    /// Where it is to bind.
    pub endpoint: String,
    bound: oneshot::Sender<String>,
}

/// Of the side that connects.
pub struct Connecting {
    /// Where the other side has bound.
    pub endpoint: String,
    /// Ends with the other side, for sockets that have to stay until it has got everything.
    #[cfg_attr(not(feature = "zeromq"), expect(dead_code))]
    pub other: oneshot::Receiver<()>,
}

/// Runs both sides, the second one on a thread of its own; each makes a runtime for itself if it needs one.
pub fn meet<A, B: Send + 'static>(
    transport: Transport,
    here: impl FnOnce(Connecting) -> Result<A, Failure>,
    there: impl FnOnce(Binding) -> Result<B, Failure> + Send + 'static,
) -> Result<(A, B), Failure> {
    let path = socket_path();
    let endpoint = match transport {
        Transport::Tcp => "tcp://127.0.0.1:0".to_owned(),
        Transport::Unix => format!("ipc://{}", path.display()),
        Transport::Tls | Transport::UnixTls => return Err("the ZeroMQs have no TLS".into()),
    };
    let (tell, bound) = oneshot::channel();
    let (still_here, other) = oneshot::channel::<()>();
    let binding = Binding {
        endpoint,
        bound: tell,
    };
    let result = both(
        move || {
            let endpoint = bound.blocking_recv();
            let endpoint = endpoint.map_err(|_| "the other side has not bound")?;
            here(Connecting { endpoint, other })
        },
        move || {
            let _still_here = still_here;
            there(binding)
        },
    );
    // Not all of them leave it behind.
    let _ = std::fs::remove_file(path);
    result
}

/// Another one each time.
fn socket_path() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("connect-throughput-{}-{count}", std::process::id()))
}

impl Binding {
    /// This is where it has bound.
    pub fn tell(self, endpoint: String) -> Result<(), Failure> {
        let told = self.bound.send(endpoint);
        told.map_err(|_| "the other side is gone".into())
    }
}
