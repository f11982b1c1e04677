//! Steps: the expressions that the decision procedure demands, each recorded in the trace as it is demanded.

use super::{Branches, Evaluation};
use crate::rules::compile::NO;
use crate::rules::law::{RowTest, Step};
use crate::rules::value::Cell;

/// A step that was demanded.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct StepRecord {
    pub(in crate::rules) step: Step,
    pub(in crate::rules) instance: u32,
    pub(in crate::rules) value: Cell,
    pub(in crate::rules) branches: Branches,
}

impl Evaluation<'_> {
    /// [`Evaluation::evaluate`], as a cell: most steps are conditions.
    #[inline(never)]
    pub(in crate::rules) fn step(&mut self, step: Step, instance: u32) -> Cell {
        let node = &self.law.code.steps[step.0 as usize];
        self.live = Branches::NONE;
        let value = match node.diagram {
            Some(start) => self.settle(start, node.node, instance),
            None => self.operand(node.node, instance),
        };
        let truth = match value {
            Cell::No => Some(false),
            Cell::Yes => Some(true),
            _ => None,
        };
        match (node.plain, truth) {
            (Some(plain), Some(truth)) if instance < self.plain_below && self.live == Branches::NONE => {
                self.step_count += 1;
                self.step_bytes.eight(plain.truth(instance, truth));
            }
            _ => self.write_step(step, instance, value),
        }
        value
    }

    /// Demands `when` of rows, one after another, until one is not plainly false: how many were, and
    /// what the next is instead; no cell where the rows end, or where one has no test.
    #[inline(never)]
    pub(in crate::rules) fn first_row(&mut self, rows: &[Option<RowTest>], instance: u32) -> (usize, Option<Cell>) {
        let mut number = 0;
        while let Some(Some(row)) = rows.get(number) {
            self.live = Branches::NONE;
            let first = self.tests.get(row.diagram as usize).filter(|test| test.no == NO);
            if let Some(test) = first
                && self.answer(test, instance) == Some(false)
                && self.live == Branches::NONE
                && instance < self.plain_below
            {
                let end = number + 1 + row.alike as usize;
                let alike = &rows[number..end];
                self.step_bytes.eights(
                    alike
                        .iter()
                        .map(|row| row.as_ref().map_or(0, |row| row.plain.truth(instance, false))),
                );
                self.step_count += alike.len();
                number = end;
                continue;
            }
            match self.step(row.step, instance) {
                Cell::No => number += 1,
                cell => return (number, Some(cell)),
            }
        }
        (number, None)
    }
}
