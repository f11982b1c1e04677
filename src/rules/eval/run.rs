//! One node after another: reading, branching, conditions, and the strictness of everything else.

use super::Evaluation;
use crate::rules::compile::{Binary, Comparison, Fold, Node, NodeIndex, Operands, PAY_FROM, Reach, Source, Unary};
use crate::rules::expr::RoundMode;
use crate::rules::law::ClauseIndex;
use crate::rules::value::{Cell, Fault, Gap};
use crate::rules::vocabulary::{FactIndex, ScopeIndex};

/// What a branch records where its condition is missing; a match records the number of its arms.
pub(super) const BRANCH_MISSING: u16 = 2;

impl Evaluation<'_> {
    /// The value of a node in an instance of its expression's scope.
    ///
    /// Leaves are answered here; every other arm is a call of its own in tail position, so that
    /// this function needs no frame. It runs some 600 times a decision.
    pub(super) fn run(&mut self, node: NodeIndex, at: u32) -> Cell {
        match self.nodes[node.0 as usize] {
            Node::Const(cell) => cell,
            Node::Fact(source, fact, column) => match source {
                Source::Household => self.fact(fact, usize::from(column), 0),
                Source::Own(scope) => self.fact(fact, self.facts.spans[scope.at()].place(column, at), at),
                Source::Outer(reach) => self.outer_fact(reach, fact, column, at),
            },
            Node::IsCode(source, fact, column, code) => self.is_code(source, fact, column, code, at),
            Node::Known(source, column) => match source {
                Source::Household => self.facts.known[usize::from(column)].into(),
                Source::Own(scope) => self.facts.known[self.facts.spans[scope.at()].place(column, at)].into(),
                Source::Outer(reach) => self.outer_known(reach, column, at),
            },
            Node::Clause(source, clause) => match source {
                Source::Household => self.clause_cell(clause, 0),
                Source::Own(_) => self.clause_cell(clause, at),
                Source::Outer(reach) => self.outer_clause(reach, clause, at),
            },
            Node::Choice(choice) => self.choice(choice),
            Node::Compare(comparison, a, b) => self.compare(comparison, a, b, at),
            Node::Against(comparison, a, number) => self.against(comparison, a, number, at),
            Node::In(value, codes) => self.one_of(value, codes, at),
            Node::Not(a) => self.not(a, at),
            Node::Condition(start, tree) => self.condition(start, tree, at),
            Node::And(operands) => self.and(operands, at),
            Node::Or(operands) => self.or(operands, at),
            Node::If(condition, yes, no) => self.either(condition, yes, no, at),
            Node::Match(value, arms) => self.matched(value, arms, at),
            Node::Binary(binary, a, b) => self.strict_binary(binary, a, b, at),
            Node::Unary(unary, a) => self.strict_unary(unary, a, at),
            Node::Round(value, quantum, mode) => self.rounded(value, quantum, mode, at),
            Node::Aggregate(index) => self.aggregate(index, at),
            Node::Lookup(parameter, operands) => self.lookup(parameter, operands, at),
            Node::Fold(fold, operands) => self.fold(fold, operands, at),
            Node::Within(x, lo, hi) => self.within(x, lo, hi, at),
            Node::PayFrom => self.pay_from_cell(),
            Node::PayMonth => self.pay_month_cell(at),
            Node::PayIndex => self.pay_index_cell(at),
        }
    }

    /// [`Evaluation::run`], with what most operands are answered on the spot.
    #[inline(always)]
    pub(super) fn operand(&mut self, node: NodeIndex, at: u32) -> Cell {
        match self.nodes[node.0 as usize] {
            Node::Const(cell) => cell,
            Node::Condition(start, tree) => self.condition(start, tree, at),
            Node::Clause(Source::Own(_), clause) => self.clause_cell(clause, at),
            Node::Fact(Source::Household, fact, column) => self.fact(fact, usize::from(column), 0),
            _ => self.run(node, at),
        }
    }

    #[inline(never)]
    fn one_of(&mut self, value: NodeIndex, codes: Operands, at: u32) -> Cell {
        match self.run(value, at) {
            Cell::Code(code) => self.law.code.of(codes).contains(&code.operand()).into(),
            stop @ (Cell::Error(_) | Cell::Missing(_)) => stop,
            _ => Cell::Error(Fault::Type),
        }
    }

    #[inline(never)]
    fn not(&mut self, a: NodeIndex, at: u32) -> Cell {
        match self.run(a, at) {
            Cell::Yes => Cell::No,
            Cell::No => Cell::Yes,
            stop @ (Cell::Error(_) | Cell::Missing(_)) => stop,
            _ => Cell::Error(Fault::Type),
        }
    }

    #[inline(never)]
    fn either(&mut self, condition: NodeIndex, yes: NodeIndex, no: NodeIndex, at: u32) -> Cell {
        match self.branch(condition, at) {
            Cell::Yes => self.run(yes, at),
            Cell::No => self.run(no, at),
            stop => stop,
        }
    }

    #[inline(never)]
    fn matched(&mut self, value: NodeIndex, arms: Operands, at: u32) -> Cell {
        match self.arm(value, arms, at) {
            Ok(arm) => self.run(arm, at),
            Err(stop) => stop,
        }
    }

    #[inline(never)]
    fn compare(&mut self, comparison: Comparison, a: NodeIndex, b: NodeIndex, at: u32) -> Cell {
        let a = self.operand(a, at);
        if let Cell::Error(_) = a {
            return a;
        }
        let b = self.operand(b, at);
        match self.stops(a, b) {
            None => self.compared(comparison, a, b),
            Some(stop) => stop,
        }
    }

    #[inline(never)]
    fn against(&mut self, comparison: Comparison, a: NodeIndex, number: i64, at: u32) -> Cell {
        match self.operand(a, at) {
            Cell::Int(a) => comparison.holds(a.cmp(&number)).into(),
            stop @ (Cell::Error(_) | Cell::Missing(_)) => stop,
            a => self.compared(comparison, a, Cell::Int(number)),
        }
    }

    #[inline(never)]
    fn strict_binary(&mut self, binary: Binary, a: NodeIndex, b: NodeIndex, at: u32) -> Cell {
        let a = self.operand(a, at);
        if let Cell::Error(_) = a {
            return a;
        }
        let b = self.operand(b, at);
        // The commonest, without the ways of the others.
        if let (Cell::Int(x), Cell::Int(y)) = (a, b) {
            let small = match binary {
                Binary::Add => x.checked_add(y),
                Binary::Sub => x.checked_sub(y),
                Binary::Max => Some(x.max(y)),
                Binary::Min => Some(x.min(y)),
                _ => None,
            };
            if let Some(value) = small {
                return Cell::Int(value);
            }
        }
        match self.stops(a, b) {
            None => self.binary(binary, a, b),
            Some(stop) => stop,
        }
    }

    #[inline(never)]
    fn strict_unary(&mut self, unary: Unary, a: NodeIndex, at: u32) -> Cell {
        match self.run(a, at) {
            stop @ (Cell::Error(_) | Cell::Missing(_)) => stop,
            a => self.unary(unary, a),
        }
    }

    #[inline(never)]
    fn rounded(&mut self, value: NodeIndex, quantum: u32, mode: RoundMode, at: u32) -> Cell {
        match self.run(value, at) {
            stop @ (Cell::Error(_) | Cell::Missing(_)) => stop,
            value => self.round(value, quantum, mode),
        }
    }

    /// The instance of the scope that a node reads.
    #[inline]
    pub(super) fn instance(&self, source: Source, at: u32) -> u32 {
        match source {
            Source::Household => 0,
            Source::Own(_) => at,
            Source::Outer(reach) => self.climb(reach, at),
        }
    }

    #[inline(always)]
    fn fact(&self, fact: FactIndex, place: usize, instance: u32) -> Cell {
        match self.facts.cells[place] {
            Cell::Absent => Cell::Missing(Gap::fact(fact, instance)),
            cell => cell,
        }
    }

    /// Whether a fact that is a code is this one.
    #[inline(never)]
    fn is_code(&self, source: Source, fact: FactIndex, column: u16, code: u16, at: u32) -> Cell {
        match self.fact(fact, self.place(source, column, at), self.instance(source, at)) {
            Cell::Code(found) => (found.operand() == u32::from(code)).into(),
            stop @ (Cell::Error(_) | Cell::Missing(_)) => stop,
            _ => Cell::Error(Fault::Type),
        }
    }

    #[inline(never)]
    fn outer_fact(&self, reach: Reach, fact: FactIndex, column: u16, at: u32) -> Cell {
        let instance = self.climb(reach, at);
        self.fact(fact, self.facts.spans[reach.to.at()].place(column, instance), instance)
    }

    #[inline(never)]
    fn outer_known(&self, reach: Reach, column: u16, at: u32) -> Cell {
        let instance = self.climb(reach, at);
        self.facts.known[self.facts.spans[reach.to.at()].place(column, instance)].into()
    }

    #[inline(never)]
    fn outer_clause(&mut self, reach: Reach, clause: ClauseIndex, at: u32) -> Cell {
        self.clause_cell(clause, self.climb(reach, at))
    }

    /// The error or gap that a strict operator has instead of a value, if its first operand is no error.
    #[inline(always)]
    fn stops(&mut self, a: Cell, b: Cell) -> Option<Cell> {
        match (a, b) {
            (_, Cell::Error(_)) => Some(b),
            (Cell::Missing(_), _) | (_, Cell::Missing(_)) => Some(self.join(a, b).map_or(a, Cell::Missing)),
            _ => None,
        }
    }

    /// Kleene: false decides, and what is missing counts only if nothing does.
    #[inline(never)]
    fn and(&mut self, operands: Operands, at: u32) -> Cell {
        let law = self.law;
        let mut missing: Option<Gap> = None;
        for operand in law.code.of(operands) {
            match self.run(NodeIndex(*operand), at) {
                Cell::Yes => {}
                Cell::No => return Cell::No,
                Cell::Missing(gap) => missing = Some(self.also(missing, gap)),
                stop @ Cell::Error(_) => return stop,
                _ => return Cell::Error(Fault::Type),
            }
        }
        missing.map_or(Cell::Yes, Cell::Missing)
    }

    /// Kleene: true decides, and what is missing counts only if nothing does.
    #[inline(never)]
    fn or(&mut self, operands: Operands, at: u32) -> Cell {
        let law = self.law;
        let mut missing: Option<Gap> = None;
        for operand in law.code.of(operands) {
            match self.run(NodeIndex(*operand), at) {
                Cell::No => {}
                Cell::Yes => return Cell::Yes,
                Cell::Missing(gap) => missing = Some(self.also(missing, gap)),
                stop @ Cell::Error(_) => return stop,
                _ => return Cell::Error(Fault::Type),
            }
        }
        missing.map_or(Cell::No, Cell::Missing)
    }

    #[inline]
    fn compared(&self, comparison: Comparison, a: Cell, b: Cell) -> Cell {
        let truth = match comparison {
            Comparison::Eq => self.equal(a, b),
            Comparison::Ne => self.equal(a, b).map(|equal| !equal),
            Comparison::Lt | Comparison::Le | Comparison::Gt | Comparison::Ge => {
                self.order(a, b).map(|order| comparison.holds(order))
            }
        };
        truth.map_or_else(Cell::Error, Cell::from)
    }

    #[inline(never)]
    fn within(&mut self, x: NodeIndex, lo: NodeIndex, hi: NodeIndex, at: u32) -> Cell {
        let mut cells = [Cell::Absent; 3];
        let mut missing: Option<Gap> = None;
        for (cell, node) in cells.iter_mut().zip([x, lo, hi]) {
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
                (Ok(low), Ok(high)) => (low.is_le() && high.is_le()).into(),
                (Err(fault), Ok(_) | Err(_)) | (Ok(_), Err(fault)) => Cell::Error(fault),
            },
        }
    }

    /// Settles the condition of an `if` and records the branch: yes, no, or what it is instead.
    pub(super) fn branch(&mut self, condition: NodeIndex, at: u32) -> Cell {
        let truth = self.operand(condition, at);
        let arm = match truth {
            Cell::Yes => 1,
            Cell::No => 0,
            Cell::Missing(_) => BRANCH_MISSING,
            Cell::Error(_) => return truth,
            _ => return Cell::Error(Fault::Type),
        };
        self.record_branch(arm);
        truth
    }

    /// Settles the code of a `match`, records the arm and gives its node.
    fn arm(&mut self, value: NodeIndex, arms: Operands, at: u32) -> Result<NodeIndex, Cell> {
        let law = self.law;
        let value = self.run(value, at);
        let arms = law.code.of(arms);
        match value {
            Cell::Code(code) => {
                let found = arms.chunks_exact(2).position(|arm| arm[0] == code.operand());
                let position = found.ok_or(Cell::Error(Fault::Range))?;
                self.record_branch(u16::try_from(position).unwrap_or(u16::MAX));
                Ok(NodeIndex(arms[2 * position + 1]))
            }
            Cell::Missing(_) => {
                self.record_branch(u16::try_from(arms.len() / 2).unwrap_or(u16::MAX));
                Err(value)
            }
            Cell::Error(_) => Err(value),
            _ => Err(Cell::Error(Fault::Type)),
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
    #[inline(never)]
    fn fold(&mut self, fold: Fold, operands: Operands, at: u32) -> Cell {
        let law = self.law;
        let mut missing: Option<Gap> = None;
        let mut result: Option<Cell> = None;
        for operand in law.code.of(operands) {
            let value = match self.run(NodeIndex(*operand), at) {
                stop @ Cell::Error(_) => return stop,
                Cell::Missing(gap) => {
                    missing = Some(self.also(missing, gap));
                    continue;
                }
                value => value,
            };
            result = Some(match result {
                None => value,
                // Kept until all operands are known: a missing one outweighs it.
                Some(stop @ Cell::Error(_)) => stop,
                Some(sum) => self.binary(fold.step(), sum, value),
            });
        }
        match (missing, result) {
            (Some(gap), _) => Cell::Missing(gap),
            (None, Some(result)) => result,
            (None, None) => Cell::Error(Fault::Type),
        }
    }

    #[inline(never)]
    fn pay_from_cell(&self) -> Cell {
        match self.pay_from {
            Some(month) => Cell::Month(month),
            None => {
                let fact = self.law.schema.fact(PAY_FROM, ScopeIndex::HOUSEHOLD);
                Cell::Missing(Gap::fact(fact.unwrap_or(FactIndex(0)), 0))
            }
        }
    }

    #[inline(never)]
    fn pay_month_cell(&self, at: u32) -> Cell {
        let pay = self.pay_months.get(at as usize);
        pay.map_or(Cell::Error(Fault::Range), |(month, _)| Cell::Month(*month))
    }

    #[inline(never)]
    fn pay_index_cell(&self, at: u32) -> Cell {
        let pay = self.pay_months.get(at as usize);
        pay.map_or(Cell::Error(Fault::Range), |(_, index)| Cell::Int(*index))
    }
}
