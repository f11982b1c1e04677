//! What one expression read, found by walking it once more after everything is memoized.

use super::Evaluation;
use crate::rules::compile::{AggregateNode, Node, NodeIndex};
use crate::rules::law::ClauseIndex;
use crate::rules::value::Cell;
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
        let start = self.live.len();
        self.walk(node, at, &mut reads);
        self.live.truncate(start);
        reads
    }

    fn walk(&mut self, node: NodeIndex, at: u32, reads: &mut Vec<Read>) -> Cell {
        let law = self.law;
        let value = self.run(node, at);
        match law.code.node(node) {
            Node::Const(_) | Node::PayFrom | Node::PayMonth | Node::PayIndex | Node::Known(..) => {}
            Node::Fact(reach, fact, _) => reads.push(Read::Fact(fact, self.climb(reach, at), value)),
            Node::Clause(reach, clause) => reads.push(Read::Clause(clause, self.climb(reach, at), value)),
            Node::Choice(choice) => reads.push(Read::Choice(choice, value)),
            Node::Lookup(parameter, operands) => {
                self.walk_each(law.code.of(operands), at, reads);
                reads.push(Read::Parameter(parameter, value));
            }
            Node::Unary(_, a) | Node::Not(a) | Node::Round(a, ..) | Node::In(a, _) => {
                self.walk(a, at, reads);
            }
            Node::Binary(_, a, b) | Node::Compare(_, a, b) => self.walk_each(&[a.0, b.0], at, reads),
            Node::Within(a, b, c) => self.walk_each(&[a.0, b.0, c.0], at, reads),
            Node::Fold(_, operands) => self.walk_each(law.code.of(operands), at, reads),
            Node::And(operands) => self.walk_until(law.code.of(operands), at, false, reads),
            Node::Or(operands) => self.walk_until(law.code.of(operands), at, true, reads),
            Node::If(condition, yes, no) => {
                let settled = self.walk(condition, at, reads);
                if let Cell::Bool(taken) = settled {
                    reads.push(Read::Branch(settled, u32::from(taken)));
                    self.walk(if taken { yes } else { no }, at, reads);
                }
            }
            Node::Match(scrutinee, arms) => {
                let settled = self.walk(scrutinee, at, reads);
                let arms = law.code.of(arms);
                if let Cell::Code(code) = settled
                    && let Some(position) = arms.chunks_exact(2).position(|arm| arm[0] == u32::from(code.0))
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

    fn walk_until(&mut self, nodes: &[u32], at: u32, deciding: bool, reads: &mut Vec<Read>) {
        for node in nodes {
            let value = self.walk(NodeIndex(*node), at, reads);
            if value == Cell::Bool(deciding) || matches!(value, Cell::Error(_)) {
                return;
            }
        }
    }

    /// Filters and values of the instances that pass; of a deciding aggregate, as far as it went.
    fn walk_aggregate(&mut self, node: &AggregateNode, at: u32, reads: &mut Vec<Read>) {
        for instance in self.instances_of(node, at) {
            let passed = match node.filter {
                Some(filter) => self.walk(filter, instance, reads),
                None => Cell::Bool(true),
            };
            let value = match (passed, node.value) {
                (Cell::Bool(true), Some(value)) => self.walk(value, instance, reads),
                _ => continue,
            };
            if node
                .kind
                .deciding()
                .is_some_and(|deciding| value == Cell::Bool(deciding))
            {
                return;
            }
        }
    }
}
