//! The law in use in an area: its adopted documents, resolved once and kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::App;
use super::damage::Damage;
use super::error::AppError;
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::record::open_public;
use crate::log::{Hash, LogIndex, Origin, TreeSize};
use crate::rules::document::Document;
use crate::rules::law::{Law, Published};
use crate::store::{LogId, LogRow, PolicyRow};

/// The resolved law of an area, and how much of its log it rests on.
pub struct AdoptedLaw {
    /// The law.
    pub law: Law,
    /// SHA-256 of its manifest.
    pub digest: Hash,
    /// The log whose POLICY entries made it.
    pub origin: Origin,
    /// Entries of that log that were taken into account.
    pub known_at: TreeSize,
    /// The documents, for citations and rendering.
    pub documents: Vec<Published>,
}

/// The kinds under which documents of law are projected.
pub mod kind {
    /// A level of government.
    pub const POLICY: &str = "policy";
    /// Working days.
    pub const CALENDAR: &str = "calendar";
    /// Facts.
    pub const VOCABULARY: &str = "vocabulary";
}

/// Most laws that are kept: one for each county of a large province, and some for replays.
const LAW_COUNT_MAX: usize = 256;

/// The area and the log whose POLICY entries below a size a law was resolved from.
type LawKey = (AreaCode, LogId, TreeSize);

/// Resolved laws.
#[derive(Default)]
pub struct Laws {
    kept: Mutex<BTreeMap<LawKey, Arc<AdoptedLaw>>>,
}

impl Laws {
    fn get(&self, key: &LawKey) -> Option<Arc<AdoptedLaw>> {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }
}

impl App {
    /// The law in use in an area now.
    ///
    /// # Errors
    /// [`AppError::NoPolicyInForce`] if the adopted documents do not make a law yet.
    pub async fn law(&self, area: AreaCode) -> Result<Arc<AdoptedLaw>, AppError> {
        let county = area.without_township();
        let log = self.store.log_of_area(county).await?;
        let log = log.ok_or(AppError::NoPolicyInForce { area: county })?;
        self.law_known_at(county, &log, TreeSize::MAX).await
    }

    /// The law in use as a decision found it: that of its open log up to the newest POLICY entry.
    ///
    /// # Errors
    /// [`AppError::NoPolicyInForce`] if the adopted documents do not make a law yet.
    pub(super) async fn law_in_use(
        &self,
        area: AreaCode,
        log: Option<LogRow>,
        newest_policy: Option<LogIndex>,
    ) -> Result<Arc<AdoptedLaw>, AppError> {
        let county = area.without_township();
        match (log, newest_policy) {
            (Some(log), Some(newest)) => {
                self.remember(&log);
                self.law_known_at(county, &log, newest.size_with()).await
            }
            (None, _) | (_, None) => Err(AppError::NoPolicyInForce { area: county }),
        }
    }

    /// The law in use in an area when its log had `size` entries: what a replay decides by.
    ///
    /// # Errors
    /// [`AppError::NoPolicyInForce`] if the documents adopted by then do not make a law.
    pub async fn law_known_at(
        &self,
        area: AreaCode,
        log: &LogRow,
        size: TreeSize,
    ) -> Result<Arc<AdoptedLaw>, AppError> {
        // A law that rests on exactly so many entries is found without reading the log.
        if let Some(kept) = self.laws.get(&(area, log.log_id, size)) {
            return Ok(kept);
        }
        let rows = newest(self.store.policies(log.log_id, size).await?);
        let known_at = rows.last().map_or(TreeSize::EMPTY, |row| row.index.size_with());
        let key = (area, log.log_id, known_at);
        if let Some(kept) = self.laws.get(&key) {
            return Ok(kept);
        }
        let adopted = Arc::new(self.resolve(area, log, &rows, known_at).await?);
        let mut kept = self.laws.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= LAW_COUNT_MAX {
            kept.pop_first();
        }
        kept.insert(key, adopted.clone());
        Ok(adopted)
    }

