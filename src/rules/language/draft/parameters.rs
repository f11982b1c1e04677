//! Reads parameters: their declaration, bounds and dated values.

use super::super::error::Remarks;
use super::super::said::{At, Fix, Wrong};
use super::super::source::Span;
use super::fields::Fields;
use super::{Text, values};
use crate::rules::document::{InForce, SelectedBy};

/// A parameter as it was written.
#[derive(Debug)]
pub struct DraftParameter {
    /// Id.
    pub id: Text,
    /// 名称; a declaration has one.
    pub name: Option<Text>,
    /// Type of the value; a declaration has one.
    pub unit: Option<Text>,
    /// Types of the keys.
    pub keys: Vec<Text>,
    /// The date that selects the value.
    pub by: Option<SelectedBy>,
    /// The value of a key that no row lists.
    pub otherwise: Option<Text>,
    /// Who chooses.
    pub chosen_by: Option<Text>,
    /// Who may set it.
    pub settable_by: Vec<Text>,
    /// Citation.
    pub cite: Option<Text>,
    /// Bounds.
    pub bounds: Option<DraftBounds>,
    /// Rows.
    pub values: Vec<DraftValue>,
}

/// Bounds as they were written.
#[derive(Debug)]
pub struct DraftBounds {
    /// Least.
    pub min: Text,
    /// Greatest.
    pub max: Text,
    /// Citation.
    pub cite: Text,
}

/// A row as it was written.
#[derive(Debug)]
pub struct DraftValue {
    /// Where it stands.
    pub span: Span,
    /// Id, if it has one of its own.
    pub id: Option<Text>,
    /// The areas it holds for; empty: the document's own.
    pub areas: Vec<Text>,
    /// Keys.
    pub keys: Vec<Text>,
    /// Legal effect.
    pub in_force: InForce,
    /// The value.
    pub value: Option<Text>,
    /// Citation.
    pub cite: Option<Text>,
    /// A sample.
    pub sample: bool,
    /// For people.
    pub note: Option<Text>,
}

const KEYS: [&str; 17] = [
    "id",
    "name",
    "unit",
    "keys",
    "by",
    "otherwise",
    "chosen_by",
    "settable_by",
    "cite",
    "bounds",
    "values",
    "value",
    "from",
    "until",
    "sample",
    "note",
    "area",
];
const ROW_KEYS: [&str; 9] = ["id", "area", "for", "from", "until", "value", "cite", "sample", "note"];

/// Reads all of them.
pub fn read(document: &Fields<'_>, remarks: &mut Remarks<'_>) -> Vec<DraftParameter> {
    let mut read = Vec::new();
    for entry in document.entries(remarks, "parameters") {
        remarks.enter(At::Parameter, "");
        let Some(fields) = Fields::open(entry.node, &KEYS, remarks) else {
            continue;
        };
        let Some(id) = fields.entry_id(&entry, "id", remarks) else {
            continue;
        };
        super::fields::check_id(&id, remarks);
        remarks.enter(At::Parameter, &id.value);
        let mut rows: Vec<DraftValue> = Vec::new();
        for entry in fields.entries(remarks, "values") {
            if let Some(fields) = Fields::open(entry.node, &ROW_KEYS, remarks) {
                rows.push(row(&fields, remarks));
            }
        }
        if fields.has("value") && fields.has("values") {
            remarks.error(id.span, Wrong::ValueAndValues, Fix::ValueIntoRow);
        } else if fields.has("value") {
            // The parameter's own citation is the row's by default; its id is not the row's.
            rows.push(DraftValue {
                id: None,
                cite: None,
                ..row(&fields, remarks)
            });
        } else if let Some(key) = ["from", "until", "sample", "note", "area"]
            .into_iter()
            .find(|key| fields.has(key))
        {
            remarks.error(id.span, Wrong::WithoutValue { key }, Fix::ItIntoRow);
        }
        read.push(DraftParameter {
            id,
            name: fields.text(remarks, "name"),
            unit: fields.text(remarks, "unit"),
            keys: fields.texts(remarks, "keys"),
            by: values::selected_by(&fields, remarks),
            otherwise: fields.text(remarks, "otherwise"),
            chosen_by: fields.text(remarks, "chosen_by"),
            settable_by: fields.texts(remarks, "settable_by"),
            cite: fields.text(remarks, "cite"),
            bounds: bounds(&fields, remarks),
            values: rows,
        });
    }
    read
}

fn bounds(fields: &Fields<'_>, remarks: &mut Remarks<'_>) -> Option<DraftBounds> {
    let fields = Fields::open(fields.get("bounds")?, &["min", "max", "cite"], remarks)?;
    let (min, max) = (fields.need(remarks, "min"), fields.need(remarks, "max"));
    Some(DraftBounds {
        min: min?,
        max: max?,
        cite: fields.need(remarks, "cite")?,
    })
}

fn row(fields: &Fields<'_>, remarks: &mut Remarks<'_>) -> DraftValue {
    DraftValue {
        span: fields.place(),
        id: fields.text(remarks, "id"),
        areas: fields.texts(remarks, "area"),
        keys: fields.texts(remarks, "for"),
        in_force: values::interval(fields, remarks),
        value: fields.text(remarks, "value"),
        cite: fields.text(remarks, "cite"),
        sample: fields.flag(remarks, "sample"),
        note: fields.text(remarks, "note"),
    }
}
