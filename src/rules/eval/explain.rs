//! What one expression read, found by walking it once more after everything is memoized.

use super::Evaluation;
use crate::rules::compile::{AggregateNode, Node, NodeIndex};
use crate::rules::law::ClauseIndex;
use crate::rules::value::{Cell, Gap};
use crate::rules::vocabulary::FactIndex;

/// Something that an expression read, or a branch it settled.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) enum Read {
    Fact(FactIndex, u32, Cell),
    Clause(ClauseIndex, u32, Cell),
    Parameter(u16, Cell),
    Choice(u16, Cell),
    /// The value of the condition and the position of the arm.
    Branch(Cell, u32),
}

impl Evaluation<'_> {
    /// What a node read in an instance, in the order of evaluation; branches not taken are not entered.
    pub(in crate::rules) fn reads_of(&mut self, node: NodeIndex, at: u32) -> Vec<Read> {
        let mut reads = Vec::new();
        // Values come from the memo; the branches that the second walk settles are dropped.
        let before = self.live;
        self.walk(node, at, &mut reads);
        self.live = before;
        reads
    }

    fn walk(&mut self, node: NodeIndex, at: u32, reads: &mut Vec<Read>) -> Cell {
        let law = self.law;
        if let Node::Condition(_, tree) = *law.code.node(node) {
            return self.walk(tree, at, reads);
        }
        let value = self.run(node, at);
        match *law.code.node(node) {
            Node::Condition(..)
            | Node::Const(_)
            | Node::PayFrom
            | Node::PayMonth
            | Node::PayIndex
            | Node::Known(..) => {}
            Node::IsCode(source, fact, ..) => {
                let instance = self.instance(source, at);
                let definition = &law.schema.facts[fact.at()];
                let cell = match self.facts.cell(definition, instance) {
                    Cell::Absent => Cell::Missing(Gap::fact(fact, instance)),
                    cell => cell,
                };
                reads.push(Read::Fact(fact, instance, cell));
            }
            Node::Fact(source, fact, _) => reads.push(Read::Fact(fact, self.instance(source, at), value)),
            Node::Clause(source, clause) => reads.push(Read::Clause(clause, self.instance(source, at), value)),
            Node::Choice(choice) => reads.push(Read::Choice(choice, value)),
            Node::Lookup(parameter, operands) => {
                self.walk_each(law.code.of(operands), at, reads);
                reads.push(Read::Parameter(parameter, value));
            }
            Node::Unary(_, a) | Node::Not(a) | Node::Round(a, ..) | Node::In(a, _) | Node::Against(_, a, _) => {
                self.walk(a, at, reads);
            }
            Node::Binary(_, a, b) | Node::Compare(_, a, b) => self.walk_each(&[a.0, b.0], at, reads),
            Node::Within(a, b, c) => self.walk_each(&[a.0, b.0, c.0], at, reads),
            Node::Fold(_, operands) => self.walk_each(law.code.of(operands), at, reads),
            Node::And(operands) => self.walk_until(law.code.of(operands), at, Cell::No, reads),
            Node::Or(operands) => self.walk_until(law.code.of(operands), at, Cell::Yes, reads),
            Node::If(condition, yes, no) => {
                let settled = self.walk(condition, at, reads);
                let taken = match settled {
                    Cell::Yes => yes,
                    Cell::No => no,
                    _ => return value,
                };
                reads.push(Read::Branch(settled, u32::from(settled == Cell::Yes)));
                self.walk(taken, at, reads);
            }
            Node::Match(scrutinee, arms) => {
                let settled = self.walk(scrutinee, at, reads);
                let arms = law.code.of(arms);
                if let Cell::Code(code) = settled
                    && let Some(position) = arms.chunks_exact(2).position(|arm| arm[0] == code.operand())
                {
                    reads.push(Read::Branch(settled, u32::try_from(position).unwrap_or(u32::MAX)));
                    self.walk(NodeIndex(arms[2 * position + 1]), at, reads);
                }
            }
            Node::Aggregate(index) => self.walk_aggregate(law.code.aggregate_at(index), at, reads),
        }
        value
    }

    fn walk_each(&mut self, nodes: &[u32], at: u32, reads: &mut Vec<Read>) {
        for node in nodes {
            if let Cell::Error(_) = self.walk(NodeIndex(*node), at, reads) {
                return;
            }
        }
    }

    fn walk_until(&mut self, nodes: &[u32], at: u32, deciding: Cell, reads: &mut Vec<Read>) {
        for node in nodes {
            let value = self.walk(NodeIndex(*node), at, reads);
            if value == deciding || matches!(value, Cell::Error(_)) {
                return;
            }
        }
    }

    /// Filters and values of the instances that pass; of a deciding aggregate, as far as it went.
    fn walk_aggregate(&mut self, node: &AggregateNode, at: u32, reads: &mut Vec<Read>) {
        for instance in self.instances_of(node, at) {
            let passed = match node.filter {
                Some(filter) => self.walk(filter, instance, reads),
                None => Cell::Yes,
            };
            let value = match (passed, node.value) {
                (Cell::Yes, Some(value)) => self.walk(value, instance, reads),
                _ => continue,
            };
            if node.kind.deciding().is_some_and(|deciding| value == deciding) {
                return;
            }
        }
    }
}
