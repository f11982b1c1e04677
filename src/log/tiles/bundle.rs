//! Bundles of entries: each as its length in two bytes, big-endian, and its bytes.

use super::TILE_WIDTH;

/// Largest entry: its length must fit in two bytes.
pub const ENTRY_SIZE_MAX_BYTES: usize = 65_535;

/// Why entries and bundles do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// An entry is larger than [`ENTRY_SIZE_MAX_BYTES`].
    #[error("an entry has {0} bytes; at most {ENTRY_SIZE_MAX_BYTES} are possible: move its content into documents")]
    EntrySize(usize),
    /// There are no entries or more than 256.
    #[error("a bundle has 1 to 256 entries, not {0}")]
    Count(usize),
    /// The bytes end inside an entry.
    #[error("the bundle ends inside entry {0}: fetch it again")]
    Truncated(usize),
}

/// Writes a bundle of 1 to 256 entries.
///
/// # Errors
/// [`BundleError::EntrySize`] or [`BundleError::Count`].
pub fn encode_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, BundleError> {
    if entries.is_empty() || entries.len() > usize::from(TILE_WIDTH) {
        return Err(BundleError::Count(entries.len()));
    }
    let mut out = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| BundleError::EntrySize(entry.len()))?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(entry);
    }
    Ok(out)
}

/// Reads a bundle.
///
/// # Errors
/// [`BundleError::Count`] or [`BundleError::Truncated`].
pub fn decode_bundle(mut bytes: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let truncated = BundleError::Truncated(entries.len());
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or(truncated.clone())?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, rest) = rest.split_at_checked(length).ok_or(truncated)?;
        entries.push(entry);
        if entries.len() > usize::from(TILE_WIDTH) {
            return Err(BundleError::Count(entries.len()));
        }
        bytes = rest;
    }
    if entries.is_empty() {
        Err(BundleError::Count(0))
    } else {
        Ok(entries)
    }
}
