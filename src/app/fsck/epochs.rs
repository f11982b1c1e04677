//! The EPOCH entry that opens a log: its name, a key that is trusted, and why the epoch before it ended.

use super::{Fsck, public_document};
use crate::app::AppError;
use crate::canonical::Json;
use crate::log::LogIndex;
use crate::log::fsck::{Level, Place, Problem};
use crate::log::note::VerifierKey;
use crate::log::record::EntryKind;
use crate::store::{LogRow, Store};

/// The document of the first entry, if that is an EPOCH entry of this log which commits to it.
pub(super) async fn epoch_document(store: &dyn Store, log: &LogRow) -> Result<Option<Json>, AppError> {
    let first = LogIndex::new(0).map_err(|error| AppError::internal(&error))?;
    public_document(store, log, first, EntryKind::Epoch, "epoch").await
}

/// The first entry opens the log.
pub(super) async fn check(
    store: &dyn Store,
    log: &LogRow,
    keys: &[VerifierKey],
    end: u64,
    fsck: &mut Fsck,
) -> Result<(), AppError> {
    // A missing first entry is found elsewhere.
    if end == 0 || store.entries_between(log.log_id, 0, 1).await?.is_empty() {
        return Ok(());
    }
    let document = epoch_document(store, log).await?;
    let problem = match document {
        Some(document) if !is_named(&document, log, keys) => Problem::NotEpoch,
        Some(document) if !follows(&document, log) => Problem::NotAfter,
        Some(_) => return Ok(()),
        None => Problem::NotEpoch,
    };
    fsck.findings.add(Level::Signatures, Place::Entry(0), problem);
    Ok(())
}

/// It names this log and a key that is trusted.
fn is_named(document: &Json, log: &LogRow, keys: &[VerifierKey]) -> bool {
    let listed = document.get("keys").and_then(Json::as_list).unwrap_or_default();
    let trusted = |key: &Json| {
        key.as_text()
            .is_some_and(|text| keys.iter().any(|key| key.to_string() == text))
    };
    document.get("origin").and_then(Json::as_text) == Some(&log.origin.to_string()) && listed.iter().any(trusted)
}

/// A later epoch names the head that it follows, and either the head that was lost or the key.
fn follows(document: &Json, log: &LogRow) -> bool {
    let is_first = log.origin.epoch() == 1;
    let names = |member| document.get(member).is_some();
    if is_first {
        return !names("previous") && !names("seen") && !names("lost_key");
    }
    names("previous") && names("seen") != names("lost_key")
}
