//! Walking the rows of an outcome list, and the parts of the row that decides.

use std::ops::RangeInclusive;

use super::{DecidedRow, Procedure, Stopped, VALID_MONTHS_MAX};
use crate::rules::calendar::Month;
use crate::rules::law::{OutcomeList, OutcomeRule, Step};
use crate::rules::money::Fen;
use crate::rules::outcome::Outcome;
use crate::rules::value::{Cell, Fault, Gap};

/// The parts of one row: their values, and what is missing of them.
struct Parts<'p, 'l> {
    procedure: &'p mut Procedure<'l>,
    instance: u32,
    missing: Option<Gap>,
}

impl<'l> Procedure<'l> {
    /// What a list decides for one member, whom it may not concern.
    pub(super) fn walk_member(&mut self, list: &'l OutcomeList, member: u32) -> Option<DecidedRow<'l>> {
        let stopped = match list.concerns.map(|step| self.evaluation.step(step, member)) {
            None | Some(Cell::Yes) => return self.walk(list, member, None),
            Some(Cell::No) => return None,
            Some(Cell::Missing(gap)) => Stopped::Missing(gap),
            Some(other) => Stopped::Fault(fault_of(other)),
        };
        Some(DecidedRow::stop(None, stopped))
    }

    /// The first row of a list that decides in this instance; none if no row holds.
    pub(super) fn walk(
        &mut self,
        list: &'l OutcomeList,
        instance: u32,
        persons: Option<&mut Vec<u32>>,
    ) -> Option<DecidedRow<'l>> {
        let mut number = 0;
        loop {
            let (passed, value) = self.evaluation.first_row(&list.always[number..], instance);
            number += passed;
            let row = list.rows.get(number)?;
            let rule = match self.evaluation.select(row) {
                Ok(Some(rule)) => rule,
                Ok(None) => {
                    number += 1;
                    continue;
                }
                Err(gap) => return Some(DecidedRow::stop(None, Stopped::Missing(gap))),
            };
            match value.unwrap_or_else(|| self.evaluation.step(rule.when, instance)) {
                Cell::No => number += 1,
                Cell::Yes => return Some(self.decided(rule, instance, persons)),
                Cell::Missing(gap) => return Some(DecidedRow::stop(Some(rule), Stopped::Missing(gap))),
                Cell::Error(fault) => return Some(DecidedRow::stop(Some(rule), Stopped::Fault(fault))),
                _ => return Some(DecidedRow::stop(Some(rule), Stopped::Fault(Fault::Type))),
            }
        }
    }

    #[inline(never)]
    fn decided(&mut self, rule: &'l OutcomeRule, instance: u32, persons: Option<&mut Vec<u32>>) -> DecidedRow<'l> {
        let mut parts = Parts {
            procedure: self,
            instance,
            missing: None,
        };
        let decided = parts.read(rule, persons);
        match (decided, parts.missing) {
            (Err(fault), _) => DecidedRow::stop(Some(rule), Stopped::Fault(fault)),
            (Ok(_), Some(gap)) => DecidedRow::stop(Some(rule), Stopped::Missing(gap)),
            (Ok(decided), None) => DecidedRow {
                row: Some(rule),
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
                Some(step) => self.demand(step, member, bool_of)?.unwrap_or(false),
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
            months.extend(self.demand(amount, instance, fen_of)?);
        }
        Ok(months)
    }

    fn fen(&mut self, step: Option<Step>) -> Result<Option<Fen>, Fault> {
        self.part(step, fen_of)
    }

    fn month(&mut self, step: Option<Step>) -> Result<Option<Month>, Fault> {
        self.part(step, |value| match value {
            Cell::Month(month) => Ok(month),
            other => Err(fault_of(other)),
        })
    }

    fn whole(&mut self, step: Option<Step>, range: RangeInclusive<u32>) -> Result<Option<u32>, Fault> {
        self.part(step, |value| match value {
            Cell::Int(number) => u32::try_from(number)
                .ok()
                .filter(|whole| range.contains(whole))
                .ok_or(Fault::Range),
            Cell::Wide(_) => Err(Fault::Range),
            other => Err(fault_of(other)),
        })
    }

    fn bool(&mut self, step: Step) -> Result<Option<bool>, Fault> {
        self.part(Some(step), bool_of)
    }

    #[inline]
    fn part<T>(&mut self, step: Option<Step>, read: impl FnOnce(Cell) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
        match step {
            Some(step) => self.demand(step, self.instance, read),
            None => Ok(None),
        }
    }

    /// A value read, or its gap remembered.
    #[inline]
    fn demand<T>(
        &mut self,
        step: Step,
        instance: u32,
        read: impl FnOnce(Cell) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        match self.procedure.evaluation.step(step, instance) {
            Cell::Missing(gap) => {
                self.missing = Some(match self.missing {
                    None => gap,
                    Some(earlier) => self.procedure.evaluation.join_gaps(earlier, gap),
                });
                Ok(None)
            }
            Cell::Error(fault) => Err(fault),
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

/// A whole number of fen that can be paid. A number that is no small integer is none: it is a fraction, or too large.
fn fen_of(value: Cell) -> Result<Fen, Fault> {
    match value {
        Cell::Int(amount) => Fen::new(amount)
            .filter(|amount| *amount >= Fen::ZERO)
            .ok_or(Fault::Range),
        Cell::Wide(_) => Err(Fault::Range),
        other => Err(fault_of(other)),
    }
}

fn bool_of(value: Cell) -> Result<bool, Fault> {
    match value {
        Cell::Yes => Ok(true),
        Cell::No => Ok(false),
        other => Err(fault_of(other)),
    }
}

/// The error that a value of another kind is.
pub(super) fn fault_of(value: Cell) -> Fault {
    if let Cell::Error(fault) = value {
        fault
    } else {
        Fault::Type
    }
}
