//! Reading a facts document: every value by its type, every limit, every mistake at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::plan::BESIDE_THE_FACTS;
use super::{Facts, FactsError, JOBS_AND_INCOMES_MAX, RECEIPTS_MAX, Selecting, Span, Table};
use crate::canonical::Json;
use crate::rules::document::Type;
use crate::rules::expr::Literal;
use crate::rules::number::Number;
use crate::rules::value::{self, Cell, Place};
use crate::rules::vocabulary::{Asked, Fact, HOUSEHOLD, PAY_MONTH, Schema, ScopeIndex};

/// Most mistakes that one refusal lists.
const ERRORS_MAX: usize = 256;

type Members = BTreeMap<String, Json>;

pub(super) fn facts(schema: &Arc<Schema>, document: &Json) -> Result<Box<Facts>, Vec<FactsError>> {
    let mut reader = Reader {
        schema,
        tables: schema.scopes.iter().map(|_| Table::default()).collect(),
        rows: schema.scopes.iter().map(|_| Rows::default()).collect(),
        numbers: Vec::new(),
        errors: Vec::new(),
    };
    match document.as_object() {
        Some(top) => reader.household(top),
        None => reader.wrong(String::new(), "an object belongs here"),
    }
    reader.limits();
    if reader.errors.is_empty() {
        Ok(finished(schema, reader.tables, &reader.rows, reader.numbers, None))
    } else {
        Err(reader.errors)
    }
}

/// The rows of one table, one after another: cells, and whether they were recorded.
pub(super) type Rows = (Vec<Cell>, Vec<bool>);

/// Facts from their tables and the rows of each, in the room of others if there are any.
pub(super) fn finished(
    schema: &Arc<Schema>,
    tables: Vec<Table>,
    rows: &[Rows],
    numbers: Vec<Number>,
    spare: Option<Box<Facts>>,
) -> Box<Facts> {
    let mut facts = spare.unwrap_or_else(|| {
        let size = rows.iter().map(|(cells, _)| cells.len()).sum();
        Box::new(Facts {
            schema: Arc::clone(schema),
            counts: Vec::with_capacity(rows.len()),
            tables: Vec::new(),
            spans: Vec::with_capacity(rows.len()),
            cells: Vec::with_capacity(size),
            known: Vec::with_capacity(size),
            selecting: Default::default(),
            numbers: Vec::new(),
        })
    });
    if !Arc::ptr_eq(&facts.schema, schema) {
        facts.schema = Arc::clone(schema);
    }
    facts.counts.clear();
    facts.counts.extend(tables.iter().map(|table| table.count));
    (facts.tables, facts.numbers) = (tables, numbers);
    facts.spans.clear();
    facts.cells.clear();
    facts.known.clear();
    for (scope, (cells, known)) in schema.scopes.iter().zip(rows) {
        facts.spans.push(Span {
            start: u32::try_from(facts.cells.len()).unwrap_or(u32::MAX),
            width: u32::try_from(scope.facts.len()).unwrap_or(u32::MAX),
        });
        facts.cells.extend_from_slice(cells);
        facts.known.extend_from_slice(known);
    }
    facts.selecting = SELECTING.map(|asked| selecting(&facts, asked));
    facts
}

/// What is too much over several scopes together.
pub(super) fn of_limits(schema: &Schema, tables: &[Table]) -> Vec<&'static str> {
    let records: usize = tables.iter().map(|table| table.count as usize).sum();
    if records <= JOBS_AND_INCOMES_MAX.min(RECEIPTS_MAX) {
        return Vec::new();
    }
    let of = |key: &str| {
        let scopes = schema.scopes.iter().zip(tables).filter(|(scope, _)| scope.key == key);
        scopes.map(|(_, table)| table.count as usize).sum::<usize>()
    };
    let mut wrong = Vec::new();
    if of("jobs") + of("incomes") > JOBS_AND_INCOMES_MAX {
        wrong.push("more than 256 jobs and incomes in a household");
    }
    if of("receipts") > RECEIPTS_MAX {
        wrong.push("more than 2048 receipts in a household");
    }
    wrong
}

