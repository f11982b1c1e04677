//! Conditions as decision diagrams: and, or and not become jumps between tests.
//!
//! A diagram asks the same questions in the same order as the tree it was made from, as long as
//! each answer is true or false. Where one is not, the evaluation walks the tree instead, which
//! knows what a missing value means; so a diagram needs to know nothing of it.

use super::node::{Code, Comparison, Node, NodeIndex, Operands, Source};
use crate::rules::law::ClauseIndex;
use crate::rules::value::Cell;
use crate::rules::vocabulary::ScopeIndex;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Question {
    /// Whether a fact is this code.
    IsCode(FactAt, u16),
    /// Whether a fact is one of these codes.
    IsOneOf(FactAt, Operands),
    /// Whether a fact holds.
    Fact(FactAt),
    /// Whether a fact is recorded.
    Known(FactAt),
    /// Whether a clause holds.
    Clause(Own, ClauseIndex),
    /// Whether a value compares so with a whole number.
    Against(Comparison, NodeIndex, i64),
    /// Whether any other condition holds.
    Other(NodeIndex),
    /// Records a branch and goes on to `yes`.
    Branch(u16),
}

/// Whether something is read in the instance of the expression, or in the household: without a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Own(u32);

impl Own {
    /// None for an enclosing instance of another scope than the household.
    fn new(source: Source) -> Option<Own> {
        match source {
            Source::Household => Some(Own(0)),
            Source::Own(_) => Some(Own(u32::MAX)),
            Source::Outer(_) => None,
        }
    }

    /// The instance in which it is read.
    #[inline(always)]
    pub(in crate::rules) fn instance(self, at: u32) -> u32 {
        self.0 & at
    }
}

/// A fact of the instance of the expression, or of the household.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct FactAt {
    pub(in crate::rules) own: Own,
    pub(in crate::rules) scope: ScopeIndex,
    pub(in crate::rules) column: u16,
}

impl FactAt {
    fn new(source: Source, column: u16) -> Option<FactAt> {
        let scope = match source {
            Source::Household => ScopeIndex::HOUSEHOLD,
            Source::Own(scope) => scope,
            Source::Outer(_) => return None,
        };
        Own::new(source).map(|own| FactAt { own, scope, column })
    }
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
        for at in 0..self.steps.len() {
            let step = self.steps[at];
            if step.part.is_condition() {
                let (diagram, tree) = match *self.node(step.node) {
                    Node::Condition(start, tree) => (start, tree),
                    _ => (self.part(step.node.0, YES, NO), step.node),
                };
                (self.steps[at].diagram, self.steps[at].node) = (Some(diagram), tree);
            }
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
            Node::Const(Cell::Yes) => return yes,
            Node::Const(Cell::No) => return no,
            _ => self.question(&node).unwrap_or(Question::Other(NodeIndex(operand))),
        };
        self.test(question, yes, no)
    }

    /// A question that is asked without evaluating a node; none where it takes one.
    fn question(&self, node: &Node) -> Option<Question> {
        match *node {
            Node::IsCode(source, _, column, code) => Some(Question::IsCode(FactAt::new(source, column)?, code)),
            Node::In(value, codes) => match *self.node(value) {
                Node::Fact(source, _, column) => Some(Question::IsOneOf(FactAt::new(source, column)?, codes)),
                _ => None,
            },
            Node::Fact(source, _, column) => FactAt::new(source, column).map(Question::Fact),
            Node::Known(source, column) => FactAt::new(source, column).map(Question::Known),
            Node::Clause(source, clause) => Some(Question::Clause(Own::new(source)?, clause)),
            Node::Against(comparison, a, number) => Some(Question::Against(comparison, a, number)),
            _ => None,
        }
    }

    /// Whether two conditions begin with the same question, and are false if it is answered no: one that
    /// records nothing but the clause it reads, so that asking it once is as good as twice.
    pub(in crate::rules) fn begin_alike(&self, one: u32, other: u32) -> bool {
        let (Some(one), Some(other)) = (self.tests.get(one as usize), self.tests.get(other as usize)) else {
            return false;
        };
        let same = match (one.question, other.question) {
            (Question::Against(how, a, number), Question::Against(other_how, b, other_number)) => {
                let read = match (self.node(a), self.node(b)) {
                    (Node::Clause(from, clause), Node::Clause(other_from, other)) => {
                        from == other_from && clause == other
                    }
                    (Node::Fact(from, fact, _), Node::Fact(other_from, other, _)) => {
                        from == other_from && fact == other
                    }
                    _ => false,
                };
                read && how == other_how && number == other_number
            }
            (Question::Other(_) | Question::Branch(_), _) => false,
            (one, other) => one == other,
        };
        same && one.no == NO && other.no == NO
    }

    fn test(&mut self, question: Question, yes: u32, no: u32) -> u32 {
        self.tests.push(Test { question, yes, no });
        u32::try_from(self.tests.len() - 1).unwrap_or(NO)
    }
}
