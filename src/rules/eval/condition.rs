//! Conditions, by their diagrams where every answer is true or false.

use super::{Branches, Evaluation};
use crate::rules::compile::{FactAt, NodeIndex, Question, Source, Test, YES};
use crate::rules::value::Cell;

impl Evaluation<'_> {
    /// [`Evaluation::settle`], as a call of its own.
    #[inline(never)]
    pub(super) fn condition(&mut self, start: u32, tree: NodeIndex, at: u32) -> Cell {
        self.settle(start, tree, at)
    }

    /// The value of a condition: by its diagram, or by its tree if something is missing or wrong.
    ///
    /// Walking the tree again records nothing twice: clauses are memoized, rows and options are
    /// sets, and the branches of the first walk are dropped.
    #[inline(always)]
    pub(super) fn settle(&mut self, start: u32, tree: NodeIndex, at: u32) -> Cell {
        let before = self.live;
        let mut next = start;
        while let Some(test) = self.tests.get(next as usize) {
            match self.answer(test, at) {
                Some(true) => next = test.yes,
                Some(false) => next = test.no,
                None => return self.by_tree(before, tree, at),
            }
        }
        (next == YES).into()
    }

    /// The answer to one question; none if it is neither true nor false.
    #[inline(always)]
    pub(super) fn answer(&mut self, test: &Test, at: u32) -> Option<bool> {
        let value = match test.question {
            Question::IsCode(fact, code) => match self.facts.cells[self.place_at(fact, at)] {
                Cell::Code(found) => return Some(found.operand() == u32::from(code)),
                _ => return None,
            },
            Question::IsOneOf(fact, codes) => match self.facts.cells[self.place_at(fact, at)] {
                Cell::Code(found) => return Some(self.law.code.of(codes).contains(&found.operand())),
                _ => return None,
            },
            Question::Known(fact) => return Some(self.facts.known[self.place_at(fact, at)]),
            Question::Against(comparison, a, number) => match self.run(a, at) {
                Cell::Int(a) => return Some(comparison.holds(a.cmp(&number))),
                _ => return None,
            },
            Question::Branch(arm) => {
                self.record_branch(arm);
                return Some(true);
            }
            Question::Fact(fact) => self.facts.cells[self.place_at(fact, at)],
            Question::Clause(own, clause) => self.clause_cell(clause, own.instance(at)),
            Question::Other(node) => self.run(node, at),
        };
        match value {
            Cell::Yes => Some(true),
            Cell::No => Some(false),
            _ => None,
        }
    }

    /// The place of a fact among all cells.
    #[inline(always)]
    fn place_at(&self, fact: FactAt, at: u32) -> usize {
        self.facts.spans[fact.scope.at()].place(fact.column, fact.own.instance(at))
    }

    /// Something is neither true nor false: the tree knows what follows.
    #[cold]
    fn by_tree(&mut self, before: Branches, tree: NodeIndex, at: u32) -> Cell {
        self.live = before;
        self.run(tree, at)
    }

    /// The place of a fact among all cells.
    #[inline(always)]
    pub(super) fn place(&self, source: Source, column: u16, at: u32) -> usize {
        match source {
            Source::Household => usize::from(column),
            Source::Own(scope) => self.facts.spans[scope.at()].place(column, at),
            Source::Outer(reach) => self.facts.spans[reach.to.at()].place(column, self.climb(reach, at)),
        }
    }
}
