//! Policy documents: checked, published into an area's log, read and listed.

mod tried;

use super::App;
use super::caller::Caller;
use super::command::{GetPolicy, ListPolicies, PolicyName, PublishPolicy};
use super::damage::Damage;
use super::decision::ATTEMPT_COUNT_MAX;
use super::error::{AppError, ResourceKind};
use super::laws::newest;
use super::paging::{place_cursor, rows};
use super::record::{Asked, NewRecord, Opened};
use super::result::{Listed, Policy, PolicyRead, Published as Answer};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::record::EntryKind;
use crate::log::sequencer::{Follows, NewPolicy};
use crate::log::{Hash, RecordId, TreeSize};
use crate::rules::diff::shadow::shadows;
use crate::rules::document::Document;
use crate::rules::language::say::Lang;
use crate::rules::language::{Context, read};
use crate::rules::law::Published;
use crate::rules::render::{document as rendered, markdown};
use crate::store::{PolicyRow, RecordCursor};
pub(super) use tried::{above, kind_of};
use tried::{invalid, try_out};

impl App {
    /// Checks a document against what the area has adopted, runs its worked cases, and publishes it. What documents
    /// below it set as well is listed; where nothing says which of the two holds, it is refused (P33).
    ///
    /// A document of any level comes into use in the area's own log, and is tried in the law of that log: where another
    /// one came into that log meanwhile, it is tried again.
    ///
    /// # Errors
    /// [`AppError::PolicyInvalid`] with every finding; [`AppError::PolicyChanged`] if others came first several times.
    pub async fn publish_policy(&self, caller: &Caller, command: PublishPolicy) -> Result<Answer, AppError> {
        let area = command.area.without_township();
        let asked = App::asked(area, caller, &command.request_id, &command.to_json());
        for _ in 0..ATTEMPT_COUNT_MAX {
            if let Some(first) = self.answered(&asked).await? {
                return self.published(&first).await;
            }
            if let Some(answer) = self.publish_once(area, &asked, &command).await? {
                return Ok(answer);
            }
        }
        Err(AppError::PolicyChanged)
    }

    /// Publishes a document if it is right in the law in use now; none if another document came first.
    async fn publish_once(
        &self,
        area: AreaCode,
        asked: &Asked,
        command: &PublishPolicy,
    ) -> Result<Option<Answer>, AppError> {
        let rows = self.rows_in_use(area).await?;
        let newest = rows.last().map(place);
        let adopted = self.documents_of(area, &rows).await?;
        let in_use = || adopted.iter().map(|(_, published)| published.document.as_ref());
        let context = Context {
            documents: above(in_use(), &command.source),
            texts: self.held_texts.clone(),
        };
        let checked =
            read(&command.source, "policy.yaml", &context).map_err(|errors| invalid(&errors, command.lang))?;
        let document = checked.document;
        let digest = Hash::from_slice(document.digest().as_bytes()).map_err(|error| AppError::internal(&error))?;
        let shadows = shadows(&document, &in_use().collect::<Vec<&Document>>());
        let cases_passed = try_out(area, &adopted, &document, &shadows, command.lang)?;
        let document_area: AreaCode = document.area.parse().map_err(|error| AppError::internal(&error))?;
        let lang = command.lang;
        let warnings = checked.warnings.iter().map(|warning| warning.text_in(lang)).collect();
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
            return Ok(Some(Answer {
                policy,
                acknowledged: None,
                warnings,
                cases_passed,
                shadows,
                lang,
            }));
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
                follows: Follows::Newest(newest),
            }),
        };
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let Ok(opened) = self.append(asked, record_id, new).await? else {
            return Ok(None);
        };
        policy.name = Some(PolicyName { area, digest });
        policy.index = Some(opened.acknowledged.index);
        policy.logged_seconds = Some(opened.acknowledged.logged_seconds);
        Ok(Some(Answer {
            policy,
            acknowledged: Some(opened.acknowledged),
            warnings,
            cases_passed,
            shadows,
            lang,
        }))
    }

    /// The first answer to a publication, once more.
    async fn published(&self, opened: &Opened) -> Result<Answer, AppError> {
        let rows = self.policy_rows(opened.row.area).await?;
        let row = rows
            .iter()
            .find(|row| place(row) == (opened.log.log_id, opened.acknowledged.index))
            .ok_or(AppError::corrupt("a published policy has no row"))?;
        let policy = self.policy(row, &rows).await?;
        // What was checked then is not checked again: a retry gives the record, not a second opinion.
        Ok(Answer {
            policy,
            acknowledged: Some(opened.acknowledged.clone()),
            warnings: Vec::new(),
            cases_passed: 0,
            shadows: Vec::new(),
            lang: Lang::default(),
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
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).map_err(|_| AppError::corrupt("the text of a policy is malformed"))
        };
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
            .ok_or_else(|| Damage::of_entry(row.log_id, row.index))?;
        let entry =
            crate::log::record::Entry::parse(&entry.entry).map_err(|_| Damage::of_entry(row.log_id, row.index))?;
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
    pub(super) async fn adopted(&self, area: AreaCode) -> Result<Vec<(String, Published)>, AppError> {
        let rows = self.rows_in_use(area).await?;
        self.documents_of(area, &rows).await
    }

    /// The publications in use in an area, the newest of each document, in order; the last is the log's newest.
    async fn rows_in_use(&self, area: AreaCode) -> Result<Vec<PolicyRow>, AppError> {
        match self.store.log_of_area(area).await? {
            Some(log) => Ok(newest(self.store.policies(log.log_id, TreeSize::MAX).await?)),
            None => Ok(Vec::new()),
        }
    }

    async fn documents_of(&self, area: AreaCode, rows: &[PolicyRow]) -> Result<Vec<(String, Published)>, AppError> {
        let mut adopted = Vec::with_capacity(rows.len());
        for row in rows {
            let document = self.policy_document(row).await?;
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
