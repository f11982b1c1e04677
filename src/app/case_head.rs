//! What the log says of a case's head beside its state: what of the case is erased and restricted, and its data keys.
//!
//! An owner of the database who marks a case as erased hides its decisions, and one who names another key lets the next
//! erasure destroy the documents of another case.

use std::collections::BTreeSet;

use super::App;
use super::command::CaseName;
use super::erasure::marked;
use super::error::AppError;
use crate::canonical::Json;
use crate::log::record::{EntryKind, Protection, slots};
use crate::log::sequencer::CaseMark;
use crate::store::{CaseHeadRow, RecordRow};

/// Data keys that more than one place of the heads names: none, in a sound database.
pub(super) struct SharedKeys(BTreeSet<String>);

impl App {
    /// Reads the data keys that more than one place of the heads names.
    pub(super) async fn shared_keys(&self) -> Result<SharedKeys, AppError> {
        Ok(SharedKeys(self.store.keys_named_twice().await?.into_iter().collect()))
    }

    /// What a head says otherwise than `records`, all that its case has; nothing where it agrees or has changed since
    /// it was read.
    pub(super) async fn head_differs(
        &self,
        head: &CaseHeadRow,
        records: &[RecordRow],
        shared: &SharedKeys,
    ) -> Result<Option<&'static str>, AppError> {
        let differs = match self.mark_differs(head, records).await? {
            None => self.keys_differ(head, shared).await?,
            differs => differs,
        };
        if differs.is_none() {
            return Ok(None);
        }
        let now = self.store.case_head(head.area, &head.case_id).await?;
        Ok(differs.filter(|_| now.is_some_and(|now| now.version == head.version)))
    }

    /// Both marks, out of the ERASURE records: their documents outlive the keys of the case.
    async fn mark_differs(&self, head: &CaseHeadRow, records: &[RecordRow]) -> Result<Option<&'static str>, AppError> {
        let mark = match self.mark_of(head, records).await {
            Ok(mark) => mark,
            // What cannot be read accounts for nothing.
            Err(AppError::LogCorrupt(_)) => return Ok(Some("erasure")),
            Err(error) => return Err(error),
        };
        Ok(if mark.erased != head.erased {
            Some("erasure")
        } else if mark.restricted != head.restricted {
            Some("restriction")
        } else {
            None
        })
    }

    async fn mark_of(&self, head: &CaseHeadRow, records: &[RecordRow]) -> Result<CaseMark, AppError> {
        let malformed = || AppError::corrupt("the head of a case is malformed");
        let case = CaseName {
            area: head.area,
            case: head.case_id.parse().map_err(|_| malformed())?,
        };
        let mut documents: Vec<Json> = Vec::new();
        for record in records {
            if record.kind == EntryKind::Erasure.name() {
                let opened = self.record_as_is(record.log_id, record.index).await?;
                documents.push(opened.json("erased")?);
            }
        }
        marked(case, &documents)
    }

    /// Both keys, out of what the documents of the case were sealed with.
    async fn keys_differ(&self, head: &CaseHeadRow, shared: &SharedKeys) -> Result<Option<&'static str>, AppError> {
        let mut identity_is_used = false;
        for sealed in self.store.sealed_of_case(head.area, &head.case_id).await? {
            let slots = EntryKind::of_name(&sealed.kind).and_then(slots).unwrap_or_default();
            let slot = slots.iter().find(|slot| slot.name == sealed.name);
            match slot.map(|slot| slot.protection) {
                Some(Protection::Identity) if sealed.key_ref != head.identity_key_ref => {
                    return Ok(Some("identity key"));
                }
                Some(Protection::Content) if sealed.key_ref != head.content_key_ref => return Ok(Some("content key")),
                Some(Protection::Identity) => identity_is_used = true,
                // An entry's own key, and what an entry of this kind does not have: F6 finds that.
                Some(Protection::Content | Protection::Entry | Protection::Public) | None => {}
            }
        }
        // Nothing says which key would seal an identity: it must at least be nobody else's.
        let is_strange = !identity_is_used && shared.0.contains(&head.identity_key_ref);
        Ok(is_strange.then_some("identity key"))
    }
}
