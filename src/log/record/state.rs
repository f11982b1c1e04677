//! The sealed state of a case in its head: the newest extract, as private as the documents.

use super::super::entropy::{Entropy, EntropyError, draw};
use super::data_key::DataKey;
use super::seal::OpenError;
use crate::area::AreaCode;

/// Keeps case states apart from documents under the same content key.
const DOMAIN: &[u8] = b"doudi/state/v1";

/// Which state of which case; an older one cannot be passed off as the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseStatePlace {
    /// The area of the log.
    pub area: AreaCode,
    /// The case's 16 random bytes.
    pub case_id: [u8; 16],
    /// Number of changes of the case, from 1.
    pub version: u64,
}

impl CaseStatePlace {
    /// "doudi/state/v1" || area, six digits || case id || version in eight bytes, big-endian.
    fn associated_data(self) -> Vec<u8> {
        let area = self.area.without_township().to_string();
        [DOMAIN, area.as_bytes(), &self.case_id, &self.version.to_be_bytes()].concat()
    }
}

/// Seals a state with the case's content key: nonce || ciphertext || tag.
///
/// # Errors
/// [`EntropyError`] if there is no nonce.
pub fn seal_state(
    content_key: &DataKey,
    place: CaseStatePlace,
    state: &[u8],
    entropy: &mut dyn Entropy,
) -> Result<Vec<u8>, EntropyError> {
    Ok(content_key.encrypt(&draw(entropy)?, &place.associated_data(), state))
}

/// Opens [`seal_state`].
///
/// # Errors
/// [`OpenError::NotAuthentic`] if key, place or bytes are others.
pub fn open_state(content_key: &DataKey, place: CaseStatePlace, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let state = content_key.decrypt(&place.associated_data(), sealed);
    state.map(|state| state.to_vec()).ok_or(OpenError::NotAuthentic)
}
