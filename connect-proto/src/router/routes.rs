//! Which recipients go to which receiver, before the connection is read.

use core::task::Waker;

use crate::sync::{Arc, Mutex, lock};

use super::config::RouteConfig;
use super::delivery::RouteDelivery;
use super::error::RouteError;
use super::machine::Router;
use super::receiver::RouteReceiver;
use super::recipients::Recipients;

/// What the driver and all receivers share. The lock is held while datagrams are queued and taken, never
/// while anything is read, woken, or run for the application.
pub(super) type Shared = Arc<Mutex<Router<Waker>>>;

/// Which recipients go to which receiver. Once all are added, an adapter's `ConnectionReader::into_router`
/// takes it.
///
/// Recipients without a route are refused with an error, unless [`add_rest`](Self::add_rest) gives them one.
///
/// ```
/// use connect_proto::router::{RouteConfig, RouteError, Routes};
///
/// let mut routes = Routes::new();
/// let orders = routes.add(1..=9, RouteConfig::new())?;
/// let prices = routes.add(20, RouteConfig::new().with_capacity(4096))?;
/// let rest = routes.add_rest(RouteConfig::new())?;
/// assert_eq!(
///     routes.add(5..30, RouteConfig::new()).unwrap_err().to_string(),
///     "recipients 5..=29 overlap the route of 1..=9"
/// );
/// # Ok::<(), RouteError>(())
/// ```
#[derive(Debug)]
pub struct Routes {
    delivery: RouteDelivery,
}

impl Routes {
    /// No routes. A driver of these ends at once.
    #[must_use]
    pub fn new() -> Self {
        Self {
            delivery: RouteDelivery::new(Arc::new(Mutex::new(Router::new()))),
        }
    }

    /// A receiver for `recipients`: one tag, `1..10`, or `1..=9`.
    ///
    /// # Errors
    ///
    /// [`RouteError::NoRecipients`] of an empty range, [`RouteError::Overlap`] if one of the recipients
    /// has a route. Nothing is changed then.
    pub fn add(
        &mut self,
        recipients: impl Into<Recipients>,
        config: RouteConfig,
    ) -> Result<RouteReceiver, RouteError> {
        let shared = self.delivery.shared();
        let id = lock(shared).add(recipients, config)?;
        Ok(RouteReceiver::new(Arc::clone(shared), id))
    }

    /// A receiver for all recipients that have no other.
    ///
    /// # Errors
    ///
    /// [`RouteError::SecondRest`] if there is one. Nothing is changed then.
    pub fn add_rest(&mut self, config: RouteConfig) -> Result<RouteReceiver, RouteError> {
        let shared = self.delivery.shared();
        let id = lock(shared).add_rest(config)?;
        Ok(RouteReceiver::new(Arc::clone(shared), id))
    }

    /// The driver's side: what an adapter's driver is a loop around.
    #[must_use = "dropping it ends every receiver"]
    pub fn into_delivery(self) -> RouteDelivery {
        self.delivery
    }
}

impl Default for Routes {
    fn default() -> Self {
        Self::new()
    }
}
