//! Reading recorded facts straight from their canonical bytes, in one walk and without a tree.
//!
//! It reads what [`read`](super::read) reads, and gives up where something does not fit: what, and where, is for the
//! other to say. A test holds the two together.

use std::mem::take;
use std::sync::Arc;

use super::plan::{FactPlace, Inside, Kind, Plan, Top};
use super::read::{Rows, finished, of_limits};
use super::{Facts, Scratch, Table};
use crate::canonical::Cursor;
use crate::rules::calendar::{Date, Month};
use crate::rules::value::Cell;
use crate::rules::vocabulary::{Schema, ScopeIndex};

/// The facts of a document; none where something does not fit. `beside` reads what is none of the vocabulary.
pub(super) fn facts<'a>(
    schema: &Arc<Schema>,
    bytes: &'a [u8],
    scratch: &mut Scratch,
    mut beside: impl FnMut(&mut Cursor<'a>, &str) -> Option<()>,
) -> Option<Box<Facts>> {
    let plan = schema.plan()?;
    let mut spare = scratch.spare.take();
    let mut tables = spare.as_mut().map(|facts| take(&mut facts.tables)).unwrap_or_default();
    tables.iter_mut().for_each(Table::clear);
    tables.resize_with(plan.records.len(), Table::default);
    let rows = &mut scratch.rows;
    for (cells, known) in rows.iter_mut() {
        cells.clear();
        known.clear();
    }
    rows.resize_with(plan.records.len(), Rows::default);
    let mut reader = Reader { plan, tables, rows };
    let mut cursor = Cursor::new(bytes)?;
    let root = ScopeIndex::HOUSEHOLD;
    reader.begin(root, None);
    let mut top = plan.top.iter().peekable();
    cursor.object(|cursor, key| {
        // Both ascend, so one walk finds every key that is a part of the vocabulary.
        while top.next_if(|(known, _)| known.as_str() < &**key).is_some() {}
        match top.next_if(|(known, _)| known.as_str() == &**key) {
            Some((_, Top::Group(fields))) => {
                let mut from = 0;
                cursor.members(|cursor| {
                    let place = fields.next(&mut from, cursor)?;
                    reader.fact(root, 0, place, cursor)
                })
            }
            Some((_, Top::List(scope))) => cursor.list(|cursor| reader.record(*scope, 0, cursor)),
            None => beside(cursor, key),
        }
    })?;
    cursor.is_at_end().then_some(())?;
    for table in &mut reader.tables {
        table.starts.push(table.count);
    }
    of_limits(schema, &reader.tables).is_empty().then_some(())?;
    Some(finished(schema, reader.tables, reader.rows, Vec::new(), spare))
}

struct Reader<'p> {
    plan: &'p Plan,
    tables: Vec<Table>,
    /// Of each table.
    rows: &'p mut [Rows],
}

impl Reader<'_> {
    /// Begins a row in which nothing is recorded yet, and a run of records in each list under it.
    fn begin(&mut self, scope: ScopeIndex, parent: Option<u32>) {
        let plan = &self.plan.records[scope.at()];
        let table = &mut self.tables[scope.at()];
        table.count += 1;
        table.parents.extend(parent);
        table.ids.push();
        let (cells, known) = &mut self.rows[scope.at()];
        cells.extend_from_slice(&plan.empty);
        known.resize(cells.len(), false);
        for child in &plan.children {
            let table = &mut self.tables[child.at()];
            table.starts.push(table.count);
        }
    }

    fn record(&mut self, scope: ScopeIndex, parent: u32, cursor: &mut Cursor<'_>) -> Option<()> {
        let plan = &self.plan.records[scope.at()];
        let instance = self.tables[scope.at()].count;
        (instance < plan.limit).then_some(())?;
        self.begin(scope, Some(parent));
        let mut from = 0;
        cursor.members(|cursor| match plan.keys.next(&mut from, cursor)? {
            Inside::Fact(place) => self.fact(scope, instance, place, cursor),
            Inside::List(below) => cursor.list(|cursor| self.record(*below, instance, cursor)),
            Inside::Id => {
                self.tables[scope.at()].ids.name(instance, &cursor.string()?);
                Some(())
            }
            Inside::Beside => cursor.skip(),
        })
    }

    #[inline]
    fn fact(&mut self, scope: ScopeIndex, instance: u32, place: &FactPlace, cursor: &mut Cursor<'_>) -> Option<()> {
        let cell = match &place.kind {
            Kind::Number => Cell::Int(cursor.integer()?),
            Kind::Bool => Cell::from(cursor.bool()?),
            Kind::Code(codes) => Cell::Code(*codes.next(&mut 0, cursor)?),
            Kind::Date => Cell::Date(Date::from_ascii(cursor.inside(10)?)?),
            Kind::Month => Cell::Month(Month::from_ascii(cursor.inside(7)?)?),
            Kind::Area => Cell::Area(cursor.string()?.parse().ok()?),
        };
        let width = self.plan.records[scope.at()].empty.len();
        let at = instance as usize * width + place.column;
        let (cells, known) = &mut self.rows[scope.at()];
        (cells[at], known[at]) = (cell, true);
        Some(())
    }
}
