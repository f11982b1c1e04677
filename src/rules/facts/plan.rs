//! What may stand in the records of a vocabulary, by the keys of its records: made once for a vocabulary, so that
//! recorded facts are read in one walk.

use std::collections::BTreeMap;

use crate::canonical::{Cursor, Expected};
use crate::rules::document::Type;
use crate::rules::expr::Literal;
use crate::rules::value::{Cell, CodeIndex};
use crate::rules::vocabulary::{HOUSEHOLD, PAY_MONTH, Schema, ScopeIndex};

/// What a record may hold beside its facts: its id, the caller's own id of it, and where it came from.
pub(super) const BESIDE_THE_FACTS: [&str; 3] = ["id", "key", "source"];

/// The records of a vocabulary by their keys.
#[derive(Debug)]
pub(in crate::rules) struct Plan {
    /// What the members of a document are that belong to the vocabulary, ascending by their keys.
    pub(super) top: Vec<(String, Top)>,
    /// By scope.
    pub(super) records: Vec<RecordPlan>,
}

/// A member of a document.
#[derive(Debug)]
pub(super) enum Top {
    /// Household facts of one prefix, by their fields.
    Group(Keys<FactPlace>),
    /// A list of the household.
    List(ScopeIndex),
}

/// The records of one scope.
#[derive(Debug)]
pub(super) struct RecordPlan {
    pub(super) keys: Keys<Inside>,
    /// A row in which nothing is recorded.
    pub(super) empty: Vec<Cell>,
    /// The scopes whose lists stand in it.
    pub(super) children: Vec<ScopeIndex>,
    pub(super) limit: u32,
}

/// What stands under a key of a record.
#[derive(Debug)]
pub(super) enum Inside {
    Fact(FactPlace),
    List(ScopeIndex),
    Id,
    /// Neither a fact nor a list: not read.
    Beside,
}

/// A fact by its column, and how it is read.
#[derive(Debug)]
pub(super) struct FactPlace {
    pub(super) column: usize,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Number,
    Bool,
    /// The codes of its list.
    Code(Keys<CodeIndex>),
    Date,
    Month,
    Area,
}

/// Values by key, few and ascending, as the members of canonical JSON are.
#[derive(Debug)]
pub(super) struct Keys<T>(Vec<(Expected, T)>);

impl<T> Keys<T> {
    /// Keys of members, or strings, by `expect`. None where one stands twice, or cannot be expected.
    fn new(mut all: Vec<(String, T)>, expect: impl Fn(&str) -> Option<Expected>) -> Option<Keys<T>> {
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        let is_twice = all.windows(2).any(|pair| pair[0].0 == pair[1].0);
        (!is_twice).then_some(())?;
        let expected = all.into_iter().map(|(key, value)| Some((expect(&key)?, value)));
        expected.collect::<Option<Vec<_>>>().map(Keys)
    }

    /// Passes over the key that stands next, and gives its value. It is looked for after those before `from`, which
    /// moves behind it: so the keys of a record are passed in ascending order, or not at all.
    #[inline]
    pub(super) fn next(&self, from: &mut usize, cursor: &mut Cursor<'_>) -> Option<&T> {
        let word = cursor.word();
        let ahead = self.0.get(*from..)?;
        let at = ahead.iter().position(|(expected, _)| cursor.pass(expected, word))?;
        *from += at + 1;
        Some(&ahead[at].1)
    }
}

