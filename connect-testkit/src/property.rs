//! Property tests that say how much they tried.

use core::cell::Cell;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestError, TestRunner};

use crate::counts::Counts;

/// Checks `cases` values of `strategy`, prints how much that was, and returns it.
///
/// The number of cases scales with the environment variable `PROPTEST_CASES`, of which 256 is par:
/// 25600 makes every property run a hundred times as long.
///
/// # Panics
///
/// If `check` panics: with the smallest value found for which it does.
pub fn check_property<S: Strategy>(
    name: &str,
    cases: u32,
    strategy: &S,
    check: impl Fn(S::Value) -> Counts,
) -> Counts {
    let default = Config::default();
    let config = Config {
        cases: (u64::from(cases) * u64::from(default.cases) / 256).max(1) as u32,
        failure_persistence: None,
        ..default
    };
    let total = Cell::new(Counts::default());
    let result = TestRunner::new(config).run(strategy, |value| {
        let mut sum = total.get();
        sum += check(value);
        total.set(sum);
        Ok(())
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, value)) => {
            panic!("{name}: {reason}\nsmallest case: {value:#?}")
        }
        Err(error) => panic!("{name}: {error}"),
    }
    println!("{name}: {}", total.get());
    total.get()
}
