//! The service's keys at work: data keys of cases, keyed hashes, page tokens, the signers of logs.

use std::sync::Arc;

use super::entropy::OsEntropy;
use super::error::AppError;
use crate::canonical::Json;
use crate::log::entropy::draw;
use crate::log::keys::{KeyRing, KeySummary, PersonNames};
use crate::log::note::{SignError, Signer, VerifierKey};
use crate::log::record::{CaseKeys, DataKey, KeyRef};
use crate::log::sequencer::LogKeys;
use crate::log::{Origin, RecordId};
use crate::store::DataKeyRow;

/// A ring of keys, and what the use cases do with it.
pub struct Vault {
    ring: KeyRing,
}

impl Vault {
    /// The vault of a key file.
    #[must_use]
    pub fn new(ring: KeyRing) -> Vault {
        Vault { ring }
    }

    /// Two data keys for a new case, with the rows that store them wrapped.
    pub(super) fn new_case_keys(&self) -> Result<(CaseKeys, Vec<DataKeyRow>), AppError> {
        let keys = KeyRing::new_case_keys(&mut OsEntropy)?;
        let wrap = |(key_ref, key): &(KeyRef, DataKey)| -> Result<DataKeyRow, AppError> {
            let (kek_id, wrapped) = self.ring.wrap(key, *key_ref, &mut OsEntropy)?;
            Ok(DataKeyRow {
                key_ref: key_ref.to_string(),
                wrapped: Some(wrapped),
                kek_id: kek_id.to_string(),
                retain_until: None,
                destroyed_ms: None,
            })
        };
        let rows = vec![wrap(&keys.identity)?, wrap(&keys.content)?];
        Ok((keys, rows))
    }

    /// A data key for one entry alone, with the row that stores it wrapped.
    pub(super) fn new_entry_key(&self) -> Result<((KeyRef, DataKey), DataKeyRow), AppError> {
        let (key_ref, key) = (KeyRef::draw(&mut OsEntropy)?, DataKey::draw(&mut OsEntropy)?);
        let (kek_id, wrapped) = self.ring.wrap(&key, key_ref, &mut OsEntropy)?;
        let row = DataKeyRow {
            key_ref: key_ref.to_string(),
            wrapped: Some(wrapped),
            kek_id: kek_id.to_string(),
            retain_until: None,
            destroyed_ms: None,
        };
        Ok(((key_ref, key), row))
    }

    /// The data key of a row; none once it was destroyed.
    pub(super) fn unwrap(&self, row: &DataKeyRow) -> Result<Option<(KeyRef, DataKey)>, AppError> {
        let Some(wrapped) = &row.wrapped else {
            return Ok(None);
        };
        let key_ref = row
            .key_ref
            .parse()
            .map_err(|_| AppError::corrupt("the row of a data key is malformed"))?;
        let kek_id = row
            .kek_id
            .parse()
            .map_err(|_| AppError::corrupt("the row of a data key is malformed"))?;
        let key = self
            .ring
            .unwrap_data_key(&kek_id, key_ref, wrapped)
            .map_err(|error| AppError::internal(&error))?;
        Ok(Some((key_ref, key)))
    }

    /// The same data key, wrapped by the key-encryption key in use.
    pub(crate) fn wrap_anew(&self, row: &DataKeyRow) -> Result<DataKeyRow, AppError> {
        let (key_ref, key) = self.unwrap(row)?.ok_or(AppError::corrupt("a data key is destroyed"))?;
        let (kek_id, wrapped) = self.ring.wrap(&key, key_ref, &mut OsEntropy)?;
        Ok(DataKeyRow {
            wrapped: Some(wrapped),
            kek_id: kek_id.to_string(),
            ..row.clone()
        })
    }

    /// The name of the key-encryption key in use.
    pub(super) fn kek_id(&self) -> String {
        self.ring.kek_id().to_string()
    }

    /// What may be shown of the keys.
    pub(super) fn summary(&self) -> Vec<KeySummary> {
        self.ring.summary()
    }

    /// The names under which a person may be registered.
    pub(super) fn person_names(&self, id_number: &str) -> PersonNames {
        self.ring.person_names(id_number)
    }

    /// The keyed digest of a command.
    pub(super) fn request_digest(&self, command: &[u8]) -> Vec<u8> {
        self.ring.request_digest(command)
    }

    /// Whether a stored digest is of this command.
    pub(super) fn is_same_request(&self, stored: &[u8], command: &[u8]) -> bool {
        self.ring.is_same_request(stored, command)
    }

    /// 16 bytes that nobody can guess: the id of a record, a case or a person.
    pub(super) fn random_id(&self) -> Result<[u8; RecordId::SIZE_BYTES], AppError> {
        Ok(draw(&mut OsEntropy)?)
    }

    /// A page token for `scope`, the list with its arguments.
    pub(super) fn seal_page(&self, scope: &Json, cursor: &Json) -> Result<Vec<u8>, AppError> {
        Ok(self
            .ring
            .seal_page_token(&scope.to_bytes(), &cursor.to_bytes(), &mut OsEntropy)?)
    }

    /// The cursor of a page token; none if it was made for other arguments.
    pub(super) fn open_page(&self, scope: &Json, token: &[u8]) -> Option<Json> {
        let bytes = self.ring.open_page_token(&scope.to_bytes(), token)?;
        Json::parse_canonical(&bytes).ok()
    }
}

impl LogKeys for Vault {
    fn signers(&self, origin: &Origin) -> Result<Vec<Arc<dyn Signer>>, SignError> {
        Ok(vec![Arc::new(self.ring.signer(origin))])
    }

    fn verifier_keys(&self, origin: &Origin) -> Result<Vec<VerifierKey>, SignError> {
        Ok(self.ring.verifier_keys(origin))
    }
}
