//! A signal that is given once and stays.

use tokio::sync::watch;

#[derive(Clone, Debug)]
pub(crate) struct Stop {
    signal: watch::Sender<bool>,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self {
            signal: watch::Sender::new(false),
        }
    }

    pub(crate) fn set(&self) {
        self.signal.send_replace(true);
    }

    pub(crate) fn is_set(&self) -> bool {
        *self.signal.borrow()
    }

    pub(crate) async fn wait(&self) {
        let mut signal = self.signal.subscribe();
        // Cannot fail: this end of it is here.
        let _ = signal.wait_for(|is_set| *is_set).await;
    }
}
