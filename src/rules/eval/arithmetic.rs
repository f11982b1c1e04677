//! Operations on values that are there: numbers, dates, months, areas.

use std::cmp::Ordering;

use super::Evaluation;
use crate::rules::calendar::{Date, Month, WorkingDayError};
use crate::rules::compile::{Binary, Unary};
use crate::rules::expr::RoundMode;
use crate::rules::number::{Number, NumberError};
use crate::rules::value::{Cell, Fault};

impl Evaluation<'_> {
    /// A number of any size.
    fn fraction(&self, cell: Cell) -> Option<Number> {
        match cell {
            Cell::Int(value) => Some(Number::integer(value.into())),
            Cell::Wide(place) => Some(self.number(place)),
            Cell::No
            | Cell::Yes
            | Cell::Code(_)
            | Cell::Date(_)
            | Cell::Month(_)
            | Cell::Area(_)
            | Cell::Missing(_)
            | Cell::Error(_)
            | Cell::Absent => None,
        }
    }

    /// A count that must be whole and fit 64 bits.
    fn whole(cell: Cell) -> Result<i64, Fault> {
        match cell {
            Cell::Int(value) => Ok(value),
            Cell::Wide(_) => Err(Fault::Range),
            Cell::No
            | Cell::Yes
            | Cell::Code(_)
            | Cell::Date(_)
            | Cell::Month(_)
            | Cell::Area(_)
            | Cell::Missing(_)
            | Cell::Error(_)
            | Cell::Absent => Err(Fault::Type),
        }
    }

    fn result(&mut self, result: Result<Number, NumberError>) -> Cell {
        match result {
            Ok(number) => self.keep(number),
            Err(error) => Cell::Error(error.into()),
        }
    }

    pub(super) fn unary(&mut self, unary: Unary, a: Cell) -> Cell {
        match (unary, a) {
            (Unary::Neg, a) => match self.fraction(a) {
                Some(number) => self.keep(number.negated()),
                None => Cell::Error(Fault::Type),
            },
            (Unary::MonthOf, Cell::Date(date)) => Cell::Month(date.month()),
            (Unary::MonthStart, Cell::Month(month)) => Cell::Date(month.start()),
            (Unary::MonthEnd, Cell::Month(month)) => Cell::Date(month.end()),
            (Unary::NextMonth, Cell::Month(month)) => in_range(month.plus(1).map(Cell::Month)),
            (Unary::NextMonth, Cell::Date(date)) => in_range(date.month().plus(1).map(Cell::Month)),
            (Unary::MonthOf | Unary::MonthStart | Unary::MonthEnd | Unary::NextMonth, _) => Cell::Error(Fault::Type),
        }
    }

    pub(super) fn binary(&mut self, binary: Binary, a: Cell, b: Cell) -> Cell {
        match binary {
            Binary::Add | Binary::Sub | Binary::Mul | Binary::Div => self.calculate(binary, a, b),
            Binary::Min => self
                .order(a, b)
                .map_or_else(Cell::Error, |o| if o.is_le() { a } else { b }),
            Binary::Max => self
                .order(a, b)
                .map_or_else(Cell::Error, |o| if o.is_ge() { a } else { b }),
            Binary::AddMonths => match (a, Self::whole(b)) {
                (Cell::Date(date), Ok(months)) => in_range(date.plus_months(months).map(Cell::Date)),
                (Cell::Month(month), Ok(months)) => in_range(month.plus(months).map(Cell::Month)),
                (Cell::Date(_) | Cell::Month(_), Err(fault)) => Cell::Error(fault),
                (_, Ok(_) | Err(_)) => Cell::Error(Fault::Type),
            },
            Binary::AddDays => match (a, Self::whole(b)) {
                (Cell::Date(date), Ok(days)) => in_range(date.plus_days(days).map(Cell::Date)),
                (Cell::Date(_), Err(fault)) => Cell::Error(fault),
                (_, Ok(_) | Err(_)) => Cell::Error(Fault::Type),
            },
            Binary::AddWorkingDays => match (a, Self::whole(b)) {
                (Cell::Date(date), Ok(count)) => self.add_working_days(date, count),
                (Cell::Date(_), Err(fault)) => Cell::Error(fault),
                (_, Ok(_) | Err(_)) => Cell::Error(Fault::Type),
            },
            Binary::MonthsBetween => match (month(a), month(b)) {
                (Some(from), Some(to)) => Cell::Int(from.until(to)),
                (Some(_) | None, Some(_) | None) => Cell::Error(Fault::Type),
            },
            Binary::DaysBetween => dates(a, b, |from, to| Cell::Int(from.until(to))),
            Binary::AgeAt => dates(a, b, |birth, date| Cell::Int(birth.age_at(date))),
            Binary::WithinArea => match (a, b) {
                (Cell::Area(inner), Cell::Area(outer)) => inner.lies_in(outer).into(),
                _ => Cell::Error(Fault::Type),
            },
        }
    }

    fn calculate(&mut self, binary: Binary, a: Cell, b: Cell) -> Cell {
        if let (Cell::Int(a), Cell::Int(b)) = (a, b) {
            let small = match binary {
                Binary::Add => a.checked_add(b),
                Binary::Sub => a.checked_sub(b),
                Binary::Mul => a.checked_mul(b),
                Binary::Div => a
                    .checked_rem(b)
                    .filter(|rest| *rest == 0)
                    .and_then(|_| a.checked_div(b)),
                _ => None,
            };
            if let Some(value) = small {
                return Cell::Int(value);
            }
        }
        let (Some(a), Some(b)) = (self.fraction(a), self.fraction(b)) else {
            return Cell::Error(Fault::Type);
        };
        let result = match binary {
            Binary::Add => a.plus(b),
            Binary::Sub => a.minus(b),
            Binary::Mul => a.times(b),
            _ => a.over(b),
        };
        self.result(result)
    }

    pub(super) fn round(&mut self, value: Cell, quantum: u32, mode: RoundMode) -> Cell {
        match (value, quantum) {
            (Cell::Int(_), 1) => value,
            (value, quantum) => match self.fraction(value) {
                Some(number) => self.result(number.rounded(quantum, mode)),
                None => Cell::Error(Fault::Type),
            },
        }
    }

    /// The order of two numbers, dates or months.
    #[inline]
    pub(super) fn order(&self, a: Cell, b: Cell) -> Result<Ordering, Fault> {
        match (a, b) {
            (Cell::Int(a), Cell::Int(b)) => Ok(a.cmp(&b)),
            (Cell::Date(a), Cell::Date(b)) => Ok(a.cmp(&b)),
            (Cell::Month(a), Cell::Month(b)) => Ok(a.cmp(&b)),
            (a, b) => match (self.fraction(a), self.fraction(b)) {
                (Some(a), Some(b)) => Ok(a.cmp(&b)),
                (Some(_) | None, Some(_) | None) => Err(Fault::Type),
            },
        }
    }

    /// Whether two values of one kind are equal.
    #[inline]
    pub(super) fn equal(&self, a: Cell, b: Cell) -> Result<bool, Fault> {
        match (a, b) {
            (Cell::Yes | Cell::No, Cell::Yes | Cell::No) => Ok(a == b),
            (Cell::Code(a), Cell::Code(b)) => Ok(a == b),
            (Cell::Area(a), Cell::Area(b)) => Ok(a == b),
            (a, b) => self.order(a, b).map(Ordering::is_eq),
        }
    }

    fn add_working_days(&mut self, date: Date, count: i64) -> Cell {
        match self.law.calendar.add(date, count) {
            Ok(day) => {
                if let Some(first) = date.plus_days(1).filter(|first| *first <= day) {
                    for year in first.civil().0..=day.civil().0 {
                        self.walked(year);
                    }
                }
                Cell::Date(day)
            }
            Err(WorkingDayError::UnknownYear(year)) => match Date::new(year, 1, 1) {
                Some(first) => Cell::Missing(self.gaps.calendar(first)),
                None => Cell::Error(Fault::Range),
            },
            Err(WorkingDayError::Range) => Cell::Error(Fault::Range),
        }
    }
}

fn in_range(cell: Option<Cell>) -> Cell {
    cell.unwrap_or(Cell::Error(Fault::Range))
}

/// The month of a month or of a date.
fn month(cell: Cell) -> Option<Month> {
    if let Cell::Month(month) = cell {
        Some(month)
    } else if let Cell::Date(date) = cell {
        Some(date.month())
    } else {
        None
    }
}

fn dates(a: Cell, b: Cell, of: impl Fn(Date, Date) -> Cell) -> Cell {
    if let (Cell::Date(a), Cell::Date(b)) = (a, b) {
        of(a, b)
    } else {
        Cell::Error(Fault::Type)
    }
}
