//! The official working-day calendar: Monday to Friday, except what the yearly notice moves (调休).

use std::collections::BTreeMap;

use super::Date;
use crate::rules::document::CalendarYear;

/// Most working days that one step counts: two years of them, far beyond any deadline of the law.
pub const WORKING_DAYS_MAX: i64 = 500;

/// The years for which a notice is loaded.
#[derive(Clone, Debug, Default)]
pub struct WorkingCalendar {
    years: BTreeMap<i32, Year>,
}

#[derive(Clone, Debug)]
struct Year {
    off: Vec<Date>,
    work: Vec<Date>,
    sample: bool,
}

/// Why a count of working days has no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkingDayError {
    /// No notice is loaded for this year: a missing rule.
    UnknownYear(i32),
    /// The count is negative or beyond `WORKING_DAYS_MAX`, or the date leaves the calendar.
    Range,
}

impl WorkingCalendar {
    /// The calendar of these years; a year given twice has the days of both.
    #[must_use]
    pub fn new<'a>(years: impl IntoIterator<Item = &'a CalendarYear>) -> WorkingCalendar {
        let mut calendar = WorkingCalendar::default();
        for given in years {
            let year = calendar.years.entry(given.year).or_insert_with(|| Year {
                off: Vec::new(),
                work: Vec::new(),
                sample: false,
            });
            year.sample |= given.sample;
            year.off.extend(&given.off);
            year.work.extend(&given.work);
        }
        for year in calendar.years.values_mut() {
            year.off.sort_unstable();
            year.work.sort_unstable();
        }
        calendar
    }

    /// The `count`th working day after `date`, which itself is not counted; `date` for a count of 0.
    ///
    /// # Errors
    /// The first year on the way that is not loaded, or a count out of range.
    pub fn add(&self, date: Date, count: i64) -> Result<Date, WorkingDayError> {
        if !(0..=WORKING_DAYS_MAX).contains(&count) {
            return Err(WorkingDayError::Range);
        }
        let (mut day, mut left) = (date, count);
        while left > 0 {
            day = day.plus_days(1).ok_or(WorkingDayError::Range)?;
            if self.is_working(day)? {
                left -= 1;
            }
        }
        Ok(day)
    }

    /// Whether the days of a year are a sample: no notice was found for it.
    #[must_use]
    pub fn is_sample(&self, year: i32) -> bool {
        self.years.get(&year).is_some_and(|year| year.sample)
    }

    fn is_working(&self, day: Date) -> Result<bool, WorkingDayError> {
        let (number, _, _) = day.civil();
        let year = self.years.get(&number).ok_or(WorkingDayError::UnknownYear(number))?;
        let moved = if day.is_weekend() { &year.work } else { &year.off };
        Ok(day.is_weekend() == moved.binary_search(&day).is_ok())
    }
}
