//! Reads the vocabulary: scopes, code lists and facts.

use super::super::error::Remarks;
use super::super::said::{At, Fix, Wrong};
use super::super::yaml::{Value, Yaml};
use super::fields::{Entry, Fields, check_id, text};
use super::{Placed, Text};
use crate::rules::document::{CodeList, ScopeDefinition};

/// A vocabulary as it was written.
#[derive(Debug, Default)]
pub struct DraftVocabulary {
    /// Scopes.
    pub scopes: Vec<Placed<ScopeDefinition>>,
    /// Code lists.
    pub codes: Vec<Placed<CodeList>>,
    /// Facts.
    pub facts: Vec<DraftFact>,
}

/// A fact as it was written.
#[derive(Debug)]
pub struct DraftFact {
    /// Path.
    pub path: Text,
    /// 中文名.
    pub name: Text,
    /// Scope; absent: the household.
    pub scope: Option<Text>,
    /// Type.
    pub unit: Text,
    /// What an absent record stands for.
    pub absent: Option<Text>,
    /// Who supplies it.
    pub source: Option<Text>,
    /// One sentence.
    pub meaning: String,
}

/// Reads it.
pub fn read(node: &Yaml, remarks: &mut Remarks<'_>) -> Option<DraftVocabulary> {
    remarks.enter(At::Vocabulary, "");
    let fields = Fields::open(node, &["scopes", "codes", "facts"], remarks)?;
    let mut vocabulary = DraftVocabulary::default();
    for entry in fields.entries(remarks, "scopes") {
        vocabulary.scopes.extend(scope(&entry, remarks));
    }
    for entry in fields.entries(remarks, "codes") {
        vocabulary.codes.extend(code_list(&entry, remarks));
    }
    for entry in fields.entries(remarks, "facts") {
        remarks.enter(At::Fact, "");
        vocabulary.facts.extend(fact(&entry, remarks));
    }
    Some(vocabulary)
}

fn scope(entry: &Entry<'_>, remarks: &mut Remarks<'_>) -> Option<Placed<ScopeDefinition>> {
    remarks.enter(At::Scope, "");
    let fields = Fields::open(entry.node, &["id", "name", "parent", "limit"], remarks)?;
    let id = fields.entry_id(entry, "id", remarks)?;
    check_id(&id, remarks);
    remarks.enter(At::Scope, &id.value);
    let name = fields.need(remarks, "name")?;
    let parent = fields.text(remarks, "parent").map(|parent| parent.value);
    let limit = fields.need(remarks, "limit")?;
    let Some(most) = limit.value.parse().ok().filter(|most| *most > 0) else {
        let wrong = Wrong::IsWord {
            key: "limit",
            value: limit.value,
        };
        remarks.error(limit.span, wrong, Fix::WholeAboveZero);
        return None;
    };
    let value = ScopeDefinition {
        id: id.value,
        name: name.value,
        parent,
        limit: most,
    };
    Some(Placed { value, span: id.span })
}

/// `list: {code: name}`, or `{id: list, codes: {code: name}}`.
fn code_list(entry: &Entry<'_>, remarks: &mut Remarks<'_>) -> Option<Placed<CodeList>> {
    remarks.enter(At::Codes, "");
    let (id, codes) = match &entry.key {
        Some(id) => (id.clone(), entry.node),
        None => {
            let fields = Fields::open(entry.node, &["id", "codes"], remarks)?;
            let id = fields.need(remarks, "id")?;
            let Some(codes) = fields.get("codes") else {
                remarks.error(id.span, Wrong::Missing { key: "codes" }, Fix::AddCodes);
                return None;
            };
            (id, codes)
        }
    };
    check_id(&id, remarks);
    remarks.enter(At::Codes, &id.value);
    let Value::Map(members) = &codes.value else {
        remarks.error(codes.span, Wrong::MapWanted { kind: codes.kind() }, Fix::CodeMap);
        return None;
    };
    let mut list = CodeList {
        id: id.value.clone(),
        codes: Vec::new(),
    };
    for (code, name) in members {
        check_id(
            &Text {
                value: code.text.clone(),
                span: code.span,
            },
            remarks,
        );
        let name = text(name, &code.text, remarks)?;
        if list.codes.iter().any(|(_, other)| *other == name.value) {
            let wrong = Wrong::TwoCodesCalled {
                name: name.value.clone(),
            };
            remarks.error(name.span, wrong, Fix::OwnName);
        }
        list.codes.push((code.text.clone(), name.value));
    }
    Some(Placed {
        value: list,
        span: id.span,
    })
}

const FACT_KEYS: [&str; 7] = ["path", "name", "scope", "unit", "absent", "source", "meaning"];

fn fact(entry: &Entry<'_>, remarks: &mut Remarks<'_>) -> Option<DraftFact> {
    let fields = Fields::open(entry.node, &FACT_KEYS, remarks)?;
    let path = fields.entry_id(entry, "path", remarks)?;
    remarks.enter(At::Fact, &path.value);
    let name = fields.need(remarks, "name");
    let unit = fields.need(remarks, "unit");
    Some(DraftFact {
        scope: fields.text(remarks, "scope"),
        absent: fields.text(remarks, "absent"),
        source: fields.text(remarks, "source"),
        meaning: fields
            .text(remarks, "meaning")
            .map(|meaning| meaning.value)
            .unwrap_or_default(),
        name: name?,
        unit: unit?,
        path,
    })
}
