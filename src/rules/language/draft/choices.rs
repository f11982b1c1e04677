//! Reads the options chosen where the law is open.

use super::super::error::Remarks;
use super::super::said::{At, Fix, Wrong};
use super::fields::Fields;
use super::{Text, values};
use crate::rules::document::InForce;

/// A choice as it was written.
#[derive(Debug)]
pub struct DraftChoice {
    /// `P10`, `P4_wages`.
    pub id: Text,
    /// The question.
    pub name: Option<Text>,
    /// All options, in the first document that names the choice.
    pub options: Vec<Text>,
    /// The option chosen.
    pub option: Text,
    /// Legal effect.
    pub in_force: InForce,
    /// The clause that leaves it open.
    pub cite: Option<Text>,
    /// Who chose.
    pub by: String,
    /// Why.
    pub note: Option<String>,
}

const KEYS: [&str; 8] = ["id", "name", "options", "option", "in_force", "cite", "by", "note"];

/// Reads all of them.
pub fn read(document: &Fields<'_>, remarks: &mut Remarks<'_>) -> Vec<DraftChoice> {
    let mut read = Vec::new();
    for entry in document.entries(remarks, "choices") {
        remarks.enter(At::Choice, "");
        let Some(fields) = Fields::open(entry.node, &KEYS, remarks) else {
            continue;
        };
        let Some(id) = fields.entry_id(&entry, "id", remarks) else {
            continue;
        };
        remarks.enter(At::Choice, &id.value);
        if !is_choice_id(&id.value) {
            let wrong = Wrong::NotAChoiceId { id: id.value.clone() };
            remarks.error(id.span, wrong, Fix::ChoiceIdForm);
        }
        let Some(option) = fields.need(remarks, "option") else {
            continue;
        };
        read.push(DraftChoice {
            id,
            name: fields.text(remarks, "name"),
            options: fields.texts(remarks, "options"),
            option,
            in_force: values::in_force(&fields, remarks),
            cite: fields.text(remarks, "cite"),
            by: fields
                .text(remarks, "by")
                .map_or_else(|| "默认".to_string(), |by| by.value),
            note: fields.text(remarks, "note").map(|note| note.value),
        });
    }
    read
}

fn is_choice_id(id: &str) -> bool {
    let Some(rest) = id.strip_prefix('P') else { return false };
    let (number, suffix) = rest.split_once('_').unwrap_or((rest, "x"));
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=3).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
        && !suffix.is_empty()
        && suffix.chars().all(lower)
}
