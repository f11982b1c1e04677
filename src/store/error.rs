//! What can go wrong in a store, by what the caller may do next.

use std::sync::Arc;

/// An error of a driver. Written to the operator's log, never sent to a caller.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// What is behind an error, for the operator's log: without it nobody learns what to repair.
#[must_use]
pub fn cause(error: &dyn std::error::Error) -> Option<String> {
    error.source().map(ToString::to_string)
}

/// Why a store did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer was there first. Nothing of this transaction was written; read again and retry.
    #[error("another writer was there first: read again and retry")]
    Conflict,
    /// Nothing was written; trying again later may work.
    #[error("the database cannot be used now: check that it runs and can be reached")]
    Unavailable(#[source] Cause),
    /// We cannot tell whether the transaction was written. Read again before writing.
    #[error("the outcome of the commit is unknown: read again before writing")]
    Unknown(#[source] Cause),
    /// Stored bytes are not what was written. Nothing may be appended.
    #[error("stored data is damaged: {0}; stop writing and run fsck")]
    Corrupt(&'static str),
    /// The database or its configuration does not fit this build; it must be changed by an operator.
    #[error("{0}")]
    Refused(String),
}

impl StoreError {
    /// The word in spans.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            StoreError::Conflict => "conflict",
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Unknown(_) => "unknown_outcome",
            StoreError::Corrupt(_) => "corrupt",
            StoreError::Refused(_) => "refused",
        }
    }

    /// The error of a statement before COMMIT: nothing was written.
    pub(super) fn of_statement(error: sqlx::Error) -> StoreError {
        if is_conflict(&error) {
            StoreError::Conflict
        } else {
            StoreError::Unavailable(Arc::new(error))
        }
    }

    /// The error of a COMMIT: only a refusal by the server is certain.
    pub(super) fn of_commit(error: sqlx::Error) -> StoreError {
        if is_conflict(&error) {
            StoreError::Conflict
        } else {
            StoreError::Unknown(Arc::new(error))
        }
    }
}

/// Unique or foreign key violation, serialization failure, deadlock; in SQLite a busy database.
fn is_conflict(error: &sqlx::Error) -> bool {
    let Some(database) = error.as_database_error() else {
        return false;
    };
    // A row that was counted on and is gone: a person whose last case was erased meanwhile.
    if database.is_unique_violation() || database.is_foreign_key_violation() {
        return true;
    }
    let code = database.code().unwrap_or_default();
    match code.as_ref() {
        // PostgreSQL: serialization_failure, deadlock_detected.
        "40001" | "40P01" => true,
        // SQLite: SQLITE_BUSY and its extended codes.
        "5" | "261" | "517" | "773" => true,
        _ => false,
    }
}
