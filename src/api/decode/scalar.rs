//! Dates, months, texts, amounts and the like out of their wire forms.

use super::limits::{YEAR_MAX, YEAR_MIN};
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::command::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, PAGE_TOKEN_SIZE_MAX_BYTES, Page};
use crate::log::TreeSize;
use crate::rules::calendar::{Date, Month};
use crate::rules::money::{FEN_MAX, Fen};

const NO_DATE: &str = "is no existing date: give year 1900 to 2199, month and day of the Gregorian calendar";
const NO_MONTH: &str = "is no month: give year 1900 to 2199 and month, and 0 as day";

/// A whole date.
pub fn date(raw: pb::Date) -> Result<Date, &'static str> {
    let in_range = (YEAR_MIN..=YEAR_MAX).contains(&raw.year);
    Date::new(raw.year, raw.month, raw.day)
        .filter(|_| in_range)
        .ok_or(NO_DATE)
}

/// A month: day is 0.
pub fn month(raw: pb::Date) -> Result<Month, &'static str> {
    let whole = (YEAR_MIN..=YEAR_MAX).contains(&raw.year) && raw.day == 0;
    Month::new(raw.year, raw.month).filter(|_| whole).ok_or(NO_MONTH)
}

/// An amount of nothing or more.
pub fn fen(raw: i64) -> Result<Fen, String> {
    match Fen::new(raw) {
        Some(fen) if raw >= 0 => Ok(fen),
        Some(_) | None => Err(format!("is out of range: give 0 to {FEN_MAX} fen")),
    }
}

/// An amount that may be a loss.
pub fn net_fen(raw: i64) -> Result<Fen, String> {
    Fen::new(raw).ok_or_else(|| format!("is out of range: give -{FEN_MAX} to {FEN_MAX} fen"))
}

/// A count from 0.
pub fn count(raw: i32, max: i32) -> Result<i64, String> {
    if (0..=max).contains(&raw) {
        Ok(i64::from(raw))
    } else {
        Err(format!("is out of range: give 0 to {max}"))
    }
}

