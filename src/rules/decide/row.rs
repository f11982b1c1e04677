//! Walking the rows of an outcome list, and the parts of the row that decides.

use super::{DecidedRow, Procedure, RowPlace, Stopped, VALID_MONTHS_MAX};
use crate::rules::calendar::Month;
use crate::rules::law::{OutcomeRule, Step};
use crate::rules::money::Fen;
use crate::rules::outcome::Outcome;
use crate::rules::value::{Cell, Fault, Gap, Value};

/// The parts of one row: their values, and what is missing of them.
struct Parts<'p, 'l> {
    procedure: &'p mut Procedure<'l>,
    instance: u32,
    missing: Option<Gap>,
}

impl<'l> Procedure<'l> {
    /// The first row of a list that decides in this instance; none if no row holds.
    pub(super) fn walk(
        &mut self,
        list: usize,
        instance: u32,
        persons: Option<&mut Vec<u32>>,
    ) -> Option<DecidedRow<'l>> {
        let law = self.law;
        for (number, row) in law.lists()[list].rows.iter().enumerate() {
            let rule = match self.evaluation.select(row) {
                Ok(Some(rule)) => rule,
                Ok(None) => continue,
                Err(gap) => return Some(DecidedRow::stop(None, Stopped::Missing(gap))),
            };
            let place = RowPlace {
                list,
                row: number,
                rule,
            };
            match self.evaluation.step(rule.when, instance) {
                Cell::No => {}
                Cell::Yes => return Some(self.decided(place, instance, persons)),
                Cell::Missing(gap) => return Some(DecidedRow::stop(Some(place), Stopped::Missing(gap))),
                Cell::Error(fault) => return Some(DecidedRow::stop(Some(place), Stopped::Fault(fault))),
                _ => return Some(DecidedRow::stop(Some(place), Stopped::Fault(Fault::Type))),
            }
        }
        None
    }

    fn decided(&mut self, place: RowPlace<'l>, instance: u32, persons: Option<&mut Vec<u32>>) -> DecidedRow<'l> {
        let mut parts = Parts {
            procedure: self,
            instance,
            missing: None,
        };
        let decided = parts.read(place.rule, persons);
        match (decided, parts.missing) {
            (Err(fault), _) => DecidedRow::stop(Some(place), Stopped::Fault(fault)),
            (Ok(_), Some(gap)) => DecidedRow::stop(Some(place), Stopped::Missing(gap)),
            (Ok(decided), None) => DecidedRow {
                row: Some(place),
                ..decided
            },
        }
    }
}

