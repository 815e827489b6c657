//! Options about TLS.

use std::path::PathBuf;

use clap::Args;

use crate::endpoint::Endpoint;

/// Whom to trust and who we are.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "TLS, for tls:// addresses")]
pub(crate) struct Tls {
    /// Trusts servers that this authority vouches for (PEM). Needed to connect
    #[arg(long, value_name = "FILE")]
    pub(crate) authority: Option<PathBuf>,

    /// The name that the server has to prove. Default: the host of the address
    #[arg(long, value_name = "NAME")]
    pub(crate) server_name: Option<String>,

    /// Our own certificate and those between it and its authority (PEM). Needed to listen
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) certificate: Option<PathBuf>,

    /// The private key to the certificate (PEM, not encrypted)
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) key: Option<PathBuf>,

    /// Lets in nobody but clients that this authority vouches for (PEM)
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) client_authority: Option<PathBuf>,
}

impl Tls {
    /// What is wrong with these options for this endpoint.
    pub(super) fn check(&self, endpoint: &Endpoint, listens: bool) -> Result<(), String> {
        let given = [
            ("--authority", self.authority.is_some()),
            ("--server-name", self.server_name.is_some()),
            ("--certificate", self.certificate.is_some()),
            ("--client-authority", self.client_authority.is_some()),
        ];
        let first_of = |names: &[&str]| {
            let mut given = given
                .iter()
                .filter(|(name, given)| *given && names.contains(name));
            given.next().map(|(name, _)| *name)
        };
        if !matches!(endpoint, Endpoint::Tls(_)) {
            let all = given.map(|(name, _)| name);
            return first_of(&all).map_or(Ok(()), |name| {
                Err(format!(
                    "{name} is for tls:// addresses; {endpoint} is none"
                ))
            });
        }
        if listens {
            if self.certificate.is_none() {
                return Err(format!(
                    "{endpoint} needs --certificate FILE and --key FILE to listen: who we are"
                ));
            }
            return first_of(&["--authority", "--server-name"]).map_or(Ok(()), |name| {
                Err(format!("{name} is for connecting, not for --listen"))
            });
        }
        if self.authority.is_none() {
            return Err(format!(
                "{endpoint} needs --authority FILE: whom to trust to say who the server is"
            ));
        }
        first_of(&["--client-authority"])
            .map_or(Ok(()), |name| Err(format!("{name} is for --listen")))
    }
}