/// A text that says something: not blank, not too long, without control characters but line ends and tabs. A line ends
/// with a line feed or with carriage return and line feed; what is sealed is what was sent.
pub fn text(raw: String, max_bytes: usize) -> Result<String, String> {
    if raw.trim().is_empty() {
        Err("is empty: this text is required".to_owned())
    } else if raw.len() > max_bytes {
        Err(format!("is too long: give at most {max_bytes} bytes of UTF-8"))
    } else if let Some(at) = control(&raw) {
        let before = &raw[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Err(format!(
            "has a control character at line {line}, column {column}: remove it, and end lines with LF or CR LF"
        ))
    } else {
        Ok(raw)
    }
}

/// Where the first control character stands that is neither a tab nor of a line end.
fn control(text: &str) -> Option<usize> {
    text.char_indices()
        .find(|&(at, c)| match c {
            '\n' | '\t' => false,
            '\r' => !text[at + 1..].starts_with('\n'),
            other => other.is_control(),
        })
        .map(|(at, _)| at)
}

impl Violations {
    /// A required text.
    pub fn text(&mut self, at: Path<'_>, raw: String, max_bytes: usize) -> Option<String> {
        self.check(at, text(raw, max_bytes))
    }

    /// A text that may be absent: the outer `None` is a violation.
    pub fn maybe_text(&mut self, at: Path<'_>, raw: String, max_bytes: usize) -> Option<Option<String>> {
        if raw.is_empty() {
            Some(None)
        } else {
            self.text(at, raw, max_bytes).map(Some)
        }
    }

    /// A required text of a form of its own.
    pub fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self, at: Path<'_>, raw: &str) -> Option<T> {
        if raw.is_empty() {
            self.require(at, None)
        } else {
            self.check(at, raw.parse().map_err(|error| format!("is {error}")))
        }
    }

    /// A required date.
    pub fn date(&mut self, at: Path<'_>, raw: Option<pb::Date>) -> Option<Date> {
        let raw = self.require(at, raw)?;
        self.check(at, date(raw))
    }

    /// A required month.
    pub fn month(&mut self, at: Path<'_>, raw: Option<pb::Date>) -> Option<Month> {
        let raw = self.require(at, raw)?;
        self.check(at, month(raw))
    }

    /// A month that may be absent: the outer `None` is a violation.
    pub fn maybe_month(&mut self, at: Path<'_>, raw: Option<pb::Date>) -> Option<Option<Month>> {
        match raw {
            None => Some(None),
            Some(raw) => self.check(at, month(raw)).map(Some),
        }
    }

    /// Refuses a list that is too long. A longer one is not looked into any further.
    pub fn limit<T>(&mut self, at: Path<'_>, list: Vec<T>, max: usize) -> Vec<T> {
        if list.len() <= max {
            return list;
        }
        self.add(at, format!("has too many items: give at most {max}"));
        Vec::new()
    }

    /// The page that a list asks for.
    pub fn page(&mut self, size: i32, token: String) -> Option<Page> {
        let size = match u16::try_from(size) {
            Ok(0) => Some(PAGE_SIZE_DEFAULT),
            Ok(size) if size <= PAGE_SIZE_MAX => Some(size),
            Ok(_) | Err(_) => {
                let range = format!("is out of range: give 1 to {PAGE_SIZE_MAX}, or 0 for {PAGE_SIZE_DEFAULT}");
                self.add(Path::ROOT.field("page_size"), range);
                None
            }
        };
        let token = self.maybe_text(Path::ROOT.field("page_token"), token, PAGE_TOKEN_SIZE_MAX_BYTES);
        Some(Page {
            size: size?,
            token: token?,
        })
    }

    /// A tree size.
    pub fn tree_size(&mut self, at: Path<'_>, raw: u64) -> Option<TreeSize> {
        self.check(at, TreeSize::new(raw).map_err(|error| format!("is {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(year: i32, month: i32, day: i32) -> pb::Date {
        pb::Date { year, month, day }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        assert!(date(raw(2024, 2, 29)).is_ok());
        for (year, month, day) in [
            (2023, 2, 29),
            (2023, 13, 1),
            (2023, 0, 1),
            (2023, 1, 0),
            (2023, 4, 31),
            (0, 1, 1),
        ] {
            assert!(date(raw(year, month, day)).is_err(), "{year}-{month}-{day}");
        }
        for (year, month, day) in [
            (1899, 12, 31),
            (2200, 1, 1),
            (i32::MAX, 1, 1),
            (i32::MIN, i32::MIN, i32::MIN),
        ] {
            assert!(date(raw(year, month, day)).is_err(), "{year}-{month}-{day}");
        }
    }

    #[test]
    fn a_month_has_no_day() {
        assert!(month(raw(2021, 8, 0)).is_ok());
        for (year, number, day) in [(2021, 8, 1), (2021, 13, 0), (2021, 0, 0), (1, 1, 0), (2021, -1, 0)] {
            assert!(month(raw(year, number, day)).is_err(), "{year}-{number}-{day}");
        }
    }

    #[test]
    fn amounts_are_accepted_up_to_the_limit_and_one_fen_more_is_refused() {
        assert!(fen(0).is_ok() && fen(FEN_MAX).is_ok() && net_fen(-FEN_MAX).is_ok());
        assert!(fen(-1).is_err() && fen(FEN_MAX + 1).is_err() && fen(i64::MAX).is_err() && fen(i64::MIN).is_err());
        assert!(net_fen(-FEN_MAX - 1).is_err() && net_fen(i64::MIN).is_err());
    }

    #[test]
    fn a_text_is_counted_in_bytes() {
        assert!(text("县".repeat(2), 6).is_ok());
        for refused in ["县县县", "", "  ", "a\u{0}b", "a\u{1b}[1m"] {
            assert!(text(refused.to_owned(), 6).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn a_line_ends_with_lf_or_cr_lf_and_other_control_characters_are_refused_with_their_place() {
        for right in ["甲\n乙\t丙", "甲\r\n乙\r\n"] {
            assert_eq!(text(right.to_owned(), 64), Ok(right.to_owned()), "as it was sent");
        }
        for (wrong, place) in [
            ("甲\r", "line 1, column 2"),
            ("甲\r\n乙丙\r丁", "line 2, column 3"),
            ("a\r\r\n", "line 1, column 2"),
            ("a\n\0", "line 2, column 1"),
        ] {
            let refused = text(wrong.to_owned(), 64).expect_err("a control character");
            assert!(refused.contains(place), "{refused}");
        }
    }
}
