//! Types and units while an expression is checked, and the algebra of units (L14).

use std::rc::Rc;

use crate::rules::document::Type;
use crate::rules::expr::Unit;
use crate::rules::language::said::{Base, Powers, TyWords};

/// Powers of the base units. A number without any is a count or a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Dimension {
    fen: i8,
    persons: i8,
    months: i8,
    days: i8,
    years: i8,
    /// Only without units: a count of things, always whole.
    count: bool,
}

/// The codes of a list or the options of a choice, each with its Chinese name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    /// The list's id, or `选项.P10`.
    pub list: String,
    /// Code and name; an option has no name.
    pub codes: Vec<(String, String)>,
}

/// The type of an expression that is being checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    /// A number with its unit.
    Number(Dimension),
    /// A number written without a unit: a count or a ratio, as its neighbour wants.
    Bare,
    /// Truth.
    Bool,
    /// A code.
    Code(Rc<Codes>),
    /// A civil date.
    Date,
    /// A calendar month.
    Month,
    /// An area code.
    Area,
}

impl Dimension {
    /// The dimension of a unit.
    #[must_use]
    pub fn of(unit: Unit) -> Dimension {
        let none = Dimension::default();
        match unit {
            Unit::Fen => Dimension { fen: 1, ..none },
            Unit::FenPerPerson => Dimension {
                fen: 1,
                persons: -1,
                ..none
            },
            Unit::Ratio => none,
            Unit::Persons => Dimension { persons: 1, ..none },
            Unit::Count => Dimension { count: true, ..none },
            Unit::Months => Dimension { months: 1, ..none },
            Unit::Days => Dimension { days: 1, ..none },
            Unit::Years => Dimension { years: 1, ..none },
        }
    }

    /// The unit it has; `None` for one that a value may not end in, such as fen × persons.
    #[must_use]
    pub fn unit(self) -> Option<Unit> {
        const UNITS: [Unit; 8] = [
            Unit::Fen,
            Unit::FenPerPerson,
            Unit::Ratio,
            Unit::Persons,
            Unit::Count,
            Unit::Months,
            Unit::Days,
            Unit::Years,
        ];
        UNITS.into_iter().find(|unit| Dimension::of(*unit) == self)
    }

    /// Of a product.
    #[must_use]
    pub fn times(self, other: Dimension) -> Dimension {
        self.combined(other, i8::saturating_add, self.count && other.count)
    }

    /// Of a quotient; two counts make a ratio.
    #[must_use]
    pub fn over(self, other: Dimension) -> Dimension {
        self.combined(other, i8::saturating_sub, false)
    }

    fn combined(self, other: Dimension, join: impl Fn(i8, i8) -> i8, count: bool) -> Dimension {
        Dimension {
            fen: join(self.fen, other.fen),
            persons: join(self.persons, other.persons),
            months: join(self.months, other.months),
            days: join(self.days, other.days),
            years: join(self.years, other.years),
            count,
        }
    }

    fn describe(self) -> TyWords {
        if let Some(unit) = self.unit() {
            return unit.into();
        }
        let powers = [
            (Base::Fen, self.fen),
            (Base::Persons, self.persons),
            (Base::Months, self.months),
            (Base::Days, self.days),
            (Base::Years, self.years),
        ];
        TyWords::Compound {
            powers: Powers(powers.into_iter().filter(|(_, power)| *power != 0).collect()),
        }
    }
}

impl Ty {
    /// A number of this unit.
    #[must_use]
    pub fn number(unit: Unit) -> Ty {
        Ty::Number(Dimension::of(unit))
    }

    /// In words, for messages.
    #[must_use]
    pub fn describe(&self) -> TyWords {
        match self {
            Ty::Number(dimension) => dimension.describe(),
            Ty::Bare => TyWords::Bare,
            Ty::Bool => TyWords::Bool,
            Ty::Code(codes) => TyWords::Code {
                list: codes.list.clone(),
            },
            Ty::Date => TyWords::Date,
            Ty::Month => TyWords::Month,
            Ty::Area => TyWords::Area,
        }
    }

    /// Whether a value of the other type may stand where this one is wanted.
    #[must_use]
    pub fn accepts(&self, other: &Ty) -> bool {
        match (self, other) {
            (Ty::Number(wanted), Ty::Bare) => matches!(wanted.unit(), Some(Unit::Count | Unit::Ratio)),
            // The options of a choice may name codes of a list.
            (Ty::Code(wanted), Ty::Code(given)) => {
                wanted.list == given.list
                    || given
                        .codes
                        .iter()
                        .all(|(code, _)| wanted.codes.iter().any(|(other, _)| other == code))
            }
            _ => self == other,
        }
    }

    /// The type as it is sealed; `None` for a unit that a value may not end in.
    #[must_use]
    pub fn sealed(&self) -> Option<Type> {
        match self {
            Ty::Number(dimension) => dimension.unit().map(Type::Number),
            Ty::Bare => Some(Type::Number(Unit::Ratio)),
            Ty::Bool => Some(Type::Bool),
            Ty::Code(codes) => Some(Type::Code(codes.list.clone())),
            Ty::Date => Some(Type::Date),
            Ty::Month => Some(Type::Month),
            Ty::Area => Some(Type::Area),
        }
    }
}

/// The unit of its name in a document.
#[must_use]
pub fn unit_named(name: &str) -> Option<Unit> {
    Some(match name {
        "fen" => Unit::Fen,
        "fen_per_person" | "fen/p" => Unit::FenPerPerson,
        "ratio" => Unit::Ratio,
        "persons" => Unit::Persons,
        "count" => Unit::Count,
        "months" => Unit::Months,
        "days" => Unit::Days,
        "years" => Unit::Years,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dimension(unit: Unit) -> Dimension {
        Dimension::of(unit)
    }

    #[test]
    fn a_standard_per_person_times_persons_is_an_amount() {
        let amount = dimension(Unit::FenPerPerson).times(dimension(Unit::Persons));
        assert_eq!(amount.unit(), Some(Unit::Fen));
        assert_eq!(
            dimension(Unit::Fen).over(dimension(Unit::Persons)).unit(),
            Some(Unit::FenPerPerson)
        );
    }

    #[test]
    fn equal_units_divide_to_a_ratio_and_counts_change_nothing() {
        for unit in [Unit::Fen, Unit::Persons, Unit::Months, Unit::Count, Unit::Ratio] {
            assert_eq!(dimension(unit).over(dimension(unit)).unit(), Some(Unit::Ratio));
        }
        assert_eq!(
            dimension(Unit::Fen).times(dimension(Unit::Count)).unit(),
            Some(Unit::Fen)
        );
        assert_eq!(
            dimension(Unit::Count).times(dimension(Unit::Count)).unit(),
            Some(Unit::Count)
        );
        assert_eq!(
            dimension(Unit::Count).times(dimension(Unit::Ratio)).unit(),
            Some(Unit::Ratio)
        );
    }

    #[test]
    fn an_amount_times_persons_is_no_unit_but_may_stand_between() {
        let between = dimension(Unit::Fen).times(dimension(Unit::Persons));
        assert_eq!(between.unit(), None);
        let said = |lang| crate::rules::language::say::Say::say(&between.describe(), lang);
        assert_eq!(said(crate::rules::language::say::Lang::En), "fen × persons");
        assert_eq!(said(crate::rules::language::say::Lang::Zh), "单位为 分 × 人 的数");
        assert_eq!(between.over(dimension(Unit::Persons)).unit(), Some(Unit::Fen));
    }
}
