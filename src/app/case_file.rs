//! A case as a decision finds it: its state, its version, and the keys of its documents.

use super::App;
use super::command::CaseName;
use super::error::{AppError, ResourceKind};
use crate::canonical::Json;
use crate::log::record::{CaseKeys, CaseStatePlace, DataKey, KeyRef, open_state, seal_state};
use crate::rules::case::{CaseState, RecordPlace};
use crate::store::{CaseHeadRow, CaseScope, CaseView, DataKeyRow};

/// A case before a decision.
pub struct CaseFile {
    /// Its name.
    pub name: CaseName,
    /// Counts its changes; 0 for a case that does not exist yet.
    pub version: u64,
    /// What it knows.
    pub state: CaseState,
    /// The keys of its documents.
    pub keys: CaseKeys,
    /// Keys that must be stored with the first record.
    pub new_keys: Vec<DataKeyRow>,
}

/// The two data keys of a case, wrapped.
pub(super) struct CaseKeyRows {
    pub(super) identity: DataKeyRow,
    pub(super) content: DataKeyRow,
}

impl App {
    /// A case that does not exist yet, with new keys.
    pub(super) fn new_case(&self, name: CaseName) -> Result<CaseFile, AppError> {
        let (keys, new_keys) = self.vault.new_case_keys()?;
        Ok(CaseFile {
            name,
            version: 0,
            state: CaseState::default(),
            keys,
            new_keys,
        })
    }

    /// The case of this name as it stands, to be decided on.
    pub(super) async fn case_file(&self, name: CaseName) -> Result<CaseFile, AppError> {
        let found = self.store.case_view(name.area, &name.case.to_string()).await?;
        self.case_file_of(name, found).await
    }

    /// The same of what was read already.
    pub(super) async fn case_file_of(&self, name: CaseName, found: Option<CaseView>) -> Result<CaseFile, AppError> {
        let found = found.ok_or_else(|| AppError::NotFound {
            kind: ResourceKind::Case,
            name: name.to_string(),
        })?;
        let row = &found.head;
        if row.erased.is_some() {
            return Err(self.case_is_erased(name, row).await?);
        }
        if row.restricted.is_some() {
            return Err(AppError::Restricted { name: name.to_string() });
        }
        let [identity, content] = &found.keys;
        let keys = CaseKeys {
            identity: self
                .vault
                .unwrap(identity)?
                .ok_or(AppError::corrupt("a data key of a case that stands is destroyed"))?,
            content: self
                .vault
                .unwrap(content)?
                .ok_or(AppError::corrupt("a data key of a case that stands is destroyed"))?,
        };
        let mut state = App::open_case_state(name, row, &keys.content.1)?;
        state.place_newest(RecordPlace {
            origin: found.origin.to_string(),
            index: row.last_index.get(),
            leaf_hash: found.leaf_hash.to_string(),
        });
        Ok(CaseFile {
            name,
            version: row.version,
            state,
            keys,
            new_keys: Vec::new(),
        })
    }

    /// What seals the records beside a case's decisions, with the version of the case that has these keys. An erased or
    /// restricted identity does not matter to them.
    pub(super) async fn content_keys(&self, name: CaseName) -> Result<(CaseKeys, u64), AppError> {
        let row = self.open_row(name).await?;
        // The identity key is a new one, never stored: these records have nothing for it to seal.
        let (fresh, _) = self.vault.new_case_keys()?;
        let keys = CaseKeys {
            content: self.content_key_left(name, &row).await?,
            identity: fresh.identity,
        };
        Ok((keys, row.version))
    }

    /// The head of a case.
    pub(super) async fn case_row(&self, name: CaseName) -> Result<CaseHeadRow, AppError> {
        let row = self.store.case_head(name.area, &name.case.to_string()).await?;
        row.ok_or_else(|| AppError::NotFound {
            kind: ResourceKind::Case,
            name: name.to_string(),
        })
    }

    /// The head of a case that is neither erased nor restricted as a whole.
    async fn open_row(&self, name: CaseName) -> Result<CaseHeadRow, AppError> {
        let row = self.case_row(name).await?;
        if row.erased == Some(CaseScope::Case) {
            return Err(self.case_is_erased(name, &row).await?);
        }
        if row.restricted == Some(CaseScope::Case) {
            return Err(AppError::Restricted { name: name.to_string() });
        }
        Ok(row)
    }

    /// The state of a case for somebody to read; an erased identity does not matter to it.
    pub(super) async fn case_state(&self, name: CaseName) -> Result<CaseState, AppError> {
        let row = self.open_row(name).await?;
        let (_, key) = self.content_key_left(name, &row).await?;
        self.state_of_row(name, &row, &key).await
    }

