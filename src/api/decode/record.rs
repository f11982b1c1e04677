//! Builds one record of the facts document, field by field; what is wrong is noted and left out.

use std::collections::{BTreeMap, BTreeSet};

use super::codes::Coded;
use super::scalar;
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::AreaRegister;
use crate::app::command::{LocalId, PersonId};
use crate::area::AreaCode;
use crate::canonical::Json;

/// What every record is checked against.
pub struct Context<'a> {
    /// The areas that exist.
    pub areas: &'a AreaRegister,
    /// Ids of the sources that the request declares.
    pub sources: BTreeSet<String>,
}

/// A record in the making. Field names are those of the contract; the facts document drops a unit suffix.
pub struct Record<'a> {
    context: &'a Context<'a>,
    at: Path<'a>,
    violations: &'a mut Violations,
    fields: BTreeMap<String, Json>,
}

impl<'a> Record<'a> {
    /// An empty record.
    pub fn new(context: &'a Context<'a>, at: Path<'a>, violations: &'a mut Violations) -> Record<'a> {
        Record {
            context,
            at,
            violations,
            fields: BTreeMap::new(),
        }
    }

    /// The record.
    pub fn finish(self) -> Json {
        Json::Object(self.fields)
    }

    fn put<E: std::fmt::Display>(&mut self, field: &'static str, fact: &str, value: Option<Result<Json, E>>) {
        let Some(value) = value else { return };
        if let Some(value) = self.violations.check(self.at.field(field), value) {
            self.fields.insert(fact.to_owned(), value);
        }
    }

    /// A value that is right already.
    pub fn value(&mut self, fact: &str, value: impl Into<Json>) {
        self.fields.insert(fact.to_owned(), value.into());
    }

    /// A list; an empty one is left out.
    pub fn list(&mut self, fact: &str, items: Vec<Json>) {
        if !items.is_empty() {
            self.value(fact, items);
        }
    }

    /// Yes or no.
    pub fn flag(&mut self, field: &'static str, raw: Option<bool>) {
        self.put::<&str>(field, field, raw.map(|value| Ok(Json::Bool(value))));
    }

    /// A date.
    pub fn date(&mut self, field: &'static str, raw: Option<pb::Date>) {
        self.put(
            field,
            field,
            raw.map(|raw| Ok::<_, &str>(Json::text(scalar::date(raw)?.to_string()))),
        );
    }

    /// A month.
    pub fn month(&mut self, field: &'static str, raw: Option<pb::Date>) {
        self.put(
            field,
            field,
            raw.map(|raw| Ok::<_, &str>(Json::text(scalar::month(raw)?.to_string()))),
        );
    }

    /// A month that must be given.
    pub fn required_month(&mut self, field: &'static str, raw: Option<pb::Date>) {
        if raw.is_none() {
            self.violations.require::<()>(self.at.field(field), None);
        }
        self.month(field, raw);
    }

    /// A code that must be given.
    pub fn required_code<E: Coded>(&mut self, field: &'static str, raw: i32) {
        self.put(field, field, Some(E::required(raw).map(Json::Text)));
    }

    /// A code.
    pub fn code<E: Coded>(&mut self, field: &'static str, raw: Option<i32>) {
        self.put(field, field, raw.map(|raw| E::code(raw).map(Json::Text)));
    }

    /// A count from 0 to `max`.
    pub fn count(&mut self, field: &'static str, raw: Option<i32>, max: i32) {
        self.put(field, field, raw.map(|raw| scalar::count(raw, max).map(Json::Int)));
    }

    /// A count whose fact has another name than the field.
    pub fn count_as(&mut self, field: &'static str, fact: &str, raw: Option<i32>, max: i32) {
        self.put(field, fact, raw.map(|raw| scalar::count(raw, max).map(Json::Int)));
    }

    /// An amount that must be given.
    pub fn required_fen(&mut self, field: &'static str, raw: Option<i64>) {
        if raw.is_none() {
            self.violations.require::<()>(self.at.field(field), None);
        }
        self.fen(field, raw);
    }

    /// An amount of nothing or more: `wage_fen` is the fact `wage`.
    pub fn fen(&mut self, field: &'static str, raw: Option<i64>) {
        let fact = field.split("_fen").next().unwrap_or(field);
        self.put(
            field,
            fact,
            raw.map(|raw| Ok::<_, String>(Json::Int(scalar::fen(raw)?.get()))),
        );
    }

    /// An amount that may be a loss.
    pub fn net_fen(&mut self, field: &'static str, raw: Option<i64>) {
        let fact = field.split("_fen").next().unwrap_or(field);
        self.put(
            field,
            fact,
            raw.map(|raw| Ok::<_, String>(Json::Int(scalar::net_fen(raw)?.get()))),
        );
    }

    /// A place that the register knows.
    pub fn place(&mut self, field: &'static str, raw: Option<String>) {
        let areas = self.context.areas;
        let place = |raw: String| match raw.parse::<AreaCode>() {
            Ok(area) if areas.knows(area) && area.without_township() == area => Ok(Json::Text(raw)),
            Ok(_) => Err("is no area of the register: give the six digits of an existing area".to_owned()),
            Err(error) => Err(format!("is {error}")),
        };
        self.put(field, field, raw.map(place));
    }

    /// The source of the record, which the request must declare.
    pub fn source(&mut self, raw: String) {
        if raw.is_empty() {
            return;
        }
        let known = self.context.sources.contains(&raw);
        let source = if known {
            Ok(Json::Text(raw))
        } else {
            Err("is no id of a source: declare it in sources")
        };
        self.put("source", "source", Some(source));
    }

    /// The id of the record, which no other record of `taken` may have.
    pub fn id(&mut self, raw: &str, taken: &mut BTreeSet<LocalId>) -> Option<LocalId> {
        let id: LocalId = self.violations.parse(self.at.field("id"), raw)?;
        self.value("id", id.as_str());
        if !taken.insert(id.clone()) {
            self.violations
                .add(self.at.field("id"), "stands twice: give every record an id of its own");
        }
        Some(id)
    }

    /// The person that a member is, which no other member of `taken` may be. The outer `None` is a violation.
    pub fn person(&mut self, raw: &str, taken: &mut BTreeSet<PersonId>) -> Option<Option<PersonId>> {
        if raw.is_empty() {
            return Some(None);
        }
        let at = self.at.field("person");
        let person: PersonId = self.violations.parse(at, raw)?;
        if !taken.insert(person) {
            self.violations
                .add(at, "stands twice: a person is one member of a household");
        }
        Some(Some(person))
    }

    /// Notes that `later` is before `earlier`, both of them dates or months of this record.
    pub fn ordered(&mut self, earlier: &'static str, later: &'static str) {
        // Dates and months in their canonical form sort as texts.
        if let (Some(first), Some(second)) = (self.fields.get(earlier), self.fields.get(later))
            && first > second
        {
            self.violations.add(
                self.at.field(later),
                format!("is before {earlier}: correct one of the two"),
            );
        }
    }

    /// Notes that a date of this record is after the day of the decision.
    pub fn not_after(&mut self, field: &'static str, decision_date: Option<&Json>) {
        if let (Some(date), Some(decision)) = (self.fields.get(field), decision_date)
            && date > decision
        {
            self.violations.add(
                self.at.field(field),
                "is after the decision date: correct one of the two",
            );
        }
    }

    /// A record inside this one, at a field of it.
    pub fn items<T>(&mut self, field: &'static str, raw: Vec<T>, read: impl FnMut(T, Record<'_>) -> Json) {
        let at = self.at.field(field);
        let items = records(self.context, at, self.violations, raw, read);
        self.list(field, items);
    }
}

/// Reads a list of records.
pub fn records<T>(
    context: &Context<'_>,
    at: Path<'_>,
    violations: &mut Violations,
    raw: Vec<T>,
    mut read: impl FnMut(T, Record<'_>) -> Json,
) -> Vec<Json> {
    raw.into_iter()
        .enumerate()
        .map(|(index, item)| read(item, Record::new(context, at.item(index), violations)))
        .collect()
}
