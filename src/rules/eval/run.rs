//! One node after another: reading, branching, and the strictness of everything else.

use super::Evaluation;
use super::truth::Truth;
use crate::rules::calendar::Month;
use crate::rules::compile::{Fold, Node, NodeIndex, Operands, PAY_FROM, Reach};
use crate::rules::value::{Cell, Fault, Gap};
use crate::rules::vocabulary::FactIndex;

/// What a branch records where its condition is missing; a match records the number of its arms.
pub(super) const BRANCH_MISSING: u16 = 2;

impl Evaluation<'_> {
    /// The value of a node in an instance of its expression's scope.
    pub(super) fn run(&mut self, node: NodeIndex, at: u32) -> Cell {
        let law = self.law;
        match law.code.node(node) {
            Node::Const(cell) => cell,
            Node::Fact(reach, fact, column) => self.fact(reach, fact, column, at),
            Node::PayFrom => self.pay_from_cell(),
            Node::PayMonth => self.pay_month_cell(at, |(month, _)| Cell::Month(month)),
            Node::PayIndex => self.pay_month_cell(at, |(_, index)| Cell::Int(index)),
            Node::Clause(reach, clause) => self.clause_cell(clause, self.climb(reach, at)),
            Node::Choice(choice) => self.choice(choice),
            Node::Lookup(parameter, operands) => self.lookup(parameter, operands, at),
            Node::Unary(unary, a) => match self.operand(a, at) {
                stop @ (Cell::Error(_) | Cell::Missing(_)) => stop,
                a => self.unary(unary, a),
            },
            Node::Binary(binary, a, b) => match self.operands(a, b, at) {
                Ok((a, b)) => self.binary(binary, a, b),
                Err(stop) => stop,
            },
            Node::Fold(fold, operands) => self.fold(fold, operands, at),
            Node::If(condition, yes, no) => match self.branch(condition, at) {
                Ok(taken) => self.operand(if taken { yes } else { no }, at),
                Err(stop) => stop.cell(),
            },
            Node::Match(value, arms) => match self.arm(value, arms, at) {
                Ok(arm) => self.operand(arm, at),
                Err(stop) => stop.cell(),
            },
            Node::Round(value, quantum, mode) => match self.operand(value, at) {
                stop @ (Cell::Error(_) | Cell::Missing(_)) => stop,
                value => self.round(value, quantum, mode),
            },
            Node::Aggregate(index) => self.aggregate(index, at),
            Node::Known(..)
            | Node::Not(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Compare(..)
            | Node::Within(..)
            | Node::In(..) => self.truth(node, at).cell(),
        }
    }

    /// [`Evaluation::run`], with constants and facts read on the spot: most operands are one of them.
    #[inline]
    pub(super) fn operand(&mut self, node: NodeIndex, at: u32) -> Cell {
        match self.law.code.node(node) {
            Node::Const(cell) => cell,
            Node::Fact(reach, fact, column) => self.fact(reach, fact, column, at),
            _ => self.run(node, at),
        }
    }

    #[inline]
    fn fact(&mut self, reach: Reach, fact: FactIndex, column: u16, at: u32) -> Cell {
        let instance = self.climb(reach, at);
        match self.facts.tables[reach.to.at()].cell(column, instance) {
            Cell::Absent => Cell::Missing(self.gaps.fact(fact, instance)),
            cell => cell,
        }
    }

    /// Both values of a strict operator, or the error or gap that it has instead.
    #[inline]
    pub(super) fn operands(&mut self, a: NodeIndex, b: NodeIndex, at: u32) -> Result<(Cell, Cell), Cell> {
        let a = self.operand(a, at);
        if let Cell::Error(_) = a {
            return Err(a);
        }
        let b = self.operand(b, at);
        match (a, b) {
            (_, Cell::Error(_)) => Err(b),
            (Cell::Missing(_), _) | (_, Cell::Missing(_)) => Err(self.join(a, b).map_or(a, Cell::Missing)),
            _ => Ok((a, b)),
        }
    }

    /// Settles the condition of an `if` and records the branch.
    pub(super) fn branch(&mut self, condition: NodeIndex, at: u32) -> Result<bool, Truth> {
        let truth = self.truth(condition, at);
        match truth {
            Truth::Yes => {
                self.live.push(1);
                Ok(true)
            }
            Truth::No => {
                self.live.push(0);
                Ok(false)
            }
            Truth::Missing(_) => {
                self.live.push(BRANCH_MISSING);
                Err(truth)
            }
            Truth::Error(_) => Err(truth),
        }
    }

    /// Settles the code of a `match`, records the arm and gives its node.
    pub(super) fn arm(&mut self, value: NodeIndex, arms: Operands, at: u32) -> Result<NodeIndex, Truth> {
        let law = self.law;
        let value = self.operand(value, at);
        let arms = law.code.of(arms);
        match value {
            Cell::Code(code) => {
                let found = arms.chunks_exact(2).position(|arm| arm[0] == u32::from(code.0));
                let position = found.ok_or(Truth::Error(Fault::Range))?;
                self.live.push(u16::try_from(position).unwrap_or(u16::MAX));
                Ok(NodeIndex(arms[2 * position + 1]))
            }
            Cell::Missing(gap) => {
                self.live.push(u16::try_from(arms.len() / 2).unwrap_or(u16::MAX));
                Err(Truth::Missing(gap))
            }
            Cell::Error(fault) => Err(Truth::Error(fault)),
            _ => Err(Truth::Error(Fault::Type)),
        }
    }

    /// The union of what is missing in two values.
    pub(super) fn join(&mut self, a: Cell, b: Cell) -> Option<Gap> {
        match (a, b) {
            (Cell::Missing(a), Cell::Missing(b)) => Some(self.gaps.union(a, b)),
            (Cell::Missing(gap), _) | (_, Cell::Missing(gap)) => Some(gap),
            _ => None,
        }
    }

    pub(super) fn also(&mut self, missing: Option<Gap>, gap: Gap) -> Gap {
        match missing {
            Some(earlier) => self.gaps.union(earlier, gap),
            None => gap,
        }
    }

    /// All operands first, then step by step from the left.
    fn fold(&mut self, fold: Fold, operands: Operands, at: u32) -> Cell {
        let law = self.law;
        let mut missing: Option<Gap> = None;
        let mut result: Option<Cell> = None;
        for operand in law.code.of(operands) {
            let value = match self.operand(NodeIndex(*operand), at) {
                Cell::Error(fault) => return Cell::Error(fault),
                Cell::Missing(gap) => {
                    missing = Some(self.also(missing, gap));
                    continue;
                }
                value => value,
            };
            result = Some(match result {
                None => value,
                // Kept until all operands are known: a missing one outweighs it.
                Some(Cell::Error(fault)) => Cell::Error(fault),
                Some(sum) => self.binary(fold.step(), sum, value),
            });
        }
        match (missing, result) {
            (Some(gap), _) => Cell::Missing(gap),
            (None, Some(result)) => result,
            (None, None) => Cell::Error(Fault::Type),
        }
    }

    fn pay_from_cell(&mut self) -> Cell {
        match self.pay_from {
            Some(month) => Cell::Month(month),
            None => {
                let (fact, _) = self.facts.household(PAY_FROM);
                Cell::Missing(self.gaps.fact(fact.unwrap_or(FactIndex(0)), 0))
            }
        }
    }

    fn pay_month_cell(&self, at: u32, of: impl Fn((Month, i64)) -> Cell) -> Cell {
        self.pay_months
            .get(at as usize)
            .map_or(Cell::Error(Fault::Range), |pay| of(*pay))
    }
}
