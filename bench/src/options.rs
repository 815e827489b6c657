//! What the command lines of the benchmarks have in common.

use std::str::FromStr;

use crate::Failure;

/// The value that belongs to an option.
pub fn value<T: FromStr>(option: &str, value: Option<String>) -> Result<T, Failure> {
    let parsed = value.and_then(|value| value.parse().ok());
    parsed.ok_or_else(|| format!("{option}: see --help").into())
}

/// Whether the words of `--only`, if there are any, let this contender take part.
pub fn wants(only: &[String], name: &str) -> bool {
    only.is_empty() || only.iter().any(|word| name.contains(word.as_str()))
}

/// What a reader would type to measure the same: where it is saved is left out, because that is a path.
pub fn command(binary: &str, words: impl Iterator<Item = String>) -> String {
    let mut words = words;
    let mut command =
        format!("cargo run --release --manifest-path bench/Cargo.toml --bin {binary} --");
    while let Some(word) = words.next() {
        if word == "--save" {
            words.next();
        } else if word.contains(' ') {
            command += &format!(" '{word}'");
        } else {
            command += &format!(" {word}");
        }
    }
    command.trim_end_matches(" --").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_there_and_of_its_type() {
        assert_eq!(value::<usize>("--rounds", Some("3".into())).unwrap(), 3);
        assert!(value::<usize>("--rounds", Some("three".into())).is_err());
        assert!(value::<usize>("--rounds", None).is_err());
    }

    #[test]
    fn no_path_is_in_the_command() {
        let words = [
            "--only",
            "raw tls",
            "--save",
            "/tmp/results",
            "--rounds",
            "1",
        ];
        let words = words.map(str::to_owned).into_iter();
        assert_eq!(
            command("memory", words),
            "cargo run --release --manifest-path bench/Cargo.toml --bin memory -- --only 'raw tls' --rounds 1"
        );
        assert!(command("memory", std::iter::empty()).ends_with("--bin memory"));
    }

    #[test]
    fn any_word_is_enough() {
        assert!(wants(&[], "raw"));
        let only = ["connect".to_owned(), "ldc".to_owned()];
        assert!(wants(&only, "connect async-std"));
        assert!(!wants(&only, "raw"));
    }
}
