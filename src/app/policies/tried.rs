//! A document tried out before it is published: what it builds on, the law with it in place, its worked cases.

use crate::app::error::{AppError, Violation};
use crate::app::laws::kind;
use crate::area::AreaCode;
use crate::log::TreeSize;
use crate::rules::diff::shadow::{Prevails, Shadow};
use crate::rules::document::Document;
use crate::rules::language::PolicyError;
use crate::rules::language::library::{heading, lies_in};
use crate::rules::language::said::law_error;
use crate::rules::language::say::{Lang, Say as _, phrases};
use crate::rules::law::{Law, LawError, Published};

phrases! {
    /// What trying a document out finds.
    Finding {
        Case { case: String, unlike: String } => "worked case {case}: {unlike}", "算例 {case}：{unlike}";
    }
}

/// The kind under which a document is projected. Any level may add years of the calendar; the calendar
/// document is the one that holds nothing else.
pub(in crate::app) fn kind_of(document: &Document) -> &'static str {
    let decides = !document.clauses.is_empty() || !document.parameters.is_empty() || !document.outcomes.is_empty();
    if document.vocabulary.is_some() {
        kind::VOCABULARY
    } else if document.calendar.is_empty() || decides {
        kind::POLICY
    } else {
        kind::CALENDAR
    }
}

/// What a document is checked against: those of the areas it lies in, without its own earlier version. A document
/// below it is none of its superiors, though the area has adopted it first.
pub(in crate::app) fn above<'d>(documents: impl Iterator<Item = &'d Document>, source: &str) -> Vec<Document> {
    let own = heading(source);
    let is_own = |document: &&Document| document.policy == own.policy && document.area == own.area;
    documents
        .filter(|document| lies_in(&own.area, &document.area) && !is_own(document))
        .cloned()
        .collect()
}

/// Resolves the law with the new document in its place and runs its worked cases. A law that is not
/// complete yet, as before the calendar or the vocabulary is adopted, has nothing to run.
pub(super) fn try_out(
    area: AreaCode,
    adopted: &[(String, Published)],
    document: &Document,
    shadows: &[Shadow],
    lang: Lang,
) -> Result<u32, AppError> {
    let undeclared: Vec<&Shadow> = shadows.iter().filter(|s| s.prevails == Prevails::Undeclared).collect();
    let collisions = undeclared
        .iter()
        .map(|shadow| violation(shadow.words(lang)))
        .collect::<Vec<_>>();
    let replaces = |other: &Published| other.document.policy == document.policy && other.document.area == document.area;
    let mut documents: Vec<(String, Published)> =
        adopted.iter().filter(|(_, other)| !replaces(other)).cloned().collect();
    let new = Published::new(document.clone(), format!("areas/{area}"), TreeSize::EMPTY.get());
    documents.push((kind_of(document).to_owned(), new));
    let of = |wanted: &str| -> Vec<Published> {
        documents
            .iter()
            .filter(|(kind, _)| kind == wanted)
            .map(|(_, published)| published.clone())
            .collect()
    };
    let layers = of(kind::POLICY);
    let (Some(calendar), Some(vocabulary), false) =
        (of(kind::CALENDAR).pop(), of(kind::VOCABULARY).pop(), layers.is_empty())
    else {
        return if collisions.is_empty() {
            Ok(0)
        } else {
            Err(AppError::PolicyInvalid(collisions))
        };
    };
    // The area's own law must resolve; the document's cases are cases of the level that issued it.
    let mut problems = collisions;
    if let Err(errors) = resolve(area, &layers, &calendar, &vocabulary)? {
        // A collision is told with both sides; resolution knows of the lower one alone.
        let told = |error: &&LawError| !undeclared.iter().any(|shadow| tells(shadow, error));
        problems.extend(
            errors
                .iter()
                .filter(told)
                .map(|error| violation(law_error(error, lang))),
        );
    }
    if !problems.is_empty() {
        return Err(AppError::PolicyInvalid(problems));
    }
    let issuer: AreaCode = document.area.parse().map_err(|error| AppError::internal(&error))?;
    let above = |layer: &&Published| layer.document.area.parse().is_ok_and(|other| issuer.lies_in(other));
    let layers: Vec<Published> = layers.iter().filter(above).cloned().collect();
    if kind_of(document) != kind::POLICY || layers.is_empty() {
        return Ok(0);
    }
    let law = resolve(issuer, &layers, &calendar, &vocabulary)?.map_err(|errors| {
        AppError::PolicyInvalid(errors.iter().map(|error| violation(law_error(error, lang))).collect())
    })?;
    let failed = crate::rules::worked::run(&law, document);
    if failed.is_empty() {
        return Ok(u32::try_from(document.cases.len()).unwrap_or(u32::MAX));
    }
    let findings = failed.iter().map(|case| {
        let unlike: Vec<String> = case.differences.iter().map(|unlike| unlike.say(lang)).collect();
        let words = Finding::Case {
            case: case.case.clone(),
            unlike: unlike.join("; "),
        };
        violation(words.say(lang))
    });
    Err(AppError::PolicyInvalid(findings.collect()))
}

fn resolve(
    area: AreaCode,
    layers: &[Published],
    calendar: &Published,
    vocabulary: &Published,
) -> Result<Result<Law, Vec<LawError>>, AppError> {
    let code = area.to_string().parse().map_err(|error| AppError::internal(&error))?;
    Ok(Law::resolve(code, layers, calendar, vocabulary))
}

/// Whether a collision is what resolution complains of.
fn tells(shadow: &Shadow, error: &LawError) -> bool {
    error.policy == shadow.subordinate.policy && error.what == format!("{} {}", shadow.kind.code(), shadow.id)
}

pub(super) fn invalid(errors: &[PolicyError], lang: Lang) -> AppError {
    AppError::PolicyInvalid(errors.iter().map(|error| violation(error.text_in(lang))).collect())
}

/// A finding in the officers' text.
fn violation(description: String) -> Violation {
    Violation {
        field: "source".to_owned(),
        description,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::language::say::held::translated;

    #[test]
    fn what_is_found_stands_in_both_languages() {
        translated(Finding::WRITTEN);
    }

    #[test]
    fn a_document_is_checked_against_those_it_lies_in_and_neither_itself_nor_those_below() {
        let document = |policy: &str, area: &str| Document {
            policy: policy.to_owned(),
            area: area.to_owned(),
            ..Document::default()
        };
        let adopted = [
            document("vocabulary", "100000"),
            document("nation", "100000"),
            document("city", "340300"),
            document("county", "340321"),
        ];
        let names = |source: &str| -> Vec<String> {
            let found = above(adopted.iter(), source).into_iter();
            found.map(|document| document.policy).collect()
        };
        assert_eq!(names("policy: city\narea: 340300\n"), ["vocabulary", "nation"]);
        assert_eq!(names("policy: nation\narea: \"100000\"\n"), ["vocabulary"]);
        assert_eq!(names("policy: other\narea: 340322\n"), ["vocabulary", "nation", "city"]);
    }
}
