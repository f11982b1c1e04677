//! Reading the law: parameters by keys, area and date, and the options of open choices.

use super::Evaluation;
use crate::rules::calendar::Date;
use crate::rules::compile::{NodeIndex, Operands};
use crate::rules::document::SelectedBy;
use crate::rules::law::{ParameterTable, Row};
use crate::rules::value::{Area, Cell, Fault, Gap};

/// Keys and the date of nearly every lookup: more stand on the heap.
const OPERANDS_USUAL: usize = 5;

impl Evaluation<'_> {
    /// SEMANTICS.md section 7.
    #[inline(never)]
    pub(super) fn lookup(&mut self, parameter: u16, operands: Operands, at: u32) -> Cell {
        let law = self.law;
        let operands = law.code.of(operands);
        let (mut few, mut many);
        let values: &mut [Cell] = if operands.len() <= OPERANDS_USUAL {
            few = [Cell::Absent; OPERANDS_USUAL];
            &mut few[..operands.len()]
        } else {
            many = vec![Cell::Absent; operands.len()];
            &mut many
        };
        let mut missing: Option<Gap> = None;
        for (value, operand) in values.iter_mut().zip(operands) {
            *value = self.run(NodeIndex(*operand), at);
            match *value {
                stop @ Cell::Error(_) => return stop,
                Cell::Missing(gap) => missing = Some(self.also(missing, gap)),
                _ => {}
            }
        }
        match (missing, &*values) {
            (Some(gap), _) => Cell::Missing(gap),
            (None, [keys @ .., Cell::Date(date)]) => self.row(parameter, keys, *date),
            (None, _) => Cell::Error(Fault::Type),
        }
    }

    fn row(&mut self, number: u16, keys: &[Cell], date: Date) -> Cell {
        let law = self.law;
        let table = &law.parameters[usize::from(number)];
        let (asked, keys) = match (table.by_area(), keys) {
            (true, [Cell::Area(area), keys @ ..]) => (*area, keys),
            (true, _) => return Cell::Error(Fault::Type),
            (false, keys) => (law.area, keys),
        };
        let (found, in_force) = table.find(law.area, asked, date, |row| self.fits(row, keys));
        match found {
            Some(row) => {
                self.rows.note((number, row.number));
                row.value
            }
            None => self.no_row(number, table, in_force, asked, date),
        }
    }

    /// Nothing fits: the declared `otherwise` if anything is in force at all, else a missing rule.
    fn no_row(&mut self, number: u16, table: &ParameterTable, in_force: bool, asked: Area, date: Date) -> Cell {
        match &table.otherwise {
            Some((value, _)) if in_force => {
                self.rows.note((number, 0));
                *value
            }
            Some(_) | None => Cell::Missing(self.gaps.parameter(number, asked, date)),
        }
    }

    fn fits(&self, row: &Row, keys: &[Cell]) -> bool {
        row.keys.iter().zip(keys).all(|(wanted, key)| match wanted {
            None => true,
            Some(wanted) => self.equal(*wanted, *key).unwrap_or(false),
        })
    }

    /// The option in force, noted as read.
    #[inline]
    pub(super) fn choice(&mut self, number: u16) -> Cell {
        match self.options[usize::from(number)] {
            0 => self.first_read(number),
            setting => self.option(number, setting),
        }
    }

    fn option(&self, number: u16, setting: u32) -> Cell {
        Cell::Code(self.law.choices[usize::from(number)].settings[setting as usize - 1].code)
    }

    #[inline(never)]
    fn first_read(&mut self, number: u16) -> Cell {
        let table = &self.law.choices[usize::from(number)];
        let Some(date) = self.date(SelectedBy::DecisionDate) else {
            return Cell::Missing(self.undated(SelectedBy::DecisionDate));
        };
        match table.settings.iter().rposition(|setting| setting.in_force.holds(date)) {
            Some(at) => {
                let setting = u32::try_from(at + 1).unwrap_or(u32::MAX);
                self.options[usize::from(number)] = setting;
                self.option(number, setting)
            }
            None => Cell::Missing(self.gaps.choice(number, date)),
        }
    }
}
