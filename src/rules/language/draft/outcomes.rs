//! Reads outcome lists.

use super::super::error::Remarks;
use super::super::said::{At, Fix, Wrong};
use super::super::source::Span;
use super::super::yaml::Value;
use super::fields::{Fields, expression};
use super::{Expression, Text, values};
use crate::rules::document::InForce;

/// A list as it was written.
#[derive(Debug)]
pub struct DraftList {
    /// Id.
    pub id: Text,
    /// Codes of 办理事项; empty: the id alone.
    pub kinds: Vec<Text>,
    /// Scope; absent: the household.
    pub scope: Option<Text>,
    /// Whom it concerns.
    pub concerns: Expression,
    /// Whether the text has `concerns`, right or wrong.
    pub has_concerns: bool,
    /// Rows.
    pub rows: Vec<DraftRow>,
}

/// A row as it was written.
#[derive(Debug)]
pub struct DraftRow {
    /// Where it stands.
    pub span: Span,
    /// Id, if it has one of its own.
    pub id: Option<Text>,
    /// Legal effect.
    pub in_force: InForce,
    /// The basis on which it replaces another.
    pub overrides: Option<Text>,
    /// The row before which it is put.
    pub before: Option<Text>,
    /// When it decides.
    pub when: Expression,
    /// Outcome code.
    pub outcome: Text,
    /// Reason code.
    pub reason: Option<Text>,
    /// Citation.
    pub cite: Option<Text>,
    /// Whom it covers.
    pub persons: Expression,
    /// Monthly amount.
    pub amount: Expression,
    /// Whether the text has an `amount`, right or wrong.
    pub has_amount: bool,
    /// First month.
    pub from: Expression,
    /// Whether the text has a `from`, right or wrong.
    pub has_from: bool,
    /// A calendar of months.
    pub months: Option<DraftMonths>,
    /// How long it is valid.
    pub valid: Expression,
    /// What is planned to follow.
    pub then: Option<DraftThen>,
    /// An amount that is shown.
    pub shows: Expression,
    /// Steps.
    pub first: Vec<String>,
    /// Referrals.
    pub refer: Vec<String>,
    /// Flags.
    pub flags: Vec<DraftFlag>,
}

/// A calendar of months as it was written.
#[derive(Debug)]
pub struct DraftMonths {
    /// First month.
    pub from: Expression,
    /// How many.
    pub count: Expression,
    /// Amount of one.
    pub amount: Expression,
}

/// A planned outcome as it was written.
#[derive(Debug)]
pub struct DraftThen {
    /// Outcome code.
    pub outcome: Option<Text>,
    /// First month of effect.
    pub from: Expression,
    /// Reason code.
    pub reason: Option<Text>,
    /// Steps.
    pub first: Vec<String>,
}

/// A flag and its condition.
#[derive(Debug)]
pub struct DraftFlag {
    /// Code.
    pub code: Text,
    /// Condition.
    pub when: Expression,
}

const LIST_KEYS: [&str; 5] = ["id", "kinds", "scope", "concerns", "rows"];
const ROW_KEYS: [&str; 17] = [
    "id",
    "in_force",
    "overrides",
    "before",
    "when",
    "outcome",
    "reason",
    "cite",
    "persons",
    "amount",
    "from",
    "months",
    "valid",
    "then",
    "shows",
    "first",
    "refer",
];

