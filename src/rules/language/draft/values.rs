//! Reads dates, intervals and the small closed lists of words.

use super::super::error::Remarks;
use super::super::lex::{self, Token};
use super::super::said::{Fix, Wrong};
use super::super::yaml::Value;
use super::fields::{Fields, shorten};
use super::{Dated, Text};
use crate::rules::calendar::Date;
use crate::rules::document::{InForce, SelectedBy, month_edge};

/// Six digits.
pub fn is_area(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())
}

/// A day; a month is its first or its last day.
pub fn day(text: &Text, last: bool, remarks: &mut Remarks<'_>) -> Option<Date> {
    let offsets = vec![text.span.start; text.value.len() + 1];
    match lex::tokens(&text.value, &offsets).as_slice() {
        [(Token::Date(date), _)] => Some(*date),
        [(Token::Month(month), _)] => Some(month_edge(*month, last)),
        [(Token::Bad(wrong, fix), _)] => {
            remarks.error(text.span, wrong.clone(), fix.clone());
            None
        }
        _ => {
            let wrong = Wrong::NotADate {
                text: shorten(&text.value),
            };
            remarks.error(text.span, wrong, Fix::DateForm);
            None
        }
    }
}

/// `from` and `until` of a map.
pub fn interval(fields: &Fields<'_>, remarks: &mut Remarks<'_>) -> InForce {
    let from = fields.text(remarks, "from").and_then(|text| day(&text, false, remarks));
    let until = fields.text(remarks, "until");
    let until_day = until.as_ref().and_then(|text| day(text, true, remarks));
    if let (Some(from), Some(last), Some(text)) = (from, until_day, until)
        && last < from
    {
        remarks.error(text.span, Wrong::UntilBeforeFrom, Fix::UntilIsLast);
    }
    InForce { from, until: until_day }
}

/// `in_force` of an entry.
pub fn in_force(fields: &Fields<'_>, remarks: &mut Remarks<'_>) -> InForce {
    let Some(node) = fields.get("in_force") else {
        return InForce::default();
    };
    if let Value::Scalar(_) = &node.value {
        let from = fields
            .text(remarks, "in_force")
            .and_then(|text| day(&text, false, remarks));
        return InForce { from, until: None };
    }
    Fields::open(node, &["from", "until"], remarks)
        .map(|fields| interval(&fields, remarks))
        .unwrap_or_default()
}

/// `in_force` and `by`.
pub fn dated(fields: &Fields<'_>, remarks: &mut Remarks<'_>) -> Dated {
    Dated {
        in_force: in_force(fields, remarks),
        by: selected_by(fields, remarks),
    }
}

/// `by` of a clause, a parameter or a guard.
pub fn selected_by(fields: &Fields<'_>, remarks: &mut Remarks<'_>) -> Option<SelectedBy> {
    let text = fields.text(remarks, "by")?;
    let by = match text.value.as_str() {
        "核算月" | "assessed_month" => Some(SelectedBy::AssessedMonth),
        "决定日" | "decision_date" => Some(SelectedBy::DecisionDate),
        "申请日" | "application_date" => Some(SelectedBy::ApplicationDate),
        _ => None,
    };
    if by.is_none() {
        let value = shorten(&text.value);
        remarks.error(text.span, Wrong::IsWord { key: "by", value }, Fix::ByForm);
    }
    by
}
