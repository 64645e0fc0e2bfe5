//! Dates and times in ISO form, as numbers of days.
//!
//! A day is a number since 1970-01-01, and a time of day a fraction of it. Times with an offset from UTC are
//! converted to UTC; times without one are taken as they are.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SECONDS: f64 = 86_400.0;

/// The days of a date, or of a date and time; `None` if the text is neither.
pub(super) fn days(text: &str) -> Option<f64> {
    // The parser also accepts dates without dashes, which are numbers here.
    let bytes = text.as_bytes();
    if bytes.len() < 10 || !bytes[0].is_ascii_digit() || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    // A time with an offset comes first, because a time without one may be read from it.
    let stamp = match text.parse::<Timestamp>() {
        Ok(stamp) => stamp,
        Err(_) => TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()?,
    };
    Some(stamp.as_nanosecond() as f64 / 1e9 / SECONDS)
}

/// A day as a date in the form `2026-11-27`.
pub(super) fn date(day: f64) -> String {
    format(day.round() * SECONDS, "%Y-%m-%d")
}

/// A day, rounded to a second, as a date and time in the form `2026-11-27T09:30:00`.
pub(super) fn date_time(day: f64) -> String {
    format((day * SECONDS).round(), "%Y-%m-%dT%H:%M:%S")
}

/// Seconds since 1970 in this form. A time that no calendar has is the nearest that it has.
fn format(seconds: f64, form: &str) -> String {
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let stamp = Timestamp::from_second((seconds as i64).clamp(first, last)).unwrap_or_default();
    stamp.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_days() {
        assert_eq!(days("1970-01-02"), Some(1.0));
        assert_eq!(days("1969-12-31"), Some(-1.0));
        assert_eq!(days("2026-11-27"), Some(20784.0));
        assert_eq!(days("1970-01-01T12:00"), Some(0.5));
        assert_eq!(days("1970-01-01 06:00:00"), Some(0.25));
        assert_eq!(days("1970-01-01T06:00:00Z"), Some(0.25));
        assert_eq!(days("1970-01-01T06:00:00+06:00"), Some(0.0));
        for text in ["", "1970", "19700102", "1970-13-01", "27-11-2026", "1970-01-01x", "x"] {
            assert_eq!(days(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_dates_and_times() {
        assert_eq!(date(20784.4), "2026-11-27");
        assert_eq!(date_time(20784.396), "2026-11-27T09:30:14");
        assert_eq!(date(-1e30), "-9999-01-02");
        assert_eq!(date_time(f64::NAN), "1970-01-01T00:00:00");
    }
}
