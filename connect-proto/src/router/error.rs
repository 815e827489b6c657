//! Why a route was not added.

use core::error::Error;
use core::fmt;

use super::recipients::Recipients;

/// Why a route was not added. The caller's mistake; the routes are as they were.
///
/// ```
/// use connect_proto::router::{Recipients, RouteConfig, RouteError, Router};
///
/// let mut router = Router::<&str>::new();
/// router.add(1..=9, RouteConfig::new())?;
/// let (recipients, existing) = (Recipients::from(5), Recipients::from(1..=9));
/// let refused = router.add(recipients, RouteConfig::new());
/// assert_eq!(refused, Err(RouteError::Overlap { recipients, existing }));
/// # Ok::<(), RouteError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteError {
    /// A range without a recipient.
    NoRecipients {
        /// The range.
        recipients: Recipients,
    },
    /// Some of the recipients have a route already.
    Overlap {
        /// The range that was to be added.
        recipients: Recipients,
        /// The first range that it overlaps.
        existing: Recipients,
    },
    /// All other recipients have a route already.
    SecondRest,
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecipients { recipients } => {
                write!(f, "{recipients} contains no recipient")
            }
            Self::Overlap {
                recipients,
                existing,
            } => write!(f, "recipients {recipients} overlap the route of {existing}"),
            Self::SecondRest => f.write_str("the rest of the recipients has a route already"),
        }
    }
}

impl Error for RouteError {}
