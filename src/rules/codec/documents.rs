//! The objects of a sealed document: field name = JSON key.

use std::collections::BTreeMap;

use super::SealedError;
use super::fields::{Fields, Member, Path, Sealed, list};
use crate::canonical::Json;
use crate::rules::document::{
    Article, ArticleText, Bounds, CalendarYear, Carry, Choice, Clause, CodeList, Document, FactDefinition, Guard,
    InForce, Instrument, Months, OnLapse, OutcomeList, OutcomeRow, Parameter, ParameterDeclaration, ParameterValue,
    Planned, Schedule, ScopeDefinition, Vocabulary, WorkedCase,
};
use crate::rules::expr::Literal;

/// Writes and reads a struct member by member; every field must be listed or it does not compile.
macro_rules! sealed {
    ($($type:ident { $($field:ident),+ $(,)? })+) => {$(
        impl Sealed for $type {
            fn seal(&self) -> Json {
                let $type { $($field),+ } = self;
                let mut members = BTreeMap::new();
                $($field.put(stringify!($field), &mut members);)+
                Json::Object(members)
            }

            fn open(json: &Json, at: Path<'_>) -> Result<$type, SealedError> {
                let mut fields = Fields::new(json, at)?;
                let read = $type { $($field: fields.required(stringify!($field))?),+ };
                fields.finish()?;
                Ok(read)
            }
        }
    )+};
}

sealed! {
    Instrument { id, number, title, issuers, parent, basis, held, in_force, articles }
    Parameter { id, declaration, bounds, values }
    ParameterDeclaration { name, unit, keys, by, otherwise, chosen_by, settable_by, cite }
    Bounds { min, max, cite }
    ParameterValue { id, area, keys, in_force, value, cite, sample, note }
    Choice { id, name, options, option, in_force, cite, by, note }
    Clause { id, name, scope, unit, cite, in_force, by, on_lapse, overrides, expr }
    OnLapse { when, otherwise }
    OutcomeList { id, kinds, scope, concerns, rows }
    OutcomeRow {
        id, in_force, overrides, before, when, outcome, reason, cite, amount, persons, from, months, valid, then, shows, first,
        refer, flags,
    }
    Months { from, count, amount }
    Planned { outcome, from, reason, first }
    Guard { id, scope, in_force, by, outcomes, effects, require, reason, on_failure, cite, overrides }
    Schedule { id, in_force, when, value, cite }
    Carry { fact, when, value }
    CalendarYear { year, off, work, cite, sample }
    Vocabulary { scopes, codes, facts }
    ScopeDefinition { id, name, parent, limit }
    CodeList { id, codes }
    FactDefinition { path, name, scope, unit, absent, source, meaning }
    WorkedCase { name, facts, expect }
}

macro_rules! document {
    ($($field:ident),+) => {
        /// The members of a document, without `semantics`.
        pub(super) fn document(document: &Document) -> BTreeMap<String, Json> {
            let Document { $($field),+ } = document;
            let mut members = BTreeMap::new();
            $($field.put(stringify!($field), &mut members);)+
            members
        }

        /// Reads the members of a document whose `semantics` is read.
        pub(super) fn read_document(mut fields: Fields<'_>) -> Result<Document, SealedError> {
            let document = Document { $($field: fields.required(stringify!($field))?),+ };
            fields.finish()?;
            Ok(document)
        }
    };
}
document!(
    policy,
    area,
    title,
    instruments,
    parameters,
    choices,
    clauses,
    outcomes,
    guards,
    schedules,
    carries,
    calendar,
    vocabulary,
    cases
);

/// "Always" is an absent key.
impl Member for InForce {
    fn put(&self, key: &str, into: &mut BTreeMap<String, Json>) {
        let mut members = BTreeMap::new();
        self.from.put("from", &mut members);
        self.until.put("until", &mut members);
        if !members.is_empty() {
            into.insert(key.to_owned(), Json::Object(members));
        }
    }

    fn take(json: Option<&Json>, at: Path<'_>) -> Result<InForce, SealedError> {
        let Some(json) = json else {
            return Ok(InForce::default());
        };
        let mut fields = Fields::new(json, at)?;
        let read = InForce {
            from: fields.required("from")?,
            until: fields.required("until")?,
        };
        fields.finish()?;
        if read == InForce::default() {
            return Err(at.wrong("\"always\" is written by leaving the key out"));
        }
        Ok(read)
    }
}

impl Sealed for Article {
    fn seal(&self) -> Json {
        let (key, text) = match &self.text {
            ArticleText::Quote(text) => ("quote", text),
            ArticleText::Summary(text) => ("summary", text),
        };
        Json::object([("id", Json::text(&self.id)), (key, Json::text(text))])
    }

    fn open(json: &Json, at: Path<'_>) -> Result<Article, SealedError> {
        let mut fields = Fields::new(json, at)?;
        let id = fields.required("id")?;
        let text = if fields.has("quote") {
            ArticleText::Quote(fields.required("quote")?)
        } else {
            ArticleText::Summary(fields.required("summary")?)
        };
        fields.finish()?;
        Ok(Article { id, text })
    }
}

/// The keys of a parameter row: constants, or `"*"` for any.
impl Member for Vec<Option<Literal>> {
    fn put(&self, key: &str, into: &mut BTreeMap<String, Json>) {
        let any = || Json::text("*");
        let keys: Vec<Json> = self
            .iter()
            .map(|key| key.as_ref().map_or_else(any, Sealed::seal))
            .collect();
        keys.put(key, into);
    }

    fn take(json: Option<&Json>, at: Path<'_>) -> Result<Self, SealedError> {
        let keys: Vec<Json> = Member::take(json, at)?;
        let key = |(index, json): (usize, &Json)| match json.as_text() {
            Some("*") => Ok(None),
            Some(_) => Err(at.index(index).wrong("a constant or \"*\" belongs here")),
            None => Literal::open(json, at.index(index)).map(Some),
        };
        keys.iter().enumerate().map(key).collect()
    }
}

/// Two values in a list: a code with its name, a flag with its condition.
impl<T: Sealed> Sealed for (String, T) {
    fn seal(&self) -> Json {
        Json::List(vec![self.0.seal(), self.1.seal()])
    }

    fn open(json: &Json, at: Path<'_>) -> Result<(String, T), SealedError> {
        match list(json, at)? {
            [first, second] => Ok((String::open(first, at.index(0))?, T::open(second, at.index(1))?)),
            _ => Err(at.wrong("a list of two belongs here")),
        }
    }
}
