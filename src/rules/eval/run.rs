//! One node after another: reading, branching, and the strictness of everything else.

use super::{Evaluated, Evaluation};
use crate::rules::calendar::Month;
use crate::rules::compile::{Fold, Node, NodeIndex, Operands, PAY_FROM};
use crate::rules::law::ClauseIndex;
use crate::rules::value::{Cell, CodeIndex, Fault, Gap};
use crate::rules::vocabulary::FactIndex;

/// What a branch records where its condition is missing; a match records the number of its arms.
const BRANCH_MISSING: u16 = 2;

impl Evaluation<'_> {
    /// The value of a node in an instance of its expression's scope.
    pub(super) fn run(&mut self, node: NodeIndex, at: u32) -> Cell {
        let law = self.law;
        match law.code.node(node) {
            Node::Const(cell) => cell,
            Node::Fact(reach, fact, column) => {
                let instance = self.climb(reach, at);
                match self.facts.tables[reach.to.at()].cell(column, instance) {
                    Cell::Absent => Cell::Missing(self.gaps.fact(fact, instance)),
                    cell => cell,
                }
            }
            Node::Known(reach, column) => {
                let instance = self.climb(reach, at);
                Cell::Bool(self.facts.tables[reach.to.at()].known(column, instance))
            }
            Node::PayFrom => self.pay_from_cell(),
            Node::PayMonth => self.pay_month_cell(at, |(month, _)| Cell::Month(month)),
            Node::PayIndex => self.pay_month_cell(at, |(_, index)| Cell::Int(index)),
            Node::Clause(reach, clause) => {
                let instance = self.climb(reach, at);
                self.clause_cell(clause, instance)
            }
            Node::Choice(choice) => self.choice(choice),
            Node::Lookup(parameter, operands) => self.lookup(parameter, operands, at),
            Node::Unary(unary, a) => match self.run(a, at) {
                stop @ (Cell::Error(_) | Cell::Missing(_)) => stop,
                a => self.unary(unary, a),
            },
            Node::Binary(binary, a, b) => {
                let a = self.run(a, at);
                if let Cell::Error(_) = a {
                    return a;
                }
                let b = self.run(b, at);
                if let Cell::Error(_) = b {
                    return b;
                }
                match self.join(a, b) {
                    Some(gap) => Cell::Missing(gap),
                    None => self.binary(binary, a, b),
                }
            }
            Node::Fold(fold, operands) => self.fold(fold, operands, at),
            Node::And(operands) => self.kleene(operands, at, false),
            Node::Or(operands) => self.kleene(operands, at, true),
            Node::If(condition, yes, no) => match self.run(condition, at) {
                Cell::Bool(taken) => {
                    self.live.push(u16::from(taken));
                    self.run(if taken { yes } else { no }, at)
                }
                Cell::Missing(gap) => {
                    self.live.push(BRANCH_MISSING);
                    Cell::Missing(gap)
                }
                other => no_branch(other),
            },
            Node::Within(x, lo, hi) => self.within([x, lo, hi], at),
            Node::In(value, codes) => match self.run(value, at) {
                Cell::Code(code) => Cell::Bool(law.code.of(codes).contains(&u32::from(code.0))),
                stop @ (Cell::Error(_) | Cell::Missing(_)) => stop,
                other => no_branch(other),
            },
            Node::Match(value, arms) => match self.run(value, at) {
                Cell::Code(code) => self.arm(code, arms, at),
                Cell::Missing(gap) => {
                    let arms = law.code.of(arms).len() / 2;
                    self.live.push(u16::try_from(arms).unwrap_or(u16::MAX));
                    Cell::Missing(gap)
                }
                other => no_branch(other),
            },
            Node::Round(value, quantum, mode) => match self.run(value, at) {
                stop @ (Cell::Error(_) | Cell::Missing(_)) => stop,
                value => self.round(value, quantum, mode),
            },
            Node::Aggregate(index) => self.aggregate(index, at),
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

    fn arm(&mut self, code: CodeIndex, arms: Operands, at: u32) -> Cell {
        let law = self.law;
        let arms = law.code.of(arms);
        let found = arms.chunks_exact(2).position(|arm| arm[0] == u32::from(code.0));
        match found {
            Some(position) => {
                self.live.push(u16::try_from(position).unwrap_or(u16::MAX));
                self.run(NodeIndex(arms[2 * position + 1]), at)
            }
            None => Cell::Error(Fault::Range),
        }
    }

    fn within(&mut self, nodes: [NodeIndex; 3], at: u32) -> Cell {
        let mut cells = [Cell::Absent; 3];
        let mut missing: Option<Gap> = None;
        for (cell, node) in cells.iter_mut().zip(nodes) {
            *cell = self.run(node, at);
            match *cell {
                Cell::Error(_) => return *cell,
                Cell::Missing(gap) => missing = Some(self.also(missing, gap)),
                _ => {}
            }
        }
        let [x, lo, hi] = cells;
        match missing {
            Some(gap) => Cell::Missing(gap),
            None => match (self.order(lo, x), self.order(x, hi)) {
                (Ok(low), Ok(high)) => Cell::Bool(low.is_le() && high.is_le()),
                (Err(fault), Ok(_) | Err(_)) | (Ok(_), Err(fault)) => Cell::Error(fault),
            },
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
            let value = match self.run(NodeIndex(*operand), at) {
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

    /// `or` where `deciding` is true, `and` where it is false.
    fn kleene(&mut self, operands: Operands, at: u32, deciding: bool) -> Cell {
        let law = self.law;
        let mut missing: Option<Gap> = None;
        for operand in law.code.of(operands) {
            match self.run(NodeIndex(*operand), at) {
                Cell::Bool(value) if value == deciding => return Cell::Bool(deciding),
                Cell::Bool(_) => {}
                Cell::Missing(gap) => missing = Some(self.also(missing, gap)),
                other => return no_branch(other),
            }
        }
        missing.map_or(Cell::Bool(!deciding), Cell::Missing)
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

    /// The value of a clause in an instance of its scope, evaluated when first demanded.
    pub(super) fn clause_cell(&mut self, clause: ClauseIndex, instance: u32) -> Cell {
        let place = self.place(clause, instance);
        if let Some(known) = self.memo[place].checked_sub(1) {
            return self.evaluated[known as usize].value;
        }
        let start = self.live.len();
        let (value, version) = self.version(clause, instance);
        let branches = self.settle(start);
        self.evaluated.push(Evaluated {
            value,
            version,
            branches,
        });
        self.memo[place] = u32::try_from(self.evaluated.len()).unwrap_or(0);
        value
    }

    /// The version in force and its value, or what holds where the clause lapsed.
    fn version(&mut self, clause: ClauseIndex, instance: u32) -> (Cell, u32) {
        let law = self.law;
        let table = &law.clauses[clause.at()];
        let mut chosen = None;
        let mut missing: Option<Gap> = None;
        for (number, version) in (1..).zip(&table.versions) {
            let limited = version.in_force.from.is_some() || version.in_force.until.is_some();
            if !limited {
                chosen = Some((number, version));
                continue;
            }
            match self.date(version.by) {
                Some(date) if version.in_force.holds(date) => chosen = Some((number, version)),
                Some(_) => {}
                None => {
                    let gap = self.undated(version.by);
                    missing = Some(self.also(missing, gap));
                }
            }
        }
        match (missing, chosen) {
            (Some(gap), _) => (Cell::Missing(gap), 0),
            (None, Some((number, version))) => (self.run(version.node, instance), number),
            (None, None) => (self.lapsed(clause, instance), 0),
        }
    }

    fn lapsed(&mut self, clause: ClauseIndex, instance: u32) -> Cell {
        let table = &self.law.clauses[clause.at()];
        let lapse = table
            .versions
            .iter()
            .rev()
            .find_map(|version| version.lapse.map(|lapse| (lapse, version.by)));
        let by = match (lapse, table.versions.last()) {
            (Some((lapse, by)), _) => {
                match self.run(lapse.when, instance) {
                    Cell::Bool(touched) => {
                        self.live.push(u16::from(touched));
                        if !touched {
                            return lapse.otherwise;
                        }
                    }
                    Cell::Missing(gap) => {
                        self.live.push(BRANCH_MISSING);
                        return Cell::Missing(gap);
                    }
                    other => return no_branch(other),
                }
                by
            }
            (None, Some(last)) => last.by,
            (None, None) => return Cell::Error(Fault::Type),
        };
        match self.date(by) {
            Some(date) => Cell::Missing(self.gaps.clause(clause, date)),
            None => Cell::Missing(self.undated(by)),
        }
    }
}

/// The value of an operator whose condition has no truth: its error, or E_TYPE.
fn no_branch(cell: Cell) -> Cell {
    match cell {
        Cell::Error(fault) => Cell::Error(fault),
        Cell::Bool(_)
        | Cell::Int(_)
        | Cell::Wide(_)
        | Cell::Code(_)
        | Cell::Date(_)
        | Cell::Month(_)
        | Cell::Area(_)
        | Cell::Missing(_)
        | Cell::Absent => Cell::Error(Fault::Type),
    }
}
