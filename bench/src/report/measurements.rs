//! What the benchmarks have saved, and how each kind of it is to be read.

use std::path::Path;

use connect_bench::Failure;
use connect_bench::results::Results;
use connect_bench::units;

use crate::comparison::Baseline;

/// What one benchmark saves.
pub struct Source {
    /// Of its file, without `.tsv`.
    pub name: &'static str,
    /// What x is.
    pub along: Along,
    /// Those it may have. What is not measured is left out; what is not listed has no table of its own.
    pub groups: &'static [&'static str],
    /// What the tables of ratios compare with: one table each, if it was measured.
    pub baselines: &'static [Baseline],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Along {
    Payload,
    Connections,
}

impl Along {
    pub fn name(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Connections => "connections",
        }
    }

    pub fn label(self, x: u64) -> String {
        match self {
            Self::Payload => units::bytes(x),
            Self::Connections => x.to_string(),
        }
    }
}

/// How a heading names a group.
pub fn group_title(group: &str) -> String {
    let title = match group {
        "tcp" => "TCP",
        "unix" => "Unix socket",
        "tls" => "TLS",
        "unix-tls" => "TLS over a Unix socket",
        "plain" => "without TLS",
        "tls server" => "server with TLS",
        "tls client" => "client with TLS",
        group => {
            return match group.split_once(' ') {
                Some(("plain", size)) => format!("{size}, without TLS"),
                Some(("tls", size)) => format!("{size}, with TLS"),
                _ => group.into(),
            };
        }
    };
    title.into()
}

const TRANSPORTS: &[&str] = &["tcp", "unix", "tls", "unix-tls"];

pub const SOURCES: &[Source] = &[
    Source {
        name: "codec",
        along: Along::Payload,
        groups: &["decode 8 KiB chunks", "decode 64 KiB chunks", "encode"],
        baselines: &[Baseline::Matching],
    },
    Source {
        name: "throughput",
        along: Along::Payload,
        groups: TRANSPORTS,
        baselines: &[
            Baseline::One("floor"),
            Baseline::BestOf("floor"),
            Baseline::One("raw stream"),
        ],
    },
    Source {
        name: "round-trip",
        along: Along::Payload,
        groups: TRANSPORTS,
        baselines: &[Baseline::One("floor")],
    },
    Source {
        name: "round-trip-one-cpu",
        along: Along::Payload,
        groups: TRANSPORTS,
        baselines: &[Baseline::One("floor")],
    },
    Source {
        name: "queue",
        along: Along::Payload,
        groups: &["1 task", "4 tasks", "64 tasks"],
        baselines: &[Baseline::One("floor")],
    },
    Source {
        name: "memory",
        along: Along::Connections,
        groups: &["plain", "tls server", "tls client"],
        baselines: &[Baseline::One("raw"), Baseline::One("raw tls")],
    },
    Source {
        name: "scale",
        along: Along::Connections,
        groups: &["plain 64 B", "tls 64 B"],
        baselines: &[Baseline::One("raw"), Baseline::One("raw tls")],
    },
];

/// All that there is.
pub struct Measurements(Vec<(&'static Source, Option<Results>)>);

impl Measurements {
    /// Files that are not there are left out.
    pub fn load(folder: &Path) -> Result<Self, Failure> {
        let load = |source: &'static Source| {
            let path = folder.join(format!("{}.tsv", source.name));
            let results = path.exists().then(|| Results::load(&path)).transpose()?;
            Ok((source, results))
        };
        SOURCES.iter().map(load).collect::<Result<_, _>>().map(Self)
    }

    #[cfg(test)]
    pub fn of(mut some: Vec<(&str, Results)>) -> Self {
        let mut take = |name| {
            let at = some.iter().position(|(other, _)| *other == name)?;
            Some(some.remove(at).1)
        };
        let all = SOURCES.iter().map(|source| (source, take(source.name)));
        Self(all.collect())
    }

    pub fn missing(&self) -> impl Iterator<Item = &'static str> {
        let missing = self.0.iter().filter(|(_, results)| results.is_none());
        missing.map(|(source, _)| source.name)
    }

    pub fn present(&self) -> impl Iterator<Item = (&'static Source, &Results)> {
        self.0
            .iter()
            .filter_map(|(source, results)| Some((*source, results.as_ref()?)))
    }

    pub fn results(&self, name: &str) -> Option<&Results> {
        let mut present = self.present();
        present.find_map(|(source, results)| (source.name == name).then_some(results))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_titles() {
        assert_eq!(group_title("unix"), "Unix socket");
        assert_eq!(group_title("tls client"), "client with TLS");
        assert_eq!(group_title("tls 64 B"), "64 B, with TLS");
        assert_eq!(group_title("4 tasks"), "4 tasks");
    }
}