/// Reads all lists.
pub fn read(document: &Fields<'_>, remarks: &mut Remarks<'_>) -> Vec<DraftList> {
    let mut read = Vec::new();
    for entry in document.entries(remarks, "outcomes") {
        remarks.enter(At::Outcomes, "");
        // `determine: [rows]` is short for a map with `rows`.
        if let (Some(id), Value::List(_)) = (&entry.key, &entry.node.value) {
            super::fields::check_id(id, remarks);
            let rows = super::fields::entries(entry.node, &id.value, remarks);
            let rows = rows.iter().filter_map(|row| read_row(id, row.node, remarks)).collect();
            read.push(DraftList {
                id: id.clone(),
                kinds: Vec::new(),
                scope: None,
                concerns: None,
                has_concerns: false,
                rows,
            });
            continue;
        }
        let Some(fields) = Fields::open(entry.node, &LIST_KEYS, remarks) else {
            continue;
        };
        let Some(id) = fields.entry_id(&entry, "id", remarks) else {
            continue;
        };
        super::fields::check_id(&id, remarks);
        remarks.enter(At::Outcomes, &id.value);
        let rows = fields.entries(remarks, "rows");
        read.push(DraftList {
            kinds: fields.texts(remarks, "kinds"),
            scope: fields.text(remarks, "scope"),
            concerns: fields.expression(remarks, "concerns"),
            has_concerns: fields.has("concerns"),
            rows: rows.iter().filter_map(|row| read_row(&id, row.node, remarks)).collect(),
            id,
        });
    }
    read
}

fn read_row(list: &Text, node: &super::Yaml, remarks: &mut Remarks<'_>) -> Option<DraftRow> {
    remarks.enter(At::Outcomes, &list.value);
    let keys: Vec<&str> = ROW_KEYS.into_iter().chain(["flags"]).collect();
    let fields = Fields::open(node, &keys, remarks)?;
    let outcome = fields.need(remarks, "outcome")?;
    remarks.enter(At::Outcomes, format!("{} {}", list.value, outcome.value));
    Some(DraftRow {
        span: fields.place(),
        id: fields.text(remarks, "id"),
        in_force: values::in_force(&fields, remarks),
        overrides: fields.text(remarks, "overrides"),
        before: fields.text(remarks, "before"),
        when: fields.need_expression(remarks, "when"),
        reason: fields.text(remarks, "reason"),
        cite: fields.need(remarks, "cite"),
        persons: fields.expression(remarks, "persons"),
        amount: fields.expression(remarks, "amount"),
        has_amount: fields.has("amount"),
        from: fields.expression(remarks, "from"),
        has_from: fields.has("from"),
        months: months(&fields, remarks),
        valid: fields.expression(remarks, "valid"),
        then: then(&fields, remarks),
        shows: fields.expression(remarks, "shows"),
        first: codes(&fields, "first", remarks),
        refer: codes(&fields, "refer", remarks),
        flags: flags(&fields, remarks),
        outcome,
    })
}

fn codes(fields: &Fields<'_>, key: &str, remarks: &mut Remarks<'_>) -> Vec<String> {
    fields.texts(remarks, key).into_iter().map(|code| code.value).collect()
}

fn months(fields: &Fields<'_>, remarks: &mut Remarks<'_>) -> Option<DraftMonths> {
    let fields = Fields::open(fields.get("months")?, &["from", "count", "amount"], remarks)?;
    Some(DraftMonths {
        from: fields.need_expression(remarks, "from"),
        count: fields.need_expression(remarks, "count"),
        amount: fields.need_expression(remarks, "amount"),
    })
}

fn then(fields: &Fields<'_>, remarks: &mut Remarks<'_>) -> Option<DraftThen> {
    let fields = Fields::open(fields.get("then")?, &["outcome", "from", "reason", "first"], remarks)?;
    Some(DraftThen {
        outcome: fields.need(remarks, "outcome"),
        from: fields.need_expression(remarks, "from"),
        reason: fields.text(remarks, "reason"),
        first: codes(&fields, "first", remarks),
    })
}

/// A map from code to condition.
fn flags(fields: &Fields<'_>, remarks: &mut Remarks<'_>) -> Vec<DraftFlag> {
    let mut flags = Vec::new();
    for entry in fields.entries(remarks, "flags") {
        let (Some(code), Value::Scalar(scalar)) = (entry.key, &entry.node.value) else {
            remarks.error(entry.node.span, Wrong::FlagForm, Fix::FlagsAsMap);
            continue;
        };
        flags.push(DraftFlag {
            code,
            when: expression(scalar, entry.node.span, remarks),
        });
    }
    flags
}
