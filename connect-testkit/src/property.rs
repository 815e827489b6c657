//! Property tests that say how much they tried, and try first what they once failed at.

use core::cell::Cell;
use core::fmt::Display;
use core::ops::AddAssign;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, FileFailurePersistence, TestError, TestRunner};

/// Checks `cases` values of `strategy`, prints how much that was, and returns it.
///
/// The values are others on every run, but for those that have failed before: their seeds stand in
/// `proptest-regressions/<name>.txt` of the crate under test, and they come first. A failure adds its own seed to
/// that file and prints it.
///
/// The number of cases scales with the environment variable `PROPTEST_CASES`, of which 256 is par:
/// 25600 makes every property run a hundred times as long. `PROPTEST_RNG_SEED` makes two runs alike.
///
/// # Panics
///
/// If `check` panics: with the smallest value found for which it does.
pub fn check_property<S: Strategy, C: Copy + Default + AddAssign + Display>(
    name: &str,
    cases: u32,
    strategy: &S,
    check: impl Fn(S::Value) -> C,
) -> C {
    // Cargo says so to every test that it runs.
    let folder = env::var_os("CARGO_MANIFEST_DIR");
    let folder = folder.map(|package| Path::new(&package).join("proptest-regressions"));
    let file = folder.map(|folder| file_of(name, &folder));
    check_beside(file, Config::default(), name, cases, strategy, check)
}

/// A path has to live for ever; as long as it is known here, a leak check does not take it for lost.
static PATHS: Mutex<Vec<&str>> = Mutex::new(Vec::new());

fn live_for_ever(path: String) -> &'static str {
    let path = path.leak();
    PATHS.lock().unwrap().push(path);
    path
}

fn file_of(name: &str, folder: &Path) -> PathBuf {
    folder.join(name.replace(' ', "-")).with_extension("txt")
}

/// What `default.cases` is when nobody asks for another number.
const PAR: u32 = 256;

/// With the seeds of failures in `file`, and `default` for everything but that and the exact number of cases.
fn check_beside<S: Strategy, C: Copy + Default + AddAssign + Display>(
    file: Option<PathBuf>,
    default: Config,
    name: &str,
    cases: u32,
    strategy: &S,
    check: impl Fn(S::Value) -> C,
) -> C {
    let cases = (u64::from(cases) * u64::from(default.cases) / u64::from(PAR)).max(1) as u32;
    let file = file.map(|file| file.display().to_string());
    let config = Config {
        cases,
        failure_persistence: file
            .clone()
            .map(|file| Box::new(FileFailurePersistence::Direct(live_for_ever(file))) as _),
        ..default
    };
    let total = Cell::new(C::default());
    let checked = Cell::new(0);
    let result = TestRunner::new(config).run(strategy, |value| {
        checked.set(checked.get() + 1);
        let mut sum = total.get();
        sum += check(value);
        total.set(sum);
        Ok(())
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, value)) => {
            let file = file
                .as_deref()
                .unwrap_or("no file, as cargo did not run this");
            panic!(
                "{name}: {reason}\nsmallest case: {value:#?}\n\
                 its seed, to be committed with the fix: {file}"
            )
        }
        Err(error) => panic!("{name}: {error}"),
    }
    println!(
        "{name}: {}; past failures tried first: {}",
        total.get(),
        checked.get() - cases
    );
    total.get()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use proptest::num::u64::ANY;

    use super::*;
    use crate::counts::Counts;

    /// Which values were checked, for a property that holds for all but one in a thousand.
    fn run(file: &Path, cases: u32, holds: bool) -> (Vec<u64>, Result<Counts, String>) {
        let values = RefCell::new(Vec::new());
        let result = catch_unwind(AssertUnwindSafe(|| {
            // As many as are asked for, whatever the environment says.
            let default = Config {
                cases: PAR,
                ..Config::default()
            };
            check_beside(
                Some(file.to_owned()),
                default,
                "rare",
                cases,
                &ANY,
                |value| {
                    values.borrow_mut().push(value);
                    assert!(holds || value % 1000 > 0, "rare");
                    Counts {
                        cases: 1,
                        ..Counts::default()
                    }
                },
            )
        }));
        let message = |panic: Box<dyn core::any::Any + Send>| *panic.downcast().unwrap();
        (values.into_inner(), result.map_err(message))
    }

    #[test]
    fn what_has_failed_once_is_tried_first() {
        let folder = env::temp_dir().join(format!("connect-property-{}", std::process::id()));
        let file = file_of("rare", &folder);
        let _ = fs::remove_dir_all(&folder);

        let (_, failed) = run(&file, 100_000, false);
        let message = failed.unwrap_err();
        assert!(message.contains("rare.txt"), "{message}");
        let written = fs::read_to_string(&file).unwrap();
        let seeds = written.lines().filter(|line| line.starts_with("cc "));
        assert_eq!(seeds.count(), 1, "{written}");

        let (values, failed) = run(&file, 1, false);
        assert!(failed.is_err());
        assert_eq!(values[0] % 1000, 0, "not the failure, but a new case");
        // Known already.
        assert_eq!(fs::read_to_string(&file).unwrap(), written);

        let (again, passed) = run(&file, 3, true);
        assert_eq!(again[0], values[0]);
        assert_eq!(again.len(), 1 + 3);
        assert_eq!(passed.unwrap().cases, 1 + 3);
        fs::remove_dir_all(&folder).unwrap();
    }
}
