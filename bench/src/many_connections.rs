//! What the command lines of the benchmarks with many connections have in common.

use std::path::PathBuf;

use crate::Failure;
use crate::options::value;

pub struct ManyConnections {
    /// How many there are, one after the other.
    pub connections: Vec<usize>,
    pub rounds: usize,
    /// Words of `--only`.
    pub only: Vec<String>,
    pub save: Option<PathBuf>,
}

impl ManyConnections {
    /// `None` when help is wanted.
    ///
    /// Hands an option that is not known here to `other`, with what comes behind it; it says whether it knows the option.
    pub fn parse<W: Iterator<Item = String>>(
        mut words: W,
        usual_connections: &[usize],
        mut other: impl FnMut(&str, &mut W) -> Result<bool, Failure>,
    ) -> Result<Option<Self>, Failure> {
        let mut all = Self {
            connections: Vec::new(),
            rounds: 3,
            only: Vec::new(),
            save: None,
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--connections" => all.connections.push(value(&word, words.next())?),
                "--rounds" => all.rounds = value(&word, words.next())?,
                "--only" => all.only.push(value(&word, words.next())?),
                "--save" => all.save = Some(value(&word, words.next())?),
                _ if other(&word, &mut words)? => {}
                _ => return Err(format!("{word}: see --help").into()),
            }
        }
        if all.connections.is_empty() {
            all.connections = usual_connections.to_vec();
        }
        if all.rounds == 0 || all.connections.contains(&0) {
            return Err("there is nothing to measure in 0 rounds or of 0 connections".into());
        }
        Ok(Some(all))
    }
}
