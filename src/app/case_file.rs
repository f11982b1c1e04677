//! A case as a decision finds it: its state, its version, and the keys of its documents.

use super::App;
use super::command::CaseName;
use super::error::{AppError, ResourceKind};
use crate::canonical::Json;
use crate::log::record::{CaseKeys, CaseStatePlace, open_state, seal_state};
use crate::rules::case::{CaseState, RecordPlace};
use crate::store::{CaseHeadRow, CaseView, DataKeyRow};

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

    /// The case of this name as it stands.
    pub(super) async fn case_file(&self, name: CaseName) -> Result<CaseFile, AppError> {
        let found = self.store.case_view(name.area, &name.case.to_string()).await?;
        self.case_file_of(name, found)
    }

    /// The same of what was read already.
    pub(super) fn case_file_of(&self, name: CaseName, found: Option<CaseView>) -> Result<CaseFile, AppError> {
        let found = found.ok_or_else(|| AppError::NotFound {
            kind: ResourceKind::Case,
            name: name.to_string(),
        })?;
        let row = &found.head;
        let [identity, content] = &found.keys;
        let keys = CaseKeys {
            identity: self.vault.unwrap(identity, || name.to_string())?,
            content: self.vault.unwrap(content, || name.to_string())?,
        };
        let mut state = App::open_case_state(name, row, &keys)?;
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

    /// The state that is sealed in a case head.
    pub(super) fn open_case_state(name: CaseName, row: &CaseHeadRow, keys: &CaseKeys) -> Result<CaseState, AppError> {
        let place = CaseStatePlace {
            area: name.area,
            case_id: *name.case.as_bytes(),
            version: row.version,
        };
        let bytes = open_state(&keys.content.1, place, &row.state).map_err(|_| AppError::LogCorrupt)?;
        let json = Json::parse_canonical(&bytes).map_err(|_| AppError::LogCorrupt)?;
        CaseState::from_json(&json).map_err(|_| AppError::LogCorrupt)
    }

    /// The next state of a case, sealed.
    pub(super) fn seal_case_state(file: &CaseFile, next: &CaseState) -> Result<Vec<u8>, AppError> {
        let place = CaseStatePlace {
            area: file.name.area,
            case_id: *file.name.case.as_bytes(),
            version: file.version + 1,
        };
        let bytes = next.to_json().to_bytes();
        Ok(seal_state(
            &file.keys.content.1,
            place,
            &bytes,
            &mut super::entropy::OsEntropy,
        )?)
    }

    /// The data keys named in a case head.
    pub(super) async fn case_keys(&self, row: &CaseHeadRow) -> Result<CaseKeys, AppError> {
        let refs = [row.identity_key_ref.clone(), row.content_key_ref.clone()];
        let rows = self.store.data_keys(&refs).await?;
        let name = || format!("areas/{}/cases/{}", row.area, row.case_id);
        let find = |key_ref: &String| {
            rows.iter()
                .find(|row| row.key_ref == *key_ref)
                .ok_or(AppError::LogCorrupt)
        };
        Ok(CaseKeys {
            identity: self.vault.unwrap(find(&refs[0])?, name)?,
            content: self.vault.unwrap(find(&refs[1])?, name)?,
        })
    }
}
