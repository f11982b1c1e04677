//! Civil dates and months as the store keeps them: ISO 8601 texts, which sort as dates do.

use std::fmt;
use std::str::FromStr;

/// A civil date, `2026-11-23`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CivilDate(String);

/// A civil month, `2026-11`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CivilMonth(String);

/// The text is neither a date nor a month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a civil date or month: write 2026-11-23 or 2026-11")]
pub struct CivilError;

impl CivilDate {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl CivilMonth {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for CivilMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CivilDate {
    type Err = CivilError;

    /// Checks the shape alone: whether the day exists is settled where dates are computed.
    fn from_str(text: &str) -> Result<Self, CivilError> {
        let (month, day) = text.split_at_checked(7).ok_or(CivilError)?;
        month.parse::<CivilMonth>()?;
        let day = day.strip_prefix('-').ok_or(CivilError)?;
        if day.len() == 2 && number(day).is_some_and(|day| (1..=31).contains(&day)) {
            Ok(CivilDate(text.to_owned()))
        } else {
            Err(CivilError)
        }
    }
}

impl FromStr for CivilMonth {
    type Err = CivilError;

    fn from_str(text: &str) -> Result<Self, CivilError> {
        let (year, month) = text.split_once('-').ok_or(CivilError)?;
        let in_shape = year.len() == 4 && month.len() == 2 && number(year).is_some();
        if in_shape && number(month).is_some_and(|month| (1..=12).contains(&month)) {
            Ok(CivilMonth(text.to_owned()))
        } else {
            Err(CivilError)
        }
    }
}

/// Digits alone: `parse` would also take a sign.
fn number(digits: &str) -> Option<u32> {
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_dates_have_one_shape_and_sort_as_time_does() {
        let month = |text: &str| text.parse::<CivilMonth>();
        assert!(month("2025-12").expect("a month") < month("2026-01").expect("a month"));
        for text in [
            "2026-13",
            "2026-00",
            "2026-1",
            "26-01",
            "+026-01",
            "2026-+1",
            "2026-01-01",
            "",
        ] {
            assert_eq!(month(text), Err(CivilError), "{text}");
        }
        for text in ["2026-11-00", "2026-11-32", "2026-11", "2026-11-+1", "2026/11/23"] {
            assert_eq!(text.parse::<CivilDate>(), Err(CivilError), "{text}");
        }
        assert!("2026-11-23".parse::<CivilDate>().is_ok());
    }
}
