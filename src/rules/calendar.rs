//! Civil dates and months of Asia/Shanghai, and what the law computes with them.
//!
//! Years run from 0001 to 9999 of the Gregorian calendar; an operation that leaves them has no
//! value. Nothing here reads a clock.

mod working;

use std::fmt;
use std::str::FromStr;

pub use working::{WorkingCalendar, WorkingDayError};

/// A civil date, as days since 1970-01-01. Kept in 64 bits, as every payload of an evaluated value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i64);

/// A calendar month, as months since 0000-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i64);

/// A text that is no date or month. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not `2021-07-01`, or a day that does not exist.
    #[error("not a date: write an existing day as 2021-07-01")]
    Date,
    /// Not `2021-07`.
    #[error("not a month: write 2021-07")]
    Month,
}

/// Asia/Shanghai is this far ahead of UTC all year.
pub const SHANGHAI_AHEAD_SECONDS: i64 = 8 * 60 * 60;
/// A day.
pub const DAY_SECONDS: i64 = 24 * 60 * 60;
const MONTHS_A_YEAR: i64 = 12;
const FIRST_MONTH: Month = Month(MONTHS_A_YEAR);
const LAST_MONTH: Month = Month(9999 * MONTHS_A_YEAR + 11);

impl Date {
    /// The day of a year, month (1..12) and day (1..31), if it exists.
    #[must_use]
    pub fn new(year: i32, month: i32, day: i32) -> Option<Date> {
        let last = Month::new(year, month)?.length_days();
        (1..=last)
            .contains(&day)
            .then(|| Date(days_from_civil(year.into(), month.into(), day.into())))
    }

    /// The days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i64 {
        self.0
    }

    /// The date of a count of days since 1970-01-01, within years 0001 to 9999.
    #[must_use]
    pub fn from_days(days: i64) -> Option<Date> {
        (FIRST_MONTH.start().0..=LAST_MONTH.end().0)
            .contains(&days)
            .then_some(Date(days))
    }

    /// The day in China at a moment, seconds since 1970 UTC.
    #[must_use]
    pub fn in_shanghai(seconds: i64) -> Option<Date> {
        Date::from_days(seconds.checked_add(SHANGHAI_AHEAD_SECONDS)?.div_euclid(DAY_SECONDS))
    }

    /// Year, month and day.
    #[must_use]
    pub fn civil(self) -> (i32, i32, i32) {
        // The inverse of `days_from_civil`, again counting years from March. Dates begin with year 1, so that
        // nothing is negative, and end with year 9999: 32 bits hold every step, whose divisions are then cheap.
        let shifted = (self.0 + 719_468) as u32;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        let year = year_of_era + era * 400 + u32::from(month <= 2);
        (year as i32, month as i32, day as i32)
    }

    /// The month it lies in.
    #[must_use]
    pub fn month(self) -> Month {
        let (year, month, _) = self.civil();
        Month(i64::from(year) * MONTHS_A_YEAR + i64::from(month) - 1)
    }

    /// The date some days later, or earlier.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Option<Date> {
        Date::from_days(self.0.checked_add(days)?)
    }

    /// The same day some months later, or earlier; where that month is shorter, its last day.
    #[must_use]
    pub fn plus_months(self, months: i64) -> Option<Date> {
        let (_, _, day) = self.civil();
        let month = self.month().plus(months)?;
        Some(Date(month.start().0 + i64::from(day.min(month.length_days())) - 1))
    }

    /// Whole years from birth to `date`: the most years whose anniversary, clamped as in
    /// [`Date::plus_months`], is not after it. Who is born on 29 February turns a year older on
    /// 28 February of a common year (Civil Code art. 202).
    #[must_use]
    pub fn age_at(self, date: Date) -> i64 {
        let ((year, month, day), (now, this_month, today)) = (self.civil(), date.civil());
        let common = now % 4 != 0 || (now % 100 == 0 && now % 400 != 0);
        let anniversary = if (month, day) == (2, 29) && common { 28 } else { day };
        let still_to_come = (this_month, today) < (month, anniversary);
        i64::from(now - year) - i64::from(still_to_come)
    }

    /// Days from this date to the other, negative where it is earlier.
    #[must_use]
    pub const fn until(self, other: Date) -> i64 {
        other.0 - self.0
    }

    /// Whether it is a Saturday or Sunday.
    #[must_use]
    pub const fn is_weekend(self) -> bool {
        // 1970-01-01 was a Thursday, day 3 of a week that begins on Monday.
        (self.0 + 3).rem_euclid(7) >= 5
    }
}

