//! Bodies of the fuzz targets of TLS. Both are reproducible: see [`crate::tls::reproducible`].

mod hostile;
mod line;
mod mutation;
mod pair;
mod party;
mod twins;

pub use hostile::tls_hostile;
pub use pair::tls_pair;