    /// The state of a head, with the place of its newest record.
    pub(super) async fn state_of_row(
        &self,
        name: CaseName,
        row: &CaseHeadRow,
        content_key: &DataKey,
    ) -> Result<CaseState, AppError> {
        let mut state = App::open_case_state(name, row, content_key)?;
        state.place_newest(self.place_of(row).await?);
        Ok(state)
    }

    /// The answer in place of an erased case, with the receipt of the erasure.
    pub(super) async fn case_is_erased(&self, name: CaseName, row: &CaseHeadRow) -> Result<AppError, AppError> {
        // Nothing follows an erasure in a case but an erasure or a restriction.
        let newest = self.record_as_is(row.last_log_id, row.last_index).await?;
        Ok(AppError::Erased {
            name: name.to_string(),
            receipt: newest.acknowledged.receipt,
        })
    }

    /// The state that is sealed in a case head.
    pub(super) fn open_case_state(
        name: CaseName,
        row: &CaseHeadRow,
        content_key: &DataKey,
    ) -> Result<CaseState, AppError> {
        let place = CaseStatePlace {
            area: name.area,
            case_id: *name.case.as_bytes(),
            version: row.version,
        };
        let damaged = || AppError::corrupt("the sealed state of a case cannot be opened");
        let bytes = open_state(content_key, place, &row.state).map_err(|_| damaged())?;
        let json = Json::parse_canonical(&bytes).map_err(|_| damaged())?;
        CaseState::from_json(&json).map_err(|_| damaged())
    }

    /// The next state of a case, sealed.
    pub(super) fn seal_case_state(file: &CaseFile, next: &CaseState) -> Result<Vec<u8>, AppError> {
        App::seal_state_of(file.name, file.version, &file.keys.content.1, next)
    }

    /// The state after the version `before` of a case, sealed.
    pub(super) fn seal_state_of(
        name: CaseName,
        before: u64,
        content_key: &DataKey,
        next: &CaseState,
    ) -> Result<Vec<u8>, AppError> {
        let place = CaseStatePlace {
            area: name.area,
            case_id: *name.case.as_bytes(),
            version: before + 1,
        };
        let bytes = next.to_json().to_bytes();
        Ok(seal_state(content_key, place, &bytes, &mut super::entropy::OsEntropy)?)
    }

    /// The data keys named in a case head, wrapped.
    pub(super) async fn case_key_rows(&self, row: &CaseHeadRow) -> Result<CaseKeyRows, AppError> {
        let refs = [row.identity_key_ref.clone(), row.content_key_ref.clone()];
        let rows = self.store.data_keys(&refs).await?;
        let find = |key_ref: &String| {
            let found = rows.iter().find(|row| row.key_ref == *key_ref);
            found
                .cloned()
                .ok_or(AppError::corrupt("a case names a data key that is not there"))
        };
        Ok(CaseKeyRows {
            identity: find(&refs[0])?,
            content: find(&refs[1])?,
        })
    }

    /// The content key of a case; none once it was destroyed.
    pub(super) async fn content_key(&self, row: &CaseHeadRow) -> Result<Option<(KeyRef, DataKey)>, AppError> {
        let rows = self.store.data_keys(std::slice::from_ref(&row.content_key_ref)).await?;
        let found = rows
            .first()
            .ok_or(AppError::corrupt("a case names a data key that is not there"))?;
        self.vault.unwrap(found)
    }

    /// The content key of a case that was found with something left. An erasure may have come since: then the answer
    /// is that of an erased case, and not of a damaged one.
    pub(super) async fn content_key_left(
        &self,
        name: CaseName,
        row: &CaseHeadRow,
    ) -> Result<(KeyRef, DataKey), AppError> {
        if let Some(key) = self.content_key(row).await? {
            return Ok(key);
        }
        let now = self.case_row(name).await?;
        if now.erased == Some(CaseScope::Case) {
            return Err(self.case_is_erased(name, &now).await?);
        }
        Err(AppError::corrupt("a data key of a case that stands is destroyed"))
    }

    async fn place_of(&self, row: &CaseHeadRow) -> Result<RecordPlace, AppError> {
        let entry = self
            .store
            .entry(row.last_log_id, row.last_index)
            .await?
            .ok_or(AppError::corrupt("a case names an entry that is not there"))?;
        let log = self.log_row(row.last_log_id).await?;
        Ok(RecordPlace {
            origin: log.origin.to_string(),
            index: row.last_index.get(),
            leaf_hash: entry.leaf_hash.to_string(),
        })
    }
}
