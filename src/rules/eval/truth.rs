//! Conditions: and, or, not and comparisons, without a detour through values.

use std::cmp::Ordering;

use super::Evaluation;
use crate::rules::compile::{Comparison, Node, NodeIndex, Operands};
use crate::rules::value::{Cell, Fault, Gap};

/// The value of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Truth {
    Yes,
    No,
    Missing(Gap),
    Error(Fault),
}

impl Truth {
    /// A value as a condition; what is no bool is E_TYPE.
    pub(super) fn of(cell: Cell) -> Truth {
        match cell {
            Cell::Bool(true) => Truth::Yes,
            Cell::Bool(false) => Truth::No,
            Cell::Missing(gap) => Truth::Missing(gap),
            Cell::Error(fault) => Truth::Error(fault),
            Cell::Int(_)
            | Cell::Wide(_)
            | Cell::Code(_)
            | Cell::Date(_)
            | Cell::Month(_)
            | Cell::Area(_)
            | Cell::Absent => Truth::Error(Fault::Type),
        }
    }

    pub(super) fn cell(self) -> Cell {
        match self {
            Truth::Yes => Cell::Bool(true),
            Truth::No => Cell::Bool(false),
            Truth::Missing(gap) => Cell::Missing(gap),
            Truth::Error(fault) => Cell::Error(fault),
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::Yes } else { Truth::No }
    }
}

impl Evaluation<'_> {
    /// The value of a node as a condition.
    pub(super) fn truth(&mut self, node: NodeIndex, at: u32) -> Truth {
        match self.law.code.node(node) {
            Node::Known(reach, column) => {
                let instance = self.climb(reach, at);
                self.facts.tables[reach.to.at()].known(column, instance).into()
            }
            Node::Not(a) => match self.truth(a, at) {
                Truth::Yes => Truth::No,
                Truth::No => Truth::Yes,
                stop @ (Truth::Missing(_) | Truth::Error(_)) => stop,
            },
            Node::And(operands) => self.kleene(operands, at, Truth::No),
            Node::Or(operands) => self.kleene(operands, at, Truth::Yes),
            Node::Compare(comparison, a, b) => match self.operands(a, b, at) {
                Ok((a, b)) => self.compare(comparison, a, b),
                Err(stop) => Truth::of(stop),
            },
            Node::In(value, codes) => match self.operand(value, at) {
                Cell::Code(code) => self.law.code.of(codes).contains(&u32::from(code.0)).into(),
                Cell::Bool(_) => Truth::Error(Fault::Type),
                other => Truth::of(other),
            },
            Node::Within(x, lo, hi) => self.within([x, lo, hi], at),
            Node::Clause(reach, clause) => Truth::of(self.clause_cell(clause, self.climb(reach, at))),
            Node::If(condition, yes, no) => match self.branch(condition, at) {
                Ok(taken) => self.truth(if taken { yes } else { no }, at),
                Err(stop) => stop,
            },
            Node::Match(value, arms) => match self.arm(value, arms, at) {
                Ok(arm) => self.truth(arm, at),
                Err(stop) => stop,
            },
            Node::Const(_)
            | Node::Fact(..)
            | Node::PayFrom
            | Node::PayMonth
            | Node::PayIndex
            | Node::Choice(_)
            | Node::Lookup(..)
            | Node::Unary(..)
            | Node::Binary(..)
            | Node::Fold(..)
            | Node::Round(..)
            | Node::Aggregate(_) => Truth::of(self.operand(node, at)),
        }
    }

    /// `or` where `deciding` is yes, `and` where it is no.
    fn kleene(&mut self, operands: Operands, at: u32, deciding: Truth) -> Truth {
        let law = self.law;
        let mut missing: Option<Gap> = None;
        for operand in law.code.of(operands) {
            match self.truth(NodeIndex(*operand), at) {
                Truth::Missing(gap) => missing = Some(self.also(missing, gap)),
                Truth::Error(fault) => return Truth::Error(fault),
                truth if truth == deciding => return deciding,
                Truth::Yes | Truth::No => {}
            }
        }
        match missing {
            Some(gap) => Truth::Missing(gap),
            None => (deciding == Truth::No).into(),
        }
    }

    fn compare(&self, comparison: Comparison, a: Cell, b: Cell) -> Truth {
        let ordered = |wanted: fn(Ordering) -> bool| self.order(a, b).map(wanted);
        let truth = match comparison {
            Comparison::Eq => self.equal(a, b),
            Comparison::Ne => self.equal(a, b).map(|equal| !equal),
            Comparison::Lt => ordered(Ordering::is_lt),
            Comparison::Le => ordered(Ordering::is_le),
            Comparison::Gt => ordered(Ordering::is_gt),
            Comparison::Ge => ordered(Ordering::is_ge),
        };
        truth.map_or_else(Truth::Error, Truth::from)
    }

    fn within(&mut self, nodes: [NodeIndex; 3], at: u32) -> Truth {
        let mut cells = [Cell::Absent; 3];
        let mut missing: Option<Gap> = None;
        for (cell, node) in cells.iter_mut().zip(nodes) {
            *cell = self.operand(node, at);
            match *cell {
                Cell::Error(fault) => return Truth::Error(fault),
                Cell::Missing(gap) => missing = Some(self.also(missing, gap)),
                _ => {}
            }
        }
        let [x, lo, hi] = cells;
        match missing {
            Some(gap) => Truth::Missing(gap),
            None => match (self.order(lo, x), self.order(x, hi)) {
                (Ok(low), Ok(high)) => (low.is_le() && high.is_le()).into(),
                (Err(fault), Ok(_) | Err(_)) | (Ok(_), Err(fault)) => Truth::Error(fault),
            },
        }
    }
}