impl Month {
    /// The month of a year (1..9999) and a month number (1..12).
    #[must_use]
    pub fn new(year: i32, month: i32) -> Option<Month> {
        ((1..=9999).contains(&year) && (1..=12).contains(&month))
            .then(|| Month(i64::from(year) * MONTHS_A_YEAR + i64::from(month) - 1))
    }

    /// The months since 0000-01.
    #[must_use]
    pub const fn months(self) -> i64 {
        self.0
    }

    /// The first day of the month.
    #[must_use]
    pub fn start(self) -> Date {
        Date(days_from_civil(
            self.0.div_euclid(MONTHS_A_YEAR),
            self.0.rem_euclid(MONTHS_A_YEAR) + 1,
            1,
        ))
    }

    /// The last day of the month.
    #[must_use]
    pub fn end(self) -> Date {
        Date(Month(self.0 + 1).start().0 - 1)
    }

    /// The month some months later, or earlier.
    #[must_use]
    pub fn plus(self, months: i64) -> Option<Month> {
        let moved = Month(self.0.checked_add(months)?);
        (FIRST_MONTH..=LAST_MONTH).contains(&moved).then_some(moved)
    }

    /// Months from this month to the other, negative where it is earlier.
    #[must_use]
    pub const fn until(self, other: Month) -> i64 {
        other.0 - self.0
    }

    /// Year and month number.
    #[must_use]
    pub const fn civil(self) -> (i32, i32) {
        let (year, month) = (self.0.div_euclid(MONTHS_A_YEAR), self.0.rem_euclid(MONTHS_A_YEAR) + 1);
        (year as i32, month as i32)
    }

    fn length_days(self) -> i32 {
        match self.civil() {
            (year, 2) => 28 + i32::from(is_leap(year)),
            (_, 4 | 6 | 9 | 11) => 30,
            _ => 31,
        }
    }
}

impl Date {
    /// From what [`Date::ascii`] gives.
    #[must_use]
    pub fn from_ascii(text: &[u8]) -> Option<Date> {
        let [year, month, day] = digits(text, [4, 2, 2])?;
        Date::new(year, month, day)
    }

    /// `2021-08-18`.
    #[must_use]
    pub fn ascii(self) -> [u8; 10] {
        let (year, month, day) = self.civil();
        let [[m, n], [d, e]] = [two_digits(month), two_digits(day)];
        let [[y, z], [v, w]] = [two_digits(year / 100), two_digits(year % 100)];
        [y, z, v, w, b'-', m, n, b'-', d, e]
    }
}

impl Month {
    /// From what [`Month::ascii`] gives.
    #[must_use]
    pub fn from_ascii(text: &[u8]) -> Option<Month> {
        let [year, month] = digits(text, [4, 2])?;
        Month::new(year, month)
    }

    /// `2021-08`.
    #[must_use]
    pub fn ascii(self) -> [u8; 7] {
        let (year, month) = self.civil();
        let [[y, z], [v, w], [m, n]] = [two_digits(year / 100), two_digits(year % 100), two_digits(month)];
        [y, z, v, w, b'-', m, n]
    }
}

/// A number below 100: years end with 9999.
fn two_digits(number: i32) -> [u8; 2] {
    let digit = |digit: i32| b'0' + u8::try_from(digit).unwrap_or_default();
    [digit(number / 10), digit(number % 10)]
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.ascii()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.ascii()).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Date {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Date, CalendarError> {
        Date::from_ascii(text.as_bytes()).ok_or(CalendarError::Date)
    }
}

impl FromStr for Month {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Month, CalendarError> {
        Month::from_ascii(text.as_bytes()).ok_or(CalendarError::Month)
    }
}

/// The numbers of a text that consists of so many digits each, with a dash between them.
fn digits<const N: usize>(text: &[u8], counts: [usize; N]) -> Option<[i32; N]> {
    let mut numbers = [0; N];
    let mut rest = text;
    // Judged at the end: a branch for each digit would cost more than reading the others for nothing.
    let mut is_right = true;
    for (at, (number, count)) in numbers.iter_mut().zip(counts).enumerate() {
        if at > 0 {
            rest = rest.strip_prefix(b"-")?;
        }
        let (own, after) = rest.split_at_checked(count)?;
        for digit in own {
            is_right &= digit.is_ascii_digit();
            *number = *number * 10 + i32::from(digit.wrapping_sub(b'0'));
        }
        rest = after;
    }
    (is_right && rest.is_empty()).then_some(numbers)
}

/// Whether a year of the proleptic Gregorian calendar has a 29 February.
const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Count years from March, so that the leap day is the last day of a year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests;