/// The facts whose dates select, by [`SelectedBy`](crate::rules::document::SelectedBy).
const SELECTING: [Asked; 3] = [Asked::DecisionMonth, Asked::DecisionDate, Asked::AppliedOn];

fn selecting(facts: &Facts, asked: Asked) -> Selecting {
    let date = match facts.asked(asked) {
        Cell::Date(date) => Some(date),
        Cell::Month(month) => Some(month.start()),
        Cell::No
        | Cell::Yes
        | Cell::Int(_)
        | Cell::Wide(_)
        | Cell::Code(_)
        | Cell::Area(_)
        | Cell::Missing(_)
        | Cell::Error(_)
        | Cell::Absent => None,
    };
    Selecting {
        fact: facts.schema.asked(asked),
        date,
    }
}

struct Reader<'a> {
    schema: &'a Schema,
    tables: Vec<Table>,
    /// Of each table.
    rows: Vec<Rows>,
    numbers: Vec<Number>,
    errors: Vec<FactsError>,
}

impl<'a> Reader<'a> {
    fn wrong(&mut self, path: String, problem: &'static str) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push(FactsError { path, problem });
        }
    }

    fn household(&mut self, top: &Members) {
        let root = ScopeIndex::HOUSEHOLD;
        let schema = self.schema;
        let mut groups: BTreeMap<&str, &Members> = BTreeMap::new();
        for prefix in schema.scopes[root.at()].fields.keys() {
            match top.get(prefix).map(Json::as_object) {
                Some(Some(group)) => {
                    groups.insert(prefix, group);
                }
                Some(None) => self.wrong(prefix.clone(), "an object belongs here"),
                None => {}
            }
        }
        for (prefix, group) in &groups {
            let fields = &schema.scopes[root.at()].fields[*prefix];
            for key in group.keys().filter(|key| !fields.contains(*key)) {
                self.wrong(format!("{prefix}/{key}"), "the vocabulary has no such fact; remove it");
            }
        }
        self.tables[root.at()].count = 1;
        self.tables[root.at()].ids.push();
        self.row(
            root,
            |fact| groups.get(fact.prefix())?.get(fact.field()),
            |fact| format!("{}/{}", fact.prefix(), fact.field()),
        );
        self.lists(root, 0, top, "");
    }

    /// Appends the cells of one row.
    fn row<'j>(&mut self, scope: ScopeIndex, find: impl Fn(&Fact) -> Option<&'j Json>, path: impl Fn(&Fact) -> String) {
        let schema = self.schema;
        let columns = &schema.scopes[scope.at()].facts;
        for index in columns {
            let fact = &schema.facts[index.at()];
            let json = find(fact);
            let recorded = json.map(|json| self.value(&fact.unit, json));
            let cell = match recorded {
                Some(Ok(cell)) => cell,
                Some(Err(problem)) => {
                    self.wrong(path(fact), problem);
                    Cell::Absent
                }
                None => fact
                    .absent
                    .as_ref()
                    .map_or(Cell::Absent, |literal| self.absent(literal)),
            };
            let (cells, known) = &mut self.rows[scope.at()];
            cells.push(cell);
            known.push(json.is_some());
        }
    }

    /// Reads the lists of records under one record of `parent`.
    fn lists(&mut self, parent: ScopeIndex, instance: u32, record: &Members, at: &str) {
        let schema = self.schema;
        for (number, scope) in schema.scopes.iter().enumerate() {
            if scope.parent != Some(parent) || scope.id == HOUSEHOLD {
                continue;
            }
            let Some(index) = schema.scope(&scope.id) else { continue };
            let start = self.tables[number].count;
            self.tables[number].starts.push(start);
            if scope.id == PAY_MONTH {
                continue;
            }
            let path = format!("{at}{}", scope.key);
            match record.get(&scope.key).map(Json::as_list) {
                Some(Some(items)) => {
                    for (position, item) in items.iter().enumerate() {
                        self.record(index, instance, item, &format!("{path}/{position}"));
                    }
                }
                Some(None) => self.wrong(path, "a list belongs here"),
                None => {}
            }
        }
    }

    fn record(&mut self, scope: ScopeIndex, parent: u32, item: &Json, at: &str) {
        let schema = self.schema;
        let definition = &schema.scopes[scope.at()];
        let Some(record) = item.as_object() else {
            self.wrong(at.to_owned(), "an object belongs here");
            return;
        };
        let instance = self.tables[scope.at()].count;
        if instance >= definition.limit {
            self.wrong(at.to_owned(), "more records than the vocabulary allows in a household");
            return;
        }
        let id = match record.get("id") {
            Some(Json::Text(id)) => Some(id),
            Some(Json::Bool(_) | Json::Int(_) | Json::List(_) | Json::Object(_)) => {
                self.wrong(format!("{at}/id"), "a string belongs here");
                None
            }
            None => None,
        };
        let table = &mut self.tables[scope.at()];
        table.count += 1;
        table.parents.push(parent);
        table.ids.push();
        if let Some(id) = id {
            table.ids.name(instance, id);
        }
        for key in record.keys() {
            let fact = definition.fields.values().any(|fields| fields.contains(key));
            let list = || {
                let mut children = schema.scopes.iter();
                children.any(|child| child.parent == Some(scope) && child.key == *key)
            };
            if !fact && !list() && !BESIDE_THE_FACTS.contains(&key.as_str()) {
                self.wrong(format!("{at}/{key}"), "the vocabulary has no such fact; remove it");
            }
        }
        self.row(
            scope,
            |fact| record.get(fact.field()),
            |fact| format!("{at}/{}", fact.field()),
        );
        self.lists(scope, instance, record, &format!("{at}/"));
    }

    fn value(&mut self, unit: &Type, json: &Json) -> Result<Cell, &'static str> {
        match unit {
            Type::Number(_) => {
                let number = number(json).ok_or("a whole number belongs here, in the unit of the vocabulary")?;
                Ok(self.keep(number))
            }
            Type::Bool => json.as_bool().map(Cell::from).ok_or("true or false belongs here"),
            Type::Code(list) => json
                .as_text()
                .and_then(|name| self.schema.codes.find(name))
                .filter(|code| self.schema.lists_code(list, *code))
                .map(Cell::Code)
                .ok_or("a code of the fact's list belongs here"),
            Type::Date => text(json, "an existing day belongs here, as 2021-07-01").map(Cell::Date),
            Type::Month => text(json, "a month belongs here, as 2021-07").map(Cell::Month),
            Type::Area => text(json, "an area code of 6, 9 or 12 digits belongs here").map(Cell::Area),
        }
    }

    fn keep(&mut self, number: Number) -> Cell {
        Cell::number(number, |number| {
            self.numbers.push(number);
            Place::new(value::Table::Facts, self.numbers.len() - 1)
        })
    }

    /// A default of the vocabulary; one that fits no kind reads as not recorded.
    fn absent(&mut self, literal: &Literal) -> Cell {
        match literal {
            Literal::Bool(value) => Cell::from(*value),
            Literal::Number(number, _) => self.keep(*number),
            Literal::Code(code) => self.schema.codes.find(code).map_or(Cell::Absent, Cell::Code),
            Literal::Date(date) => Cell::Date(*date),
            Literal::Month(month) => Cell::Month(*month),
            Literal::Area(area) => area.parse().map_or(Cell::Absent, Cell::Area),
        }
    }

    /// Closes the tables and holds the limits that span several scopes.
    fn limits(&mut self) {
        for table in &mut self.tables {
            table.starts.push(table.count);
        }
        for problem in of_limits(self.schema, &self.tables) {
            self.wrong("members".to_owned(), problem);
        }
    }
}

/// An integer, or a reduced fraction as `["q",n,d]`.
fn number(json: &Json) -> Option<Number> {
    if let Some(value) = json.as_integer() {
        return (value != i128::MIN).then(|| Number::integer(value));
    }
    match Literal::from_json(json) {
        Ok(Literal::Number(number, _)) if number.as_integer().is_none() => Some(number),
        Ok(_) | Err(_) => None,
    }
}

fn text<T: std::str::FromStr>(json: &Json, problem: &'static str) -> Result<T, &'static str> {
    json.as_text().and_then(|text| text.parse().ok()).ok_or(problem)
}
