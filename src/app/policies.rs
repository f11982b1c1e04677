//! Policy documents: checked, published into an area's log, read and listed.

use super::App;
use super::caller::Caller;
use super::command::{GetPolicy, ListPolicies, PolicyName, PublishPolicy};
use super::error::{AppError, ResourceKind, Violation};
use super::laws::{kind, newest};
use super::paging::{place_cursor, rows};
use super::record::{NewRecord, Opened};
use super::result::{Listed, Policy, PolicyRead, Published as Answer};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::record::EntryKind;
use crate::log::sequencer::NewPolicy;
use crate::log::{Hash, RecordId, TreeSize};
use crate::rules::document::Document;
use crate::rules::language::{Context, PolicyError, read};
use crate::rules::law::{Law, Published};
use crate::rules::render::{document as rendered, markdown};
use crate::store::{PolicyRow, RecordCursor};

impl App {
    /// Checks a document against what the area has adopted, runs its worked cases, and publishes it.
    ///
    /// # Errors
    /// [`AppError::PolicyInvalid`] with every finding.
    pub async fn publish_policy(&self, caller: &Caller, command: PublishPolicy) -> Result<Answer, AppError> {
        let area = command.area.without_township();
        let asked = App::asked(area, caller, &command.request_id, &command.to_json());
        if let Some(first) = self.answered(&asked).await? {
            return self.published(&first).await;
        }
        let adopted = self.adopted(area).await?;
        let context = Context {
            documents: superiors(&adopted, &command.source),
            texts: self.held_texts.clone(),
        };
        let checked = read(&command.source, "policy.yaml", &context).map_err(|errors| invalid(&errors))?;
        let document = checked.document;
        let digest = Hash::from_slice(document.digest().as_bytes()).map_err(|error| AppError::internal(&error))?;
        let cases_passed = try_out(area, &adopted, &document)?;
        let document_area: AreaCode = document.area.parse().map_err(|error| AppError::internal(&error))?;
        let warnings = checked.warnings.iter().map(PolicyError::text).collect();
        let mut policy = Policy {
            name: None,
            policy: document.policy.clone(),
            document_area,
            title: document.title.clone(),
            digest,
            index: None,
            logged_seconds: None,
            superseded: false,
        };
        if command.validate_only {
            return Ok(Answer {
                policy,
                acknowledged: None,
                warnings,
                cases_passed,
            });
        }
        let new = NewRecord {
            kind: EntryKind::Policy,
            law: None,
            documents: vec![
                ("policy", document.to_json().to_bytes()),
                ("source", command.source.clone().into_bytes()),
            ],
            case: None,
            sets_spans: false,
            persons: Vec::new(),
            policy: Some(NewPolicy {
                policy_id: document.policy.clone(),
                document_area,
                kind: kind_of(&document).to_owned(),
                digest,
            }),
        };
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let opened = self
            .append(&asked, record_id, new)
            .await?
            .map_err(|_| AppError::CaseChanged)?;
        policy.name = Some(PolicyName { area, digest });
        policy.index = Some(opened.acknowledged.index);
        policy.logged_seconds = Some(opened.acknowledged.logged_seconds);
        Ok(Answer {
            policy,
            acknowledged: Some(opened.acknowledged),
            warnings,
            cases_passed,
        })
    }

    /// The first answer to a publication, once more.
    async fn published(&self, opened: &Opened) -> Result<Answer, AppError> {
        let rows = self.policy_rows(opened.row.area).await?;
        let row = rows
            .iter()
            .find(|row| place(row) == (opened.log.log_id, opened.acknowledged.index))
            .ok_or(AppError::LogCorrupt)?;
        let policy = self.policy(row, &rows).await?;
        // What was checked then is not checked again: a retry gives the record, not a second opinion.
        Ok(Answer {
            policy,
            acknowledged: Some(opened.acknowledged.clone()),
            warnings: Vec::new(),
            cases_passed: 0,
        })
    }

