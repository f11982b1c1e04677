//! The recorded facts of one decision as dense tables: one a scope, a row an instance.

mod plan;
mod quick;
mod read;

use std::sync::Arc;

use super::calendar::Date;
use super::number::Number;
use super::value::Cell;
use super::vocabulary::{Asked, Fact, FactIndex, Schema, ScopeIndex};
use crate::canonical::{Cursor, Json};
pub(super) use plan::Plan;

/// Most jobs and incomes of a household together.
pub const JOBS_AND_INCOMES_MAX: usize = 256;
/// Most receipts of a household together: eight months of every job and income.
pub const RECEIPTS_MAX: usize = 2_048;

/// The facts of a decision. They are read into a box, since they are large to move.
#[derive(Clone, Debug)]
pub struct Facts {
    pub(super) schema: Arc<Schema>,
    pub(super) tables: Vec<Table>,
    /// How many instances each scope has; of `pay_month` none.
    pub(super) counts: Vec<u32>,
    /// Where the cells of each table are.
    pub(super) spans: Vec<Span>,
    /// The cells of all tables, one table after another, each row by row; the household's row comes first.
    /// [`Cell::Absent`] where nothing is recorded and the fact has no default.
    pub(super) cells: Vec<Cell>,
    /// Whether each cell was recorded.
    pub(super) known: Vec<bool>,
    /// The dates that select versions, by [`SelectedBy`](super::document::SelectedBy).
    pub(super) selecting: [Selecting; 3],
    /// Numbers that are no small integers.
    pub(super) numbers: Vec<Number>,
}

/// Room of facts that are not needed any more: whoever reads many documents reads the next into it.
#[derive(Debug, Default)]
pub struct Scratch {
    rows: Vec<read::Rows>,
    spare: Option<Box<Facts>>,
}

impl Scratch {
    /// Takes facts back.
    pub fn take_back(&mut self, facts: Box<Facts>) {
        self.spare = Some(facts);
    }
}

/// The instances of one scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) count: u32,
    /// The parent's instance of each row.
    pub(super) parents: Vec<u32>,
    /// The rows of parent `p` are `starts[p]..starts[p + 1]`.
    pub(super) starts: Vec<u32>,
    ids: Ids,
}

/// The ids of the records of a table, one text after another.
#[derive(Clone, Debug, Default)]
struct Ids {
    text: String,
    /// Where the id of each row lies in the text; none where the record has none.
    places: Vec<Option<(u32, u32)>>,
}

impl Table {
    /// Nothing is left in it but its room.
    fn clear(&mut self) {
        self.count = 0;
        self.parents.clear();
        self.starts.clear();
        self.ids.text.clear();
        self.ids.places.clear();
    }
}

impl Ids {
    /// A row without an id.
    fn push(&mut self) {
        self.places.push(None);
    }

    /// Gives a row its id. Documents are far smaller than the 4 GiB that a place can tell.
    fn name(&mut self, row: u32, id: &str) {
        let start = self.text.len();
        self.text.push_str(id);
        let ends = (u32::try_from(start), u32::try_from(self.text.len()));
        if let (Some(place), (Ok(start), Ok(end))) = (self.places.get_mut(row as usize), ends) {
            *place = Some((start, end));
        }
    }

    fn get(&self, row: u32) -> Option<&str> {
        let (start, end) = (*self.places.get(row as usize)?)?;
        self.text.get(start as usize..end as usize)
    }
}

/// A date that selects, with the fact it comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Selecting {
    pub(super) fact: Option<FactIndex>,
    pub(super) date: Option<Date>,
}

/// A value of the facts document that does not fit the vocabulary. Never quotes the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("facts at {path}: {problem}")]
pub struct FactsError {
    /// Where, as `members/0/birth`.
    pub path: String,
    /// What is wrong and what belongs there.
    pub problem: &'static str,
}

impl Facts {
    /// Reads a facts document; keys outside the vocabulary's prefixes and lists are left to others.
    ///
    /// # Errors
    /// Every value that does not fit, in the order of the vocabulary.
    pub fn from_json(schema: &Arc<Schema>, document: &Json) -> Result<Box<Facts>, Vec<FactsError>> {
        read::facts(schema, document)
    }

    /// Reads recorded facts straight from the canonical bytes of their document; none where something does not fit, or
    /// the vocabulary is not one to be read so: then [`Facts::from_json`] reads them, and says what is wrong.
    ///
    /// `beside` is given each member of the document that is none of the vocabulary, and reads or passes over its
    /// value; what it does not take does not fit either.
    #[must_use]
    pub fn from_bytes<'a>(
        schema: &Arc<Schema>,
        bytes: &'a [u8],
        scratch: &mut Scratch,
        beside: impl FnMut(&mut Cursor<'a>, &str) -> Option<()>,
    ) -> Option<Box<Facts>> {
        quick::facts(schema, bytes, scratch, beside)
    }

    /// The vocabulary they were read by.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// How many instances of a scope are recorded.
    #[must_use]
    pub fn count(&self, scope: ScopeIndex) -> u32 {
        self.tables[scope.at()].count
    }

    /// The `id` of a record.
    #[must_use]
    pub fn id(&self, scope: ScopeIndex, instance: u32) -> Option<&str> {
        self.tables[scope.at()].ids.get(instance)
    }

    /// The ids of the records that enclose an instance, `<member id>/<job id>`; a record without
    /// id by its position under its parent; nothing for the household.
    #[must_use]
    pub fn place(&self, scope: ScopeIndex, instance: u32) -> Option<String> {
        let parent = self.schema.parent(scope)?;
        let table = &self.tables[scope.at()];
        let Some(above) = table.parents.get(instance as usize).copied() else {
            // Beyond the rows: a record that should exist under a parent and does not.
            return self.place(parent, instance.saturating_sub(table.count));
        };
        let own = match self.id(scope, instance) {
            Some(id) => id.to_owned(),
            None => (instance - table.starts[above as usize]).to_string(),
        };
        Some(match self.place(parent, above) {
            Some(outer) => format!("{outer}/{own}"),
            None => own,
        })
    }

    pub(super) fn cell(&self, fact: &Fact, instance: u32) -> Cell {
        self.cells[self.spans[fact.scope.at()].place(fact.column, instance)]
    }

    /// A fact of the household that the engine itself reads.
    pub(super) fn asked(&self, asked: Asked) -> Cell {
        let index = self.schema.asked(asked);
        index.map_or(Cell::Absent, |index| self.cell(&self.schema.facts[index.at()], 0))
    }

    /// The code that is recorded of a fact that the engine itself reads, "" where none is: a default is not recorded.
    /// None where the vocabulary has no such fact.
    pub(super) fn recorded_code(&self, asked: Asked) -> Option<&str> {
        let fact = &self.schema.facts[self.schema.asked(asked)?.at()];
        let place = self.spans[fact.scope.at()].place(fact.column, 0);
        if self.known[place] {
            self.code(self.cells[place])
        } else {
            Some("")
        }
    }

    /// The name of the code in a cell.
    pub(super) fn code(&self, cell: Cell) -> Option<&str> {
        if let Cell::Code(code) = cell {
            Some(self.schema.codes.name(code))
        } else {
            None
        }
    }
}

/// The cells of a table among all cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u32,
    /// Facts a row.
    pub(super) width: u32,
}

impl Span {
    /// The place of a fact among all cells.
    #[inline]
    pub(super) fn place(&self, column: u16, instance: u32) -> usize {
        (self.start + instance * self.width) as usize + usize::from(column)
    }
}

#[cfg(test)]
mod tests;
