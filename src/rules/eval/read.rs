//! Reading the law: parameters by keys, area and date, and the options of open choices.

use super::{Chosen, Evaluation};
use crate::rules::calendar::Date;
use crate::rules::compile::{NodeIndex, Operands};
use crate::rules::document::SelectedBy;
use crate::rules::law::{ParameterTable, Row};
use crate::rules::value::{Area, Cell, Fault, Gap};

impl Evaluation<'_> {
    /// SEMANTICS.md section 7.
    #[inline(never)]
    pub(super) fn lookup(&mut self, parameter: u16, operands: Operands, at: u32) -> Cell {
        let law = self.law;
        let start = self.keys.len();
        let mut missing: Option<Gap> = None;
        for operand in law.code.of(operands) {
            let cell = self.run(NodeIndex(*operand), at);
            match cell {
                Cell::Error(_) => {
                    self.keys.truncate(start);
                    return cell;
                }
                Cell::Missing(gap) => missing = Some(self.also(missing, gap)),
                _ => {}
            }
            self.keys.push(cell);
        }
        let found = match (missing, self.keys.last()) {
            (Some(gap), _) => Cell::Missing(gap),
            (None, Some(Cell::Date(date))) => {
                let (keys, date) = (start..self.keys.len() - 1, *date);
                self.row(parameter, keys, date)
            }
            (None, _) => Cell::Error(Fault::Type),
        };
        self.keys.truncate(start);
        found
    }

    fn row(&mut self, number: u16, keys: std::ops::Range<usize>, date: Date) -> Cell {
        let law = self.law;
        let table = &law.parameters[usize::from(number)];
        let (asked, keys) = match (table.by_area(), self.keys.get(keys.start)) {
            (true, Some(Cell::Area(area))) => (*area, keys.start + 1..keys.end),
            (true, _) => return Cell::Error(Fault::Type),
            (false, _) => (law.area, keys),
        };
        let (found, in_force) = table.find(law.area, asked, date, |row| self.fits(row, &self.keys[keys.clone()]));
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

    /// The option in force, resolved once a decision.
    #[inline]
    pub(super) fn choice(&mut self, number: u16) -> Cell {
        match self.options[usize::from(number)] {
            Chosen {
                value: Cell::Absent, ..
            } => self.first_read(number),
            chosen => chosen.value,
        }
    }

    #[inline(never)]
    fn first_read(&mut self, number: u16) -> Cell {
        let chosen = self.setting(number);
        self.options[usize::from(number)] = chosen;
        chosen.value
    }

    fn setting(&mut self, number: u16) -> Chosen {
        let table = &self.law.choices[usize::from(number)];
        let gap = |gap| Chosen {
            value: Cell::Missing(gap),
            setting: 0,
        };
        let Some(date) = self.date(SelectedBy::DecisionDate) else {
            return gap(self.undated(SelectedBy::DecisionDate));
        };
        match table.settings.iter().rposition(|setting| setting.in_force.holds(date)) {
            Some(at) => Chosen {
                value: Cell::Code(table.settings[at].code),
                setting: u32::try_from(at + 1).unwrap_or(u32::MAX),
            },
            None => gap(self.gaps.choice(number, date)),
        }
    }
}