    /// Reads a published document by its digest.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn get_policy(&self, command: GetPolicy) -> Result<PolicyRead, AppError> {
        let rows = self.policy_rows(command.name.area).await?;
        let missing = || AppError::NotFound {
            kind: ResourceKind::Policy,
            name: command.name.to_string(),
        };
        let row = rows
            .iter()
            .rev()
            .find(|row| row.digest == command.name.digest)
            .ok_or_else(missing)?;
        let policy = self.policy(row, &rows).await?;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| AppError::LogCorrupt);
        let rendering = if command.include_rendering {
            let adopted = self.adopted(command.name.area).await?;
            let layers: Vec<&Document> = adopted
                .iter()
                .map(|(_, published)| published.document.as_ref())
                .collect();
            markdown(&rendered(&self.policy_document(row).await?, &layers))
        } else {
            String::new()
        };
        let (sealed, source) = if command.include_text {
            (
                self.policy_bytes(row, "policy").await?,
                text(self.policy_bytes(row, "source").await?)?,
            )
        } else {
            (Vec::new(), String::new())
        };
        Ok(PolicyRead {
            policy,
            sealed,
            source,
            rendering,
        })
    }

    /// Lists the documents that an area has adopted, in the order of adoption.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn list_policies(&self, command: ListPolicies) -> Result<Listed<Policy>, AppError> {
        let area = command.area.without_township();
        self.log_of(area, command.min_tree_size).await?;
        let scope = Json::object([
            ("list", Json::from("policies")),
            ("area", area.to_string().into()),
            ("superseded", Json::Bool(command.include_superseded)),
        ]);
        let after = self.record_cursor(area, &scope, &command.page).await?;
        let all = self.policy_rows(area).await?;
        let shown = if command.include_superseded {
            all.clone()
        } else {
            newest(all.clone())
        };
        let following = shown
            .into_iter()
            .filter(|row| after.is_none_or(|after| place(row) > after));
        let found: Vec<PolicyRow> = following.take(rows(&command.page) as usize).collect();
        let cursor = |row: &PolicyRow| place_cursor(row.log_id, row.index);
        let listed = self.page(&scope, &command.page, found, cursor, |row| row)?;
        let mut items = Vec::with_capacity(listed.items.len());
        for row in &listed.items {
            items.push(self.policy(row, &all).await?);
        }
        Ok(Listed {
            items,
            next: listed.next,
        })
    }

    /// Every publication in an area, epoch by epoch, in order.
    pub(super) async fn policy_rows(&self, area: AreaCode) -> Result<Vec<PolicyRow>, AppError> {
        Ok(self.store.policies_of_area(area).await?)
    }

    async fn policy(&self, row: &PolicyRow, all: &[PolicyRow]) -> Result<Policy, AppError> {
        let document = self.policy_document(row).await?;
        let entry = self
            .store
            .entry(row.log_id, row.index)
            .await?
            .ok_or(AppError::LogCorrupt)?;
        let entry = crate::log::record::Entry::parse(&entry.entry).map_err(|_| AppError::LogCorrupt)?;
        let later = |other: &&PolicyRow| {
            place(other) > place(row) && other.policy_id == row.policy_id && other.document_area == row.document_area
        };
        Ok(Policy {
            name: Some(PolicyName {
                area: entry.origin().area(),
                digest: row.digest,
            }),
            policy: row.policy_id.clone(),
            document_area: row.document_area,
            title: document.title,
            digest: row.digest,
            index: Some(row.index),
            logged_seconds: Some(entry.logged_seconds()),
            superseded: all.iter().any(|other| later(&other)),
        })
    }

    /// The documents in use in an area, newest of each: those of its open log.
    async fn adopted(&self, area: AreaCode) -> Result<Vec<(String, Published)>, AppError> {
        let mut adopted = Vec::new();
        let Some(log) = self.store.log_of_area(area).await? else {
            return Ok(adopted);
        };
        for row in newest(self.store.policies(log.log_id, TreeSize::MAX).await?) {
            let document = self.policy_document(&row).await?;
            adopted.push((
                row.kind.clone(),
                Published::new(document, format!("areas/{area}"), row.index.get()),
            ));
        }
        Ok(adopted)
    }
}

/// Where a document came into use.
fn place(row: &PolicyRow) -> RecordCursor {
    (row.log_id, row.index)
}

/// The kind under which a document is projected. Any level may add years of the calendar; the calendar
/// document is the one that holds nothing else.
pub(super) fn kind_of(document: &Document) -> &'static str {
    let decides = !document.clauses.is_empty() || !document.parameters.is_empty() || !document.outcomes.is_empty();
    if document.vocabulary.is_some() {
        kind::VOCABULARY
    } else if document.calendar.is_empty() || decides {
        kind::POLICY
    } else {
        kind::CALENDAR
    }
}

/// What a document is checked against: everything adopted but its own earlier version.
fn superiors(adopted: &[(String, Published)], source: &str) -> Vec<Document> {
    let names = |document: &Document| {
        let id = format!("policy: {}", document.policy);
        source.lines().any(|line| line.trim_end() == id) && source.contains(&format!("area: \"{}\"", document.area))
    };
    let others = adopted.iter().map(|(_, published)| published.document.as_ref());
    others.filter(|document| !names(document)).cloned().collect()
}

/// Resolves the law with the new document in its place and runs its worked cases. A law that is not
/// complete yet, as before the calendar or the vocabulary is adopted, has nothing to run.
fn try_out(area: AreaCode, adopted: &[(String, Published)], document: &Document) -> Result<u32, AppError> {
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
    let (Some(calendar), Some(vocabulary)) = (of(kind::CALENDAR).pop(), of(kind::VOCABULARY).pop()) else {
        return Ok(0);
    };
    let layers = of(kind::POLICY);
    if layers.is_empty() {
        return Ok(0);
    }
    // The area's own law must resolve; the document's cases are cases of the level that issued it.
    resolve(area, &layers, &calendar, &vocabulary)?;
    let issuer: AreaCode = document.area.parse().map_err(|error| AppError::internal(&error))?;
    let above = |layer: &&Published| layer.document.area.parse().is_ok_and(|other| issuer.lies_in(other));
    let layers: Vec<Published> = layers.iter().filter(above).cloned().collect();
    if kind_of(document) != kind::POLICY || layers.is_empty() {
        return Ok(0);
    }
    let failed = crate::rules::worked::run(&resolve(issuer, &layers, &calendar, &vocabulary)?, document);
    if failed.is_empty() {
        return Ok(u32::try_from(document.cases.len()).unwrap_or(u32::MAX));
    }
    let findings = failed
        .iter()
        .map(|case| violation(format!("worked case {}: {}", case.case, case.differences.join("; "))));
    Err(AppError::PolicyInvalid(findings.collect()))
}

fn resolve(
    area: AreaCode,
    layers: &[Published],
    calendar: &Published,
    vocabulary: &Published,
) -> Result<Law, AppError> {
    let code = area.to_string().parse().map_err(|error| AppError::internal(&error))?;
    let law = Law::resolve(code, layers, calendar, vocabulary);
    law.map_err(|errors| AppError::PolicyInvalid(errors.iter().map(|error| violation(error.to_string())).collect()))
}

fn invalid(errors: &[PolicyError]) -> AppError {
    AppError::PolicyInvalid(errors.iter().map(|error| violation(error.text())).collect())
}

fn violation(description: String) -> Violation {
    Violation {
        field: "source".to_owned(),
        description,
    }
}
