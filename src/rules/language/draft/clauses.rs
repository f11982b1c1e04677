//! Reads clauses and groups.

use super::super::error::Remarks;
use super::super::said::At;
use super::super::source::Span;
use super::fields::Fields;
use super::{Dated, Expression, Text, values};

/// A clause as it was written.
#[derive(Debug)]
pub struct DraftClause {
    /// Id.
    pub id: Text,
    /// 中文名.
    pub name: Text,
    /// Scope; absent: the household.
    pub scope: Option<Text>,
    /// Type of the value.
    pub unit: Text,
    /// Citation.
    pub cite: Option<Text>,
    /// Legal effect.
    pub dated: Dated,
    /// What holds outside it.
    pub on_lapse: Option<DraftLapse>,
    /// The basis on which it replaces another.
    pub overrides: Option<Text>,
    /// The value.
    pub value: Expression,
}

/// What holds outside a clause's effect, as it was written.
#[derive(Debug)]
pub struct DraftLapse {
    /// Whom the lapse touches.
    pub when: Expression,
    /// The value for everybody else.
    pub otherwise: Option<Text>,
}

/// A filtered scope with a name.
#[derive(Debug)]
pub struct DraftGroup {
    /// Its name.
    pub name: Text,
    /// The scope.
    pub over: Text,
    /// The filter.
    pub filter: Expression,
    /// Where it stands.
    pub span: Span,
}

const KEYS: [&str; 10] = [
    "id",
    "name",
    "scope",
    "unit",
    "cite",
    "in_force",
    "by",
    "on_lapse",
    "overrides",
    "value",
];

/// Reads all clauses.
pub fn read(document: &Fields<'_>, remarks: &mut Remarks<'_>) -> Vec<DraftClause> {
    let mut read = Vec::new();
    for entry in document.entries(remarks, "clauses") {
        remarks.enter(At::Clause, "");
        let Some(fields) = Fields::open(entry.node, &KEYS, remarks) else {
            continue;
        };
        let Some(id) = fields.entry_id(&entry, "id", remarks) else {
            continue;
        };
        remarks.enter(At::Clause, &id.value);
        super::fields::check_id(&id, remarks);
        let name = fields.need(remarks, "name");
        let unit = fields.need(remarks, "unit");
        let cite = fields.need(remarks, "cite");
        let clause = DraftClause {
            // Without a name or a unit the clause is still known by its id, so that its users draw no error.
            name: name.unwrap_or_else(|| id.clone()),
            unit: unit.unwrap_or_else(|| Text {
                value: String::new(),
                span: id.span,
            }),
            scope: fields.text(remarks, "scope"),
            cite,
            dated: values::dated(&fields, remarks),
            on_lapse: lapse(&fields, remarks),
            overrides: fields.text(remarks, "overrides"),
            value: fields.need_expression(remarks, "value"),
            id,
        };
        read.push(clause);
    }
    read
}

fn lapse(fields: &Fields<'_>, remarks: &mut Remarks<'_>) -> Option<DraftLapse> {
    let fields = Fields::open(fields.get("on_lapse")?, &["when", "else"], remarks)?;
    Some(DraftLapse {
        when: fields.need_expression(remarks, "when"),
        otherwise: fields.need(remarks, "else"),
    })
}

/// Reads all groups.
pub fn read_groups(document: &Fields<'_>, remarks: &mut Remarks<'_>) -> Vec<DraftGroup> {
    let mut read = Vec::new();
    for entry in document.entries(remarks, "groups") {
        remarks.enter(At::Group, "");
        let Some(fields) = Fields::open(entry.node, &["name", "over", "where"], remarks) else {
            continue;
        };
        let Some(name) = fields.entry_id(&entry, "name", remarks) else {
            continue;
        };
        remarks.enter(At::Group, &name.value);
        let Some(over) = fields.need(remarks, "over") else {
            continue;
        };
        let filter = fields.need_expression(remarks, "where");
        read.push(DraftGroup {
            name,
            over,
            filter,
            span: fields.place(),
        });
    }
    read
}