impl Plan {
    /// None for a vocabulary in which a key means two things, or with a default that no cell holds: its facts are read
    /// the long way.
    pub(in crate::rules) fn of(schema: &Schema) -> Option<Plan> {
        let mut records = Vec::new();
        for (number, scope) in schema.scopes.iter().enumerate() {
            let index = ScopeIndex(u8::try_from(number).ok()?);
            let mut keys = Vec::new();
            if scope.parent.is_some() {
                for fact in scope.facts.iter().map(|fact| &schema.facts[fact.at()]) {
                    keys.push((
                        fact.field().to_owned(),
                        Inside::Fact(place(schema, fact.column, &fact.unit)?),
                    ));
                }
                for (child, at) in children(schema, index) {
                    keys.push((child, Inside::List(at)));
                }
                let beside = |key: &str| if key == "id" { Inside::Id } else { Inside::Beside };
                keys.extend(BESIDE_THE_FACTS.map(|key| (key.to_owned(), beside(key))));
            }
            let facts = scope.facts.iter().map(|fact| &schema.facts[fact.at()]);
            let empty = facts.map(|fact| {
                fact.absent
                    .as_ref()
                    .map_or(Some(Cell::Absent), |held| absent(schema, held))
            });
            records.push(RecordPlan {
                keys: Keys::new(keys, Expected::key)?,
                empty: empty.collect::<Option<Vec<Cell>>>()?,
                children: scopes_below(schema, index).collect(),
                limit: scope.limit,
            });
        }
        // Months are made by the procedure, under the household.
        let is_elsewhere = |scope: &ScopeIndex| schema.scope_id(*scope) == PAY_MONTH;
        if records
            .iter()
            .skip(1)
            .any(|record| record.children.iter().any(is_elsewhere))
        {
            return None;
        }
        let mut top = BTreeMap::new();
        for prefix in schema.scopes.first()?.fields.keys() {
            let mut fields = Vec::new();
            let of_household = schema.scopes[0].facts.iter().map(|fact| &schema.facts[fact.at()]);
            for fact in of_household.filter(|fact| fact.prefix() == prefix) {
                fields.push((fact.field().to_owned(), place(schema, fact.column, &fact.unit)?));
            }
            top.insert(prefix.clone(), Top::Group(Keys::new(fields, Expected::key)?));
        }
        for (key, scope) in children(schema, ScopeIndex::HOUSEHOLD).filter(|(_, scope)| !is_elsewhere(scope)) {
            top.insert(key, Top::List(scope)).is_none().then_some(())?;
        }
        // Within ASCII the order of the map is that of the members of canonical JSON.
        top.keys().all(|key| key.is_ascii()).then_some(())?;
        Some(Plan {
            top: top.into_iter().collect(),
            records,
        })
    }
}

fn scopes_below(schema: &Schema, parent: ScopeIndex) -> impl Iterator<Item = ScopeIndex> {
    let below = schema
        .scopes
        .iter()
        .zip(0..)
        .filter(move |(scope, _)| scope.parent == Some(parent));
    below
        .filter(|(scope, _)| scope.id != HOUSEHOLD)
        .map(|(_, number)| ScopeIndex(number))
}

/// The lists under a scope by their keys.
fn children(schema: &Schema, parent: ScopeIndex) -> impl Iterator<Item = (String, ScopeIndex)> {
    scopes_below(schema, parent).map(|scope| (schema.scopes[scope.at()].key.clone(), scope))
}

fn place(schema: &Schema, column: u16, unit: &Type) -> Option<FactPlace> {
    let kind = match unit {
        Type::Number(_) => Kind::Number,
        Type::Bool => Kind::Bool,
        Type::Code(list) => {
            let codes = schema.codes_of(list).iter();
            let named = codes.map(|code| (schema.codes.name(*code).to_owned(), *code));
            Kind::Code(Keys::new(named.collect(), Expected::string)?)
        }
        Type::Date => Kind::Date,
        Type::Month => Kind::Month,
        Type::Area => Kind::Area,
    };
    Some(FactPlace {
        column: usize::from(column),
        kind,
    })
}

/// The cell of a default; none for a number that stands outside its cell.
fn absent(schema: &Schema, literal: &Literal) -> Option<Cell> {
    Some(match literal {
        Literal::Bool(value) => Cell::from(*value),
        Literal::Number(number, _) => Cell::Int(number.as_integer().and_then(|value| i64::try_from(value).ok())?),
        Literal::Code(code) => schema.codes.find(code).map_or(Cell::Absent, Cell::Code),
        Literal::Date(date) => Cell::Date(*date),
        Literal::Month(month) => Cell::Month(*month),
        Literal::Area(area) => area.parse().map_or(Cell::Absent, Cell::Area),
    })
}
