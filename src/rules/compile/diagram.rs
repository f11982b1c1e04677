//! Conditions as decision diagrams: and, or and not become jumps between tests.
//!
//! A diagram asks the same questions in the same order as the tree it was made from, as long as
//! each answer is true or false. Where one is not, the evaluation walks the tree instead, which
//! knows what a missing value means; so a diagram needs to know nothing of it.

use super::node::{Code, Node, NodeIndex, Operands, Source};
use crate::rules::law::ClauseIndex;

/// Leads to the value true.
pub(in crate::rules) const YES: u32 = u32::MAX;
/// Leads to the value false; every smaller number is a test.
pub(in crate::rules) const NO: u32 = u32::MAX - 1;

/// One question, and where each answer leads.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Test {
    pub(in crate::rules) question: Question,
    pub(in crate::rules) yes: u32,
    pub(in crate::rules) no: u32,
}

/// What a test asks.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) enum Question {
    /// Whether a fact is this code.
    IsCode(Source, u16, u16),
    /// Whether a fact is one of these codes.
    IsOneOf(Source, u16, Operands),
    /// Whether a fact holds.
    Fact(Source, u16),
    /// Whether a fact is recorded.
    Known(Source, u16),
    /// Whether a clause holds.
    Clause(Source, ClauseIndex),
    /// Whether any other condition holds.
    Other(NodeIndex),
    /// Records a branch and goes on to `yes`.
    Branch(u16),
}

impl Code {
    /// Gives every condition its diagram. Called once, when everything is compiled.
    pub(in crate::rules) fn diagrams(&mut self) {
        let mut inner = vec![false; self.nodes.len()];
        for node in &self.nodes {
            for operand in self.junction(node) {
                inner[operand.0 as usize] = true;
            }
        }
        for (at, is_inner) in inner.into_iter().enumerate() {
            let node = self.nodes[at];
            if is_inner || self.junction(&node).is_empty() {
                continue;
            }
            let start = self.diagram(&node, YES, NO);
            let tree = self.push(node);
            self.nodes[at] = Node::Condition(start, tree);
        }
    }

    /// The operands of and, or and not; none of anything else.
    fn junction(&self, node: &Node) -> Vec<NodeIndex> {
        match node {
            Node::And(operands) | Node::Or(operands) => self.of(*operands).iter().copied().map(NodeIndex).collect(),
            Node::Not(a) => vec![*a],
            _ => Vec::new(),
        }
    }

    /// Appends the tests of a condition that leads to `yes` or `no`, and gives its first.
    fn diagram(&mut self, node: &Node, yes: u32, no: u32) -> u32 {
        match *node {
            Node::And(operands) => {
                let operands = self.of(operands).to_vec();
                operands
                    .iter()
                    .rev()
                    .fold(yes, |next, operand| self.part(*operand, next, no))
            }
            Node::Or(operands) => {
                let operands = self.of(operands).to_vec();
                operands
                    .iter()
                    .rev()
                    .fold(no, |next, operand| self.part(*operand, yes, next))
            }
            Node::Not(a) => self.part(a.0, no, yes),
            _ => yes,
        }
    }

    fn part(&mut self, operand: u32, yes: u32, no: u32) -> u32 {
        let node = *self.node(NodeIndex(operand));
        let question = match node {
            Node::And(_) | Node::Or(_) | Node::Not(_) => return self.diagram(&node, yes, no),
            Node::If(condition, then, otherwise) => {
                let then = self.part(then.0, yes, no);
                let otherwise = self.part(otherwise.0, yes, no);
                let (then, otherwise) = (
                    self.test(Question::Branch(1), then, then),
                    self.test(Question::Branch(0), otherwise, otherwise),
                );
                return self.part(condition.0, then, otherwise);
            }
            Node::IsCode(source, _, column, code) => Question::IsCode(source, column, code),
            Node::In(value, codes) => match *self.node(value) {
                Node::Fact(source, _, column) => Question::IsOneOf(source, column, codes),
                _ => Question::Other(NodeIndex(operand)),
            },
            Node::Fact(source, _, column) => Question::Fact(source, column),
            Node::Known(source, column) => Question::Known(source, column),
            Node::Clause(source, clause) => Question::Clause(source, clause),
            _ => Question::Other(NodeIndex(operand)),
        };
        self.test(question, yes, no)
    }

    fn test(&mut self, question: Question, yes: u32, no: u32) -> u32 {
        self.tests.push(Test { question, yes, no });
        u32::try_from(self.tests.len() - 1).unwrap_or(NO)
    }
}