    /// The law by which a record was decided, out of its facts.
    pub(super) async fn law_of(
        &self,
        opened: &super::record::Opened,
        facts: &Json,
    ) -> Result<Arc<AdoptedLaw>, AppError> {
        let known_at = facts.get("known_at").ok_or_else(|| opened.damaged("facts"))?;
        let size = known_at
            .get("size")
            .and_then(Json::as_integer)
            .and_then(|size| u64::try_from(size).ok());
        let size = TreeSize::new(size.ok_or_else(|| opened.damaged("facts"))?).map_err(|_| opened.damaged("facts"))?;
        self.law_known_at(opened.row.area, &opened.log, size).await
    }

    async fn resolve(
        &self,
        area: AreaCode,
        log: &LogRow,
        rows: &[PolicyRow],
        known_at: TreeSize,
    ) -> Result<AdoptedLaw, AppError> {
        let none = || AppError::NoPolicyInForce { area };
        let mut documents = Vec::with_capacity(rows.len());
        for row in rows {
            let document = self.policy_document(row).await?;
            documents.push((
                row.kind.clone(),
                Published::new(document, log.origin.to_string(), row.index.get()),
            ));
        }
        let law = law_of_documents(area, &documents).ok_or_else(none)?;
        Ok(AdoptedLaw {
            digest: Hash::from_slice(law.digest().as_bytes()).map_err(|e| AppError::internal(&e))?,
            law,
            origin: log.origin.clone(),
            known_at,
            documents: documents.into_iter().map(|(_, published)| published).collect(),
        })
    }

    /// The sealed document of a POLICY entry.
    pub(super) async fn policy_document(&self, row: &PolicyRow) -> Result<Document, AppError> {
        let bytes = self.policy_bytes(row, "policy").await?;
        let damaged = || Damage::of_document(row.log_id, row.index, "policy");
        let json = Json::parse_canonical(&bytes).map_err(|_| damaged())?;
        Document::from_json(&json).map_err(|_| damaged().into())
    }

    /// A public document of a POLICY entry, checked against its commitment.
    pub(super) async fn policy_bytes(&self, row: &PolicyRow, name: &str) -> Result<Vec<u8>, AppError> {
        let entry = self
            .store
            .entry(row.log_id, row.index)
            .await?
            .ok_or_else(|| Damage::of_entry(row.log_id, row.index))?;
        let entry =
            crate::log::record::Entry::parse(&entry.entry).map_err(|_| Damage::of_entry(row.log_id, row.index))?;
        let damaged = || Damage::of_document(row.log_id, row.index, name);
        let stored = self.store.documents(row.log_id, row.index).await?;
        let stored = stored
            .iter()
            .find(|document| document.name == name)
            .ok_or_else(damaged)?;
        let committed = entry.commitment_of(name).ok_or_else(damaged)?;
        let parsed = name.parse().map_err(|_| damaged())?;
        Ok(open_public(&parsed, &committed, &stored.bytes)
            .map_err(|_| damaged())?
            .content)
    }
}

/// The law that documents make, each with its kind; none if they make none (yet).
pub(super) fn law_of_documents(area: AreaCode, documents: &[(String, Published)]) -> Option<Law> {
    let of = |kind: &str| -> Vec<Published> {
        documents
            .iter()
            .filter(|(of, _)| of == kind)
            .map(|(_, published)| published.clone())
            .collect()
    };
    let layers = of(kind::POLICY);
    let calendar = of(kind::CALENDAR).pop()?;
    let vocabulary = of(kind::VOCABULARY).pop()?;
    if layers.is_empty() {
        return None;
    }
    let code = area.to_string().parse().ok()?;
    Law::resolve(code, &layers, &calendar, &vocabulary).ok()
}

/// Of several documents of one id and area, the newest is in use.
pub(super) fn newest(rows: Vec<PolicyRow>) -> Vec<PolicyRow> {
    let mut by_document: BTreeMap<(AreaCode, String), PolicyRow> = BTreeMap::new();
    for row in rows {
        by_document.insert((row.document_area, row.policy_id.clone()), row);
    }
    let mut rows: Vec<PolicyRow> = by_document.into_values().collect();
    rows.sort_by_key(|row| (row.log_id, row.index));
    rows
}
