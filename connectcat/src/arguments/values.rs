//! Values of options, with errors that say what is expected.

use std::time::Duration;

use connect_tokio::Recipients;

/// The longest time that makes sense, and that no clock overflows with.
const MOST_TIME: Duration = Duration::from_secs(365 * 24 * 3600);

/// A number from `LEAST` to `MOST`.
pub(super) fn number<T: TryFrom<u64>, const LEAST: u64, const MOST: u64>(
    text: &str,
) -> Result<T, String> {
    digits(text)
        .filter(|number| (LEAST..=MOST).contains(number))
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("expected a number from {LEAST} to {MOST}"))
}

/// Unlike `parse`, without a sign.
fn digits(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// A time with its unit.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .ok()
        .filter(|time| *time <= MOST_TIME)
        .ok_or_else(|| "expected a time with its unit, such as 500ms, 5s or 2m".to_owned())
}

/// Messages a second, as the time between two of them.
pub(super) fn rate(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|rate| (0.001..=1e9).contains(rate))
        .map(|rate: f64| Duration::from_secs_f64(1.0 / rate))
        .ok_or_else(|| "expected messages a second, from 0.001 to 1000000000".to_owned())
}

/// A recipient tag, or a stretch of them.
pub(super) fn recipients(text: &str) -> Result<Recipients, String> {
    let tag = number::<u16, 0, 65535>;
    let recipients = match text.split_once("..") {
        None => tag(text).map(Recipients::from),
        Some((first, last)) => tag(first).and_then(|first| match last.strip_prefix('=') {
            Some(last) => tag(last).map(|last| Recipients::from(first..=last)),
            None => tag(last).map(|end| Recipients::from(first..end)),
        }),
    };
    recipients
        .ok()
        .filter(|recipients| !recipients.is_empty())
        .ok_or_else(|| "expected a tag from 0 to 65535, or a range such as 1..=9".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_in_their_range() {
        let parse = number::<u16, 1, 300>;
        assert_eq!(parse("1"), Ok(1));
        assert_eq!(parse("300"), Ok(300));
        for text in [
            "0",
            "301",
            "-1",
            "+1",
            "1.5",
            "",
            " 1",
            "one",
            "99999999999999999999",
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error, "expected a number from 1 to 300", "{text}");
        }
    }

    #[test]
    fn times_have_a_unit() {
        assert_eq!(time("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(time("1m 30s"), Ok(Duration::from_secs(90)));
        for text in [
            "",
            "5",
            "-5s",
            "5 parsecs",
            "2years",
            "99999999999999999999s",
        ] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_become_intervals() {
        assert_eq!(rate("4"), Ok(Duration::from_millis(250)));
        assert_eq!(rate("0.5"), Ok(Duration::from_secs(2)));
        for text in ["", "0", "-1", "nan", "inf", "1e10", "fast"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn recipients_are_a_tag_or_a_range() {
        assert_eq!(recipients("65535"), Ok(Recipients::from(65535)));
        assert_eq!(recipients("1..=9"), Ok(Recipients::from(1..=9)));
        assert_eq!(recipients("1..10"), Ok(Recipients::from(1..=9)));
        for text in [
            "", "65536", "-1", "9..=1", "1..1", "..", "1..", "..=9", "a..=b",
        ] {
            assert!(recipients(text).is_err(), "{text}");
        }
    }
}