impl<'l> Parts<'_, 'l> {
    fn read(&mut self, rule: &'l OutcomeRule, persons: Option<&mut Vec<u32>>) -> Result<DecidedRow<'l>, Fault> {
        if let Some(persons) = persons {
            self.persons(rule.persons, persons)?;
        }
        let amount = self.fen(rule.amount)?;
        let own_from = self.month(rule.from)?;
        let (calendar_from, months) = match rule.months {
            None => (None, Vec::new()),
            Some(steps) => {
                let from = self.month(Some(steps.from))?;
                let count = self.whole(Some(steps.count), 0..=u32::MAX)?;
                match (from, count) {
                    (Some(from), Some(count)) => {
                        // A correction's own month also moves the calendar that is priced.
                        let from = self.procedure.facts.effective_from().unwrap_or(from);
                        (Some(from), self.months(steps.amount, from, count)?)
                    }
                    (None, _) | (_, None) => (None, Vec::new()),
                }
            }
        };
        let valid = self.whole(rule.valid, 1..=VALID_MONTHS_MAX)?;
        let then_from = self.month(rule.then_from)?;
        let shows = self.fen(rule.shows)?;
        let mut flags = Vec::new();
        for (position, step) in rule.flags.iter().enumerate() {
            if self.bool(*step)? == Some(true) {
                flags.push(position);
            }
        }
        if self.missing.is_some() {
            return Ok(DecidedRow::default());
        }
        let moved = own_from.map(|from| self.procedure.facts.effective_from().unwrap_or(from));
        let from = if rule.months.is_some() { calendar_from } else { moved };
        let after_decision = self.procedure.facts.decision_month().plus(1);
        let decided = DecidedRow {
            amount: if rule.months.is_some() {
                months.first().copied()
            } else {
                amount
            },
            from,
            months,
            valid_until: valid.and_then(|valid| from.or(after_decision)?.plus(i64::from(valid) - 1)),
            then_from,
            shows,
            flags,
            ..DecidedRow::default()
        };
        complete(rule, decided)
    }

    /// The members that the outcome covers; without an expression all.
    fn persons(&mut self, step: Option<Step>, persons: &mut Vec<u32>) -> Result<(), Fault> {
        for member in 0..self.procedure.facts.member_count() {
            let covered = match step {
                None => true,
                Some(step) => {
                    let value = self.procedure.evaluation.evaluate(step, member);
                    self.settle(value, |value| bool_of(&value))?.unwrap_or(false)
                }
            };
            if covered {
                persons.push(member);
            }
        }
        Ok(())
    }

    fn months(&mut self, amount: Step, from: Month, count: u32) -> Result<Vec<Fen>, Fault> {
        let instances = self.procedure.evaluation.add_months(from, count).ok_or(Fault::Range)?;
        let mut months = Vec::with_capacity(instances.len());
        for instance in instances {
            let value = self.procedure.evaluation.evaluate(amount, instance);
            months.extend(self.settle(value, |value| fen_of(&value))?);
        }
        Ok(months)
    }

    fn fen(&mut self, step: Option<Step>) -> Result<Option<Fen>, Fault> {
        self.part(step, |value| fen_of(&value))
    }

    fn month(&mut self, step: Option<Step>) -> Result<Option<Month>, Fault> {
        self.part(step, |value| match value {
            Value::Month(month) => Ok(month),
            other => Err(fault_of(&other)),
        })
    }

    fn whole(&mut self, step: Option<Step>, range: std::ops::RangeInclusive<u32>) -> Result<Option<u32>, Fault> {
        self.part(step, |value| {
            let Value::Number(number) = value else {
                return Err(fault_of(&value));
            };
            let whole = if number.denominator() == 1 {
                u32::try_from(number.numerator()).ok()
            } else {
                None
            };
            whole.filter(|whole| range.contains(whole)).ok_or(Fault::Range)
        })
    }

    fn bool(&mut self, step: Step) -> Result<Option<bool>, Fault> {
        self.part(Some(step), |value| bool_of(&value))
    }

    fn part<T>(
        &mut self,
        step: Option<Step>,
        read: impl FnOnce(Value<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let Some(step) = step else { return Ok(None) };
        let value = self.procedure.evaluation.evaluate(step, self.instance);
        self.settle(value, read)
    }

    /// A value read, or its gap remembered.
    fn settle<T>(
        &mut self,
        value: Value<'_>,
        read: impl FnOnce(Value<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        match value {
            Value::Missing(gap) => {
                self.missing = Some(match self.missing {
                    None => gap,
                    Some(earlier) => self.procedure.evaluation.join_gaps(earlier, gap),
                });
                Ok(None)
            }
            Value::Error(fault) => Err(fault),
            value => read(value).map(Some),
        }
    }
}

/// Holds what an outcome needs: a programme its amounts and first month, a stop its first month.
fn complete<'l>(rule: &OutcomeRule, decided: DecidedRow<'l>) -> Result<DecidedRow<'l>, Fault> {
    let outcome = rule.outcome.ok_or(Fault::Type)?;
    let pays = outcome.programme().is_some();
    let lacks_pay = pays && (decided.from.is_none() || decided.amount.is_none());
    let lacks_month = outcome == Outcome::Stop && decided.from.is_none();
    if lacks_pay || lacks_month {
        Err(Fault::Range)
    } else {
        Ok(decided)
    }
}

/// A whole number of fen that can be paid.
fn fen_of(value: &Value<'_>) -> Result<Fen, Fault> {
    let Value::Number(number) = value else {
        return Err(fault_of(value));
    };
    Fen::from_number(*number)
        .filter(|amount| *amount >= Fen::ZERO)
        .ok_or(Fault::Range)
}

pub(super) fn bool_of(value: &Value<'_>) -> Result<bool, Fault> {
    if let Value::Bool(value) = value {
        Ok(*value)
    } else {
        Err(fault_of(value))
    }
}

/// The error that a value of another kind is.
pub(super) fn fault_of(value: &Value<'_>) -> Fault {
    match value {
        Value::Error(fault) => *fault,
        Value::Bool(_)
        | Value::Number(_)
        | Value::Code(_)
        | Value::Date(_)
        | Value::Month(_)
        | Value::Area(_)
        | Value::Missing(_) => Fault::Type,
    }
}
