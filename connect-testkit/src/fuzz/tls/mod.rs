//! Bodies of the fuzz targets of TLS. Both are reproducible: see [`crate::tls::reproducible`].

mod choices;
mod line;
mod pair;
mod party;

pub use pair::tls_pair;
