//! Conditions, by their diagrams where every answer is true or false.

use super::Evaluation;
use crate::rules::compile::{NO, NodeIndex, Question, Source, YES};
use crate::rules::value::Cell;

impl Evaluation<'_> {
    /// The value of a condition: by its diagram, or by its tree if something is missing or wrong.
    ///
    /// Walking the tree again records nothing twice: clauses are memoized, rows and options are
    /// sets, and the branches of the first walk are dropped.
    #[inline(never)]
    pub(super) fn condition(&mut self, start: u32, tree: NodeIndex, at: u32) -> Cell {
        let law = self.law;
        let mark = self.live.len();
        let mut next = start;
        while next < NO {
            let test = &law.code.tests[next as usize];
            let answer = match test.question {
                Question::IsCode(source, column, code) => match self.facts.cells[self.place(source, column, at)] {
                    Cell::Code(found) => found.operand() == u32::from(code),
                    _ => return self.by_tree(mark, tree, at),
                },
                Question::IsOneOf(source, column, codes) => match self.facts.cells[self.place(source, column, at)] {
                    Cell::Code(found) => law.code.of(codes).contains(&found.operand()),
                    _ => return self.by_tree(mark, tree, at),
                },
                Question::Known(source, column) => self.facts.known[self.place(source, column, at)],
                Question::Branch(arm) => {
                    self.live.push(arm);
                    true
                }
                Question::Fact(..) | Question::Clause(..) | Question::Other(_) => {
                    let value = match test.question {
                        Question::Fact(source, column) => self.facts.cells[self.place(source, column, at)],
                        Question::Clause(source, clause) => self.clause_cell(clause, self.instance(source, at)),
                        Question::Other(node) => self.run(node, at),
                        _ => Cell::Absent,
                    };
                    match value {
                        Cell::Yes => true,
                        Cell::No => false,
                        _ => return self.by_tree(mark, tree, at),
                    }
                }
            };
            next = if answer { test.yes } else { test.no };
        }
        (next == YES).into()
    }

    /// Something is neither true nor false: the tree knows what follows.
    #[cold]
    fn by_tree(&mut self, mark: usize, tree: NodeIndex, at: u32) -> Cell {
        self.live.truncate(mark);
        self.run(tree, at)
    }

    /// The place of a fact among all cells.
    #[inline(always)]
    pub(super) fn place(&self, source: Source, column: u16, at: u32) -> usize {
        match source {
            Source::Household => usize::from(column),
            Source::Own(scope) => self.facts.tables[scope.at()].place(column, at),
            Source::Outer(reach) => self.facts.tables[reach.to.at()].place(column, self.climb(reach, at)),
        }
    }
}
