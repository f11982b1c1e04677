//! Reads the years of the working-day calendar, and the worked cases.

use super::super::error::Remarks;
use super::super::said::{At, Fix, Wrong};
use super::super::yaml::{Value, Yaml};
use super::fields::{Entry, Fields};
use super::{Placed, Text, values};
use crate::canonical::Json;
use crate::rules::calendar::Date;
use crate::rules::document::{CalendarYear, WorkedCase};

/// Most days of one span: no holiday is longer, a slip in a year is.
const SPAN_DAYS_MAX: usize = 31;

/// Reads all years.
pub fn read(document: &Fields<'_>, remarks: &mut Remarks<'_>) -> Vec<Placed<CalendarYear>> {
    let mut read: Vec<Placed<CalendarYear>> = Vec::new();
    for entry in document.entries(remarks, "calendar") {
        remarks.enter(At::Calendar, "");
        let Some(fields) = Fields::open(entry.node, &["year", "off", "work", "cite", "sample"], remarks) else {
            continue;
        };
        let Some(text) = fields.entry_id(&entry, "year", remarks) else {
            continue;
        };
        remarks.enter(At::Calendar, &text.value);
        let Some(year) = text.value.parse().ok().filter(|year| (1949..=2200).contains(year)) else {
            remarks.error(text.span, Wrong::NotAYear { text: text.value }, Fix::FourDigits);
            continue;
        };
        if read.iter().any(|other| other.value.year == year) {
            remarks.error(text.span, Wrong::YearTwice { year }, Fix::KeepOne);
        }
        let off = days(&fields, "off", year, remarks);
        let work = days(&fields, "work", year, remarks);
        let value = CalendarYear {
            year,
            off,
            work,
            cite: fields.text(remarks, "cite").map(|cite| cite.value),
            sample: fields.flag(remarks, "sample"),
        };
        read.push(Placed { value, span: text.span });
    }
    read
}

/// The days of `off` or `work`, in order.
fn days(fields: &Fields<'_>, key: &str, year: i32, remarks: &mut Remarks<'_>) -> Vec<Date> {
    let mut days = Vec::new();
    for text in fields.texts(remarks, key) {
        let part = |value: &str| Text {
            value: value.to_string(),
            span: text.span,
        };
        let (first, last) = match text.value.split_once("..") {
            Some((first, last)) => (part(first.trim()), part(last.trim())),
            None => (text.clone(), text.clone()),
        };
        let (Some(first), Some(last)) = (values::day(&first, false, remarks), values::day(&last, true, remarks)) else {
            continue;
        };
        let span: Vec<Date> = (first.days()..=last.days())
            .take(SPAN_DAYS_MAX + 1)
            .filter_map(Date::from_days)
            .collect();
        let inside = span.iter().all(|day| day.month().civil().0 == year);
        if span.is_empty() || span.len() > SPAN_DAYS_MAX || !inside {
            let wrong = Wrong::NotASpan {
                text: text.value.clone(),
                year,
            };
            remarks.error(text.span, wrong, Fix::SpanForm { max: SPAN_DAYS_MAX });
            continue;
        }
        // A span of holidays runs over a weekend; a single day says that it differs from the week.
        let wanted = |day: &&Date| day.is_weekend() == (key == "work");
        if span.len() == 1 && !span.iter().all(|day| wanted(&day)) {
            let day = text.value.clone();
            let wrong = if key == "off" {
                Wrong::OffAlready { text: day }
            } else {
                Wrong::WorkAlready { text: day }
            };
            remarks.error(text.span, wrong, Fix::OffAndWork);
        }
        days.extend(span.iter().filter(wanted));
    }
    days.sort_unstable();
    let count = days.len();
    days.dedup();
    if days.len() != count {
        let key = key.to_owned();
        remarks.error(fields.place(), Wrong::DayTwice { key }, Fix::KeepOne);
    }
    days
}

/// Reads all worked cases, as they stand.
pub fn read_cases(document: &Fields<'_>, remarks: &mut Remarks<'_>) -> Vec<WorkedCase> {
    let mut read = Vec::new();
    for entry in document.entries(remarks, "cases") {
        remarks.enter(At::Case, "");
        read.extend(worked_case(&entry, remarks));
    }
    read
}

fn worked_case(entry: &Entry<'_>, remarks: &mut Remarks<'_>) -> Option<WorkedCase> {
    let fields = Fields::open(entry.node, &["name", "facts", "expect"], remarks)?;
    let name = fields.entry_id(entry, "name", remarks)?;
    remarks.enter(At::Case, &name.value);
    let mut part = |key: &'static str| match fields.get(key) {
        Some(node) if matches!(node.value, Value::Map(_)) => Some(json(node)),
        Some(node) => {
            let kind = node.kind();
            remarks.error(node.span, Wrong::IsKind { key, kind }, Fix::WriteMap);
            None
        }
        None => {
            remarks.error(name.span, Wrong::Missing { key }, Fix::AddKey { key });
            None
        }
    };
    let (facts, expect) = (part("facts"), part("expect"));
    Some(WorkedCase {
        name: name.value,
        facts: facts?,
        expect: expect?,
    })
}

/// A node as JSON: whole numbers and `true`/`false` that are not quoted as such, all else as text.
fn json(node: &Yaml) -> Json {
    match &node.value {
        Value::List(items) => Json::List(items.iter().map(json).collect()),
        Value::Map(members) => Json::object(members.iter().map(|(key, value)| (key.text.clone(), json(value)))),
        Value::Scalar(scalar) => match scalar.text.as_str() {
            "true" if scalar.plain => Json::Bool(true),
            "false" if scalar.plain => Json::Bool(false),
            // An area code is a name made of digits; only short plain numbers are counts.
            text if scalar.plain && is_count(text) => text
                .parse()
                .map_or_else(|_| Json::text(text), |value: i64| Json::integer(i128::from(value))),
            text => Json::text(text),
        },
    }
}

fn is_count(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leading_zero = digits.len() > 1 && digits.starts_with('0');
    (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !leading_zero
}
