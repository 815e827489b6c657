//! Events for `tracing`, which cost nothing and still type-check without the feature.

#[cfg(feature = "tracing")]
macro_rules! event {
    ($($arguments:tt)+) => { tracing::debug!(target: "connect", $($arguments)+) };
}

#[cfg(not(feature = "tracing"))]
macro_rules! event {
    ($($name:ident = $(%)? $value:expr,)* $message:literal) => {{ $( let _ = &$value; )* }};
}
