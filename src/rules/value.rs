//! The values of an evaluation: what an expression can be in one instance.

use std::fmt;
use std::str::FromStr;

use super::calendar::{Date, Month};
use super::number::{Number, NumberError};
use super::vocabulary::FactIndex;

/// An area of GB/T 2260 (6 digits), a township (9) or a village (12), as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Area(u64);

/// The nation, end of every chain.
const NATION: u64 = 100_000;

impl Area {
    /// The code as a number.
    #[must_use]
    pub const fn code(self) -> u64 {
        self.0
    }

    /// The area and its superiors, nearest first: 340321, 340300, 340000, 100000.
    pub fn chain(self) -> impl Iterator<Item = Area> {
        std::iter::successors(Some(self), |area| area.superior())
    }

    /// Whether it is `other` or lies in it.
    #[must_use]
    pub fn lies_in(self, other: Area) -> bool {
        self.chain().any(|area| area == other)
    }

    fn superior(self) -> Option<Area> {
        let code = self.0;
        let next = if code >= 1_000_000 {
            code / 1_000
        } else if code == NATION {
            return None;
        } else if !code.is_multiple_of(100) {
            code - code % 100
        } else if !code.is_multiple_of(10_000) {
            code - code % 10_000
        } else {
            NATION
        };
        Some(Area(next))
    }
}

/// A text that is no area code. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an area code: write 6, 9 or 12 digits that do not begin with 0")]
pub struct AreaError;

impl FromStr for Area {
    type Err = AreaError;

    fn from_str(text: &str) -> Result<Area, AreaError> {
        let digits = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        if digits && matches!(text.len(), 6 | 9 | 12) {
            text.parse().map(Area).map_err(|_| AreaError)
        } else {
            Err(AreaError)
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Why an expression has no value although nothing is missing. As wide as every payload of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u64)]
pub enum Fault {
    /// Division by zero.
    Division,
    /// A number beyond 2^127-1.
    Overflow,
    /// A date, month or count out of range, or a code that no arm names.
    Range,
    /// An operand of another kind; the checker keeps it out of published laws.
    Type,
}

impl Fault {
    /// The code in documents and records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Fault::Division => "E_DIV",
            Fault::Overflow => "E_OVERFLOW",
            Fault::Range => "E_RANGE",
            Fault::Type => "E_TYPE",
        }
    }

    /// The byte in a trace.
    pub(super) const fn byte(self) -> u8 {
        match self {
            Fault::Division => 1,
            Fault::Overflow => 2,
            Fault::Range => 3,
            Fault::Type => 4,
        }
    }
}

impl From<NumberError> for Fault {
    fn from(error: NumberError) -> Fault {
        match error {
            NumberError::Overflow => Fault::Overflow,
            NumberError::DivisionByZero => Fault::Division,
        }
    }
}

/// The value of an expression, as the decision procedure reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'l> {
    /// Truth.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A code of a list.
    Code(&'l str),
    /// A date.
    Date(Date),
    /// A month.
    Month(Month),
    /// An area.
    Area(Area),
    /// Facts or rules are missing: `Evaluation::missing` names them.
    Missing(Gap),
    /// There is no value.
    Error(Fault),
}

/// A set of missing facts and rules of one evaluation.
///
/// Most sets are one fact in one instance: those are written into the value itself, so that
/// nothing is allocated for them; others stand in the evaluation's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap(u64);

/// What a [`Gap`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GapKind {
    /// This fact in this instance.
    Fact(FactIndex, u32),
    /// The set at this place of the table.
    Set(u32),
}

impl Gap {
    /// Marks a gap that is one fact.
    const ONE_FACT: u64 = 1 << 63;

    pub(super) fn fact(fact: FactIndex, instance: u32) -> Gap {
        Gap(Gap::ONE_FACT | u64::from(fact.0) << 32 | u64::from(instance))
    }

    pub(super) fn set(at: u32) -> Gap {
        Gap(at.into())
    }

    pub(super) fn kind(self) -> GapKind {
        let low = self.0 as u32;
        if self.0 & Gap::ONE_FACT == 0 {
            GapKind::Set(low)
        } else {
            GapKind::Fact(FactIndex((self.0 >> 32) as u16), low)
        }
    }
}

/// A value in the tables of an evaluation.
///
/// Every payload has 64 bits, so that a cell is passed and returned in two registers: an
/// evaluation hands over a thousand of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    No,
    Yes,
    /// A whole number that fits; every such number is written this way and no other.
    Int(i64),
    /// Any other number, by its place in a table.
    Wide(Place),
    Code(CodeIndex),
    Date(Date),
    Month(Month),
    Area(Area),
    /// A fact without a record and without a default; never the value of an expression.
    Absent,
    Missing(Gap),
    Error(Fault),
}

/// Where a number that is no small integer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u64);

/// The table of a [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// Constants of the law.
    Law,
    /// Recorded facts.
    Facts,
    /// Results of the evaluation.
    Evaluation,
}

impl Place {
    pub(super) fn new(table: Table, at: usize) -> Place {
        let table = match table {
            Table::Law => 0,
            Table::Facts => 1,
            Table::Evaluation => 2,
        };
        Place(table << 32 | at as u64)
    }

    pub(super) fn table(self) -> Table {
        match self.0 >> 32 {
            0 => Table::Law,
            1 => Table::Facts,
            _ => Table::Evaluation,
        }
    }

    pub(super) fn at(self) -> usize {
        self.0 as u32 as usize
    }
}

/// An interned code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CodeIndex(u64);

impl CodeIndex {
    /// The number of a code; there are at most 65,536.
    pub(super) fn new(at: u16) -> CodeIndex {
        CodeIndex(at.into())
    }

    pub(super) fn at(self) -> usize {
        self.0 as usize
    }

    /// As an operand of a node.
    pub(super) fn operand(self) -> u32 {
        self.0 as u32
    }
}

impl Cell {
    /// A number as a cell; `keep` finds a place for one that is no small integer.
    pub(super) fn number(value: Number, keep: impl FnOnce(Number) -> Place) -> Cell {
        match value.as_integer().map(i64::try_from) {
            Some(Ok(small)) => Cell::Int(small),
            Some(Err(_)) | None => Cell::Wide(keep(value)),
        }
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Cell {
        if value { Cell::Yes } else { Cell::No }
    }
}

const _: () = assert!(size_of::<Cell>() == 16, "a cell is passed in two registers");

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(code: &str) -> Vec<u64> {
        let area: Area = code.parse().expect("a code of the test");
        area.chain().map(Area::code).collect()
    }

    #[test]
    fn an_area_falls_back_to_its_superiors_one_level_at_a_time() {
        assert_eq!(chain("340321"), [340_321, 340_300, 340_000, 100_000]);
        assert_eq!(chain("340321101"), [340_321_101, 340_321, 340_300, 340_000, 100_000]);
        assert_eq!(
            chain("340321101201"),
            [340_321_101_201, 340_321_101, 340_321, 340_300, 340_000, 100_000]
        );
        assert_eq!(chain("310000"), [310_000, 100_000]);
        assert_eq!(chain("100000"), [100_000]);
    }

    #[test]
    fn a_code_of_another_length_is_no_area() {
        for text in ["", "34032", "3403211", "040321", "34032a", "３４０３２１"] {
            assert_eq!(text.parse::<Area>(), Err(AreaError), "{text}");
        }
    }
}
