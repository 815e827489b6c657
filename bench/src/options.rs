//! What the command lines of the benchmarks have in common.

use std::str::FromStr;

use crate::Failure;
use crate::messages::STAMP_LEN;

/// A feature of this package that brings a contender, and whether it is there.
pub type Feature = (&'static str, bool);

/// The value that belongs to an option.
pub fn value<T: FromStr>(option: &str, value: Option<String>) -> Result<T, Failure> {
    let parsed = value.and_then(|value| value.parse().ok());
    parsed.ok_or_else(|| format!("{option}: see --help").into())
}

/// An error if a message of one of these sizes has no room for its stamp, or is longer than `most`.
pub fn check_sizes(sizes: &[usize], most: usize) -> Result<(), Failure> {
    let allowed = STAMP_LEN..=most;
    match sizes.iter().find(|size| !allowed.contains(size)) {
        Some(size) => Err(format!("{size} bytes: see --help").into()),
        None => Ok(()),
    }
}

/// Whether the words of `--only`, if there are any, let this contender take part: one that is in its name, or one that
/// is its name behind `=`.
pub fn wants(only: &[String], name: &str) -> bool {
    let is_meant = |word: &String| match word.strip_prefix('=') {
        Some(whole) => name == whole,
        None => name.contains(word.as_str()),
    };
    only.is_empty() || only.iter().any(is_meant)
}

/// Says who could take part and does not.
pub fn print_missing(features: &[Feature]) {
    for (feature, _) in features.iter().filter(|(_, there)| !there) {
        println!("without {feature}: add --features {feature}");
    }
}

/// What a reader would type to measure the same: where it is saved is left out, because that is a path.
pub fn command(
    binary: &str,
    features: &[Feature],
    mut words: impl Iterator<Item = String>,
) -> String {
    let mut command =
        format!("cargo run --release --manifest-path bench/Cargo.toml --bin {binary}");
    let there: Vec<_> = features.iter().filter(|(_, there)| *there).collect();
    for (at, (feature, _)) in there.into_iter().enumerate() {
        command += if at == 0 { " --features " } else { "," };
        command += feature;
    }
    let mut behind = " --";
    while let Some(word) = words.next() {
        if word == "--save" {
            words.next();
            continue;
        }
        command += behind;
        behind = "";
        command += &match word.contains(' ') {
            true => format!(" '{word}'"),
            false => format!(" {word}"),
        };
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command_of(features: &[Feature], words: &[&str]) -> String {
        let words = words.iter().map(|word| (*word).to_owned());
        let command = command("memory", features, words);
        let same = "cargo run --release --manifest-path bench/Cargo.toml --bin memory";
        command.strip_prefix(same).unwrap().to_owned()
    }

    #[test]
    fn a_value_is_there_and_of_its_type() {
        assert_eq!(value::<usize>("--rounds", Some("3".into())).unwrap(), 3);
        assert!(value::<usize>("--rounds", Some("three".into())).is_err());
        assert!(value::<usize>("--rounds", None).is_err());
    }

    #[test]
    fn sizes_have_bounds() {
        assert!(check_sizes(&[8, 64], 64).is_ok());
        assert!(check_sizes(&[64, 7], 64).is_err());
        assert!(check_sizes(&[65], 64).is_err());
    }

    #[test]
    fn no_path_is_in_the_command() {
        let words = [
            "--only",
            "raw tls",
            "--save",
            "folder/results",
            "--rounds",
            "1",
        ];
        assert_eq!(command_of(&[], &words), " -- --only 'raw tls' --rounds 1");
        assert_eq!(command_of(&[], &["--save", "folder/results"]), "");
    }

    #[test]
    fn features_that_are_there_are_in_the_command() {
        let features = [("libzmq", true), ("omq", false), ("zeromq", true)];
        assert_eq!(
            command_of(&features, &["64"]),
            " --features libzmq,zeromq -- 64"
        );
        assert_eq!(command_of(&features[1..2], &[]), "");
    }

    #[test]
    fn any_word_is_enough() {
        assert!(wants(&[], "raw"));
        let only = ["connect".to_owned(), "=ldc".to_owned()];
        assert!(wants(&only, "connect async-std"));
        assert!(!wants(&only, "raw"));
        assert!(wants(&only, "ldc") && !wants(&only, "ldc tuned"));
    }
}
