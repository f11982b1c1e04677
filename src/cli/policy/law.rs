//! The law that documents make together for one area.

use super::words::Words;
use crate::rules::document::Document;
use crate::rules::language::library::lies_in;
use crate::rules::language::said::law_error;
use crate::rules::language::say::{Lang, Say as _};
use crate::rules::law::{Law, Published};
use crate::rules::value::Area;

/// Where documents stand that are not published yet.
const DRAFT_ORIGIN: &str = "draft";

/// The law of a document's area, of all documents that hold there.
///
/// # Errors
/// What is missing, or what the documents contradict each other in, one sentence each.
pub fn resolve(document: &Document, all: &[&Document], lang: Lang) -> Result<Law, Vec<String>> {
    let published = |document: &Document| Published::new(document.clone(), DRAFT_ORIGIN, 0);
    let vocabulary = all.iter().find(|other| other.vocabulary.is_some());
    let calendar = all.iter().find(|other| is_calendar(other));
    let (Some(vocabulary), Some(calendar)) = (vocabulary, calendar) else {
        let missing = if vocabulary.is_none() {
            Words::NoVocabulary
        } else {
            Words::NoCalendar
        };
        return Err(vec![missing.say(lang)]);
    };
    let layers: Vec<Published> = all
        .iter()
        .filter(|other| other.vocabulary.is_none() && !is_calendar(other) && lies_in(&document.area, &other.area))
        .map(|other| published(other))
        .collect();
    let area: Area = document.area.parse().map_err(|_| {
        let area = document.area.clone();
        vec![Words::NotAnArea { area }.say(lang)]
    })?;
    Law::resolve(area, &layers, &published(calendar), &published(vocabulary))
        .map_err(|errors| errors.iter().map(|error| law_error(error, lang)).collect())
}

/// A document of working days and nothing else.
pub fn is_calendar(document: &Document) -> bool {
    !document.calendar.is_empty() && document.clauses.is_empty() && document.parameters.is_empty()
}
