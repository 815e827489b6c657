//! A future that nobody else's wake-ups help along.

use std::future::Future;
use std::iter::once;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

/// Polls `future` only when it was woken itself. Futures that are joined in one task are polled whenever one of them
/// is woken, so a wake-up that is missing would not show as long as another has something to do.
pub(crate) async fn alone<F: Future>(future: F) -> F::Output {
    let mut futures: FuturesUnordered<F> = once(future).collect();
    futures.next().await.expect("there is one")
}
