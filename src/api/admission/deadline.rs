//! How long a call may take: what its caller says, and never longer than our own bound.

use std::time::Duration;

use http::HeaderMap;

/// How much earlier than the caller's deadline we answer, so that the answer arrives and the transport's own timeout,
/// which says CANCELLED, comes second.
const DEADLINE_MARGIN: Duration = Duration::from_millis(10);

/// How long a call may take: until shortly before its caller's deadline, and never longer than our own.
pub fn time_of(headers: &HeaderMap, time_max: Duration) -> Duration {
    let asked = headers
        .get("grpc-timeout")
        .and_then(|value| value.to_str().ok())
        .and_then(timeout);
    asked.map_or(time_max, |asked| asked.saturating_sub(DEADLINE_MARGIN).min(time_max))
}

/// A `grpc-timeout`: at most eight digits and a unit.
fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3_600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_the_protocol_writes_them() {
        assert_eq!(timeout("99999999S"), Some(Duration::from_secs(99_999_999)));
        assert_eq!(timeout("1m"), Some(Duration::from_millis(1)));
        for other in ["", "S", "1", "1s", "-1S", "999999999S", "1é"] {
            assert_eq!(timeout(other), None, "{other}");
        }
    }
}
