//! The documents of a preview, and the law that they make with those in use at the time of a decision.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::App;
use crate::app::command::{PolicyName, PreviewImpact, Use};
use crate::app::error::{AppError, ResourceKind, Violation};
use crate::app::laws::{AdoptedLaw, kind};
use crate::app::policies::{above, kind_of};
use crate::area::AreaCode;
use crate::log::Hash;
use crate::rules::document::Document;
use crate::rules::language::said::law_error;
use crate::rules::language::say::Lang;
use crate::rules::language::{Context, read};
use crate::rules::law::{Law, Published};

/// Laws that are kept: a log's decisions come in the order of its publications, so few are in use at a time.
const LAW_COUNT_MAX: usize = 16;

/// Where a document stands that was given for a preview.
const PREVIEW_ORIGIN: &str = "preview";

/// The documents that were given.
pub(super) struct Documents {
    lang: Lang,
    given: Vec<Document>,
    /// By the law that decided: each county's is another.
    laws: BTreeMap<(AreaCode, Hash), Arc<Law>>,
}

impl Documents {
    /// The law of an area with the given documents in place of those of their id and area.
    pub(super) fn law(&mut self, area: AreaCode, then: &AdoptedLaw) -> Result<Arc<Law>, AppError> {
        let key = (area, then.digest);
        if let Some(kept) = self.laws.get(&key) {
            return Ok(kept.clone());
        }
        let law = Arc::new(self.resolve(area, then)?);
        if self.laws.len() >= LAW_COUNT_MAX {
            self.laws.pop_first();
        }
        self.laws.insert(key, law.clone());
        Ok(law)
    }

    fn resolve(&self, area: AreaCode, then: &AdoptedLaw) -> Result<Law, AppError> {
        let concerns = |document: &&Document| document.area.parse().is_ok_and(|of| area.lies_in(of));
        let given: Vec<&Document> = self.given.iter().filter(concerns).collect();
        let replaced = |old: &Document| given.iter().any(|new| new.policy == old.policy && new.area == old.area);
        let kept = then.documents.iter().filter(|published| !replaced(&published.document));
        let mut documents: Vec<Published> = kept.cloned().collect();
        documents.extend(
            given
                .iter()
                .map(|document| Published::new((*document).clone(), PREVIEW_ORIGIN, 0)),
        );
        let of = |wanted: &str| -> Vec<Published> {
            let fits = |published: &&Published| kind_of(&published.document) == wanted;
            documents.iter().filter(fits).cloned().collect()
        };
        let none = || AppError::NoPolicyInForce { area };
        let (calendar, vocabulary) = (of(kind::CALENDAR).pop(), of(kind::VOCABULARY).pop());
        let (calendar, vocabulary) = (calendar.ok_or_else(none)?, vocabulary.ok_or_else(none)?);
        let code = area.to_string().parse().map_err(|error| AppError::internal(&error))?;
        Law::resolve(code, &of(kind::POLICY), &calendar, &vocabulary).map_err(|errors| {
            // Which of the documents it is stands in the words: a collision has two sides.
            let words = errors
                .iter()
                .map(|error| violation("sources", law_error(error, self.lang)));
            AppError::PolicyInvalid(words.collect())
        })
    }
}

impl App {
    /// Reads what was given; `area` is the first county, whose documents stand around it.
    pub(super) async fn given_documents(&self, command: &PreviewImpact, area: AreaCode) -> Result<Documents, AppError> {
        let mut given = Vec::new();
        for name in &command.policies {
            given.push(self.published_document(name).await?);
        }
        let mut adopted: Vec<Document> = Vec::new();
        for (_, published) in self.adopted(area).await? {
            adopted.push(published.document.as_ref().clone());
        }
        for (number, source) in command.sources.iter().enumerate() {
            let around = adopted
                .iter()
                .filter(|old| {
                    !given
                        .iter()
                        .any(|new: &Document| new.policy == old.policy && new.area == old.area)
                })
                .chain(&given);
            let context = Context {
                documents: above(around, source),
                texts: self.held_texts.clone(),
            };
            let field = format!("sources[{number}]");
            let checked = read(source, &field, &context).map_err(|errors| {
                let words = errors
                    .iter()
                    .map(|error| violation(&field, error.text_in(command.lang)));
                AppError::PolicyInvalid(words.collect())
            })?;
            given.push(checked.document);
        }
        concern(command.area, &given, command.policies.len())?;
        self.know_uses(command, area, &given).await?;
        Ok(Documents {
            lang: command.lang,
            given,
            laws: BTreeMap::new(),
        })
    }

    async fn published_document(&self, name: &PolicyName) -> Result<Document, AppError> {
        let rows = self.policy_rows(name.area).await?;
        let row = rows.iter().rev().find(|row| row.digest == name.digest);
        let row = row.ok_or_else(|| AppError::NotFound {
            kind: ResourceKind::Policy,
            name: name.to_string(),
        })?;
        self.policy_document(row).await
    }

    /// A slip of the pen in an id would find nothing and look like good news.
    async fn know_uses(&self, command: &PreviewImpact, area: AreaCode, given: &[Document]) -> Result<(), AppError> {
        let mut documents: Vec<Document> = given.to_vec();
        if !command.uses.is_empty() {
            for row in self.policy_rows(area).await? {
                documents.push(self.policy_document(&row).await?);
            }
        }
        let unknown = |(number, wanted): (usize, &Use)| {
            let known = documents.iter().any(|document| has(document, wanted));
            (!known).then(|| Violation {
                field: format!("uses[{number}].id"),
                description: "is in no document of the area: correct the id, or the row".to_owned(),
            })
        };
        let unknown: Vec<Violation> = command.uses.iter().enumerate().filter_map(unknown).collect();
        if unknown.is_empty() {
            Ok(())
        } else {
            Err(AppError::Invalid(unknown))
        }
    }
}

fn has(document: &Document, wanted: &Use) -> bool {
    match wanted {
        Use::Parameter { id, row } => document.parameters.iter().any(|parameter| {
            let of_row = |row: &String| parameter.values.iter().any(|value| value.id == *row);
            parameter.id == *id && row.as_ref().is_none_or(of_row)
        }),
        Use::Choice(id) => document.choices.iter().any(|choice| choice.id == *id),
        Use::Clause(id) => document.clauses.iter().any(|clause| clause.id == *id),
    }
}

/// A document of another part of the country would change nothing here. Those named in `policies` come first.
fn concern(area: AreaCode, given: &[Document], named: usize) -> Result<(), AppError> {
    let elsewhere = |(_, document): &(usize, &Document)| {
        let of: Option<AreaCode> = document.area.parse().ok();
        !of.is_some_and(|of| area.lies_in(of) || of.lies_in(area))
    };
    let words: Vec<Violation> = given
        .iter()
        .enumerate()
        .filter(elsewhere)
        .map(|(at, document)| {
            let (policy, of) = (&document.policy, &document.area);
            let field = match at.checked_sub(named) {
                None => format!("policies[{at}]"),
                Some(at) => format!("sources[{at}]"),
            };
            violation(
                &field,
                format!("{policy} is of {of}, which has nothing to do with {area}: leave it out"),
            )
        })
        .collect();
    if words.is_empty() {
        Ok(())
    } else {
        Err(AppError::PolicyInvalid(words))
    }
}

/// A finding in the officers' text.
fn violation(field: &str, description: String) -> Violation {
    Violation {
        field: field.to_owned(),
        description,
    }
}
