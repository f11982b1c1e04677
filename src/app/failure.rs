//! What the layers below can fail with, as what the caller can do about it.

use std::time::Duration;

use super::error::AppError;
use crate::log::entropy::EntropyError;
use crate::log::sequencer::AppendError;
use crate::store::{StoreError, cause};

/// How long a caller waits before it tries a full queue again: some commits are done by then.
const QUEUE_RETRY: Duration = Duration::from_millis(200);

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupt(what) => AppError::corrupt(what),
            StoreError::Conflict | StoreError::Refused(_) | StoreError::Unavailable(_) | StoreError::Unknown(_) => {
                tracing::warn!(store.error = %error, cause = cause(&error), "the store gives no answer");
                AppError::StoreUnavailable
            }
        }
    }
}

impl From<AppendError> for AppError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::QueueFull => AppError::Overloaded {
                retry_after: QUEUE_RETRY,
            },
            AppendError::ShuttingDown => AppError::ShuttingDown,
            AppendError::RequestReused => AppError::RequestIdReused,
            AppendError::CaseChanged | AppendError::PersonChanged | AppendError::ProgrammeHeld => AppError::CaseChanged,
            AppendError::PolicyChanged => AppError::PolicyChanged,
            AppendError::NotWitnessed => AppError::NotWitnessed,
            AppendError::RolledBack => AppError::LogRolledBack,
            AppendError::Corrupt(what) => AppError::corrupt(what),
            AppendError::KeyLost => {
                tracing::error!(alarm = "SIGNING_KEY_LOST", append.error = %error, "nothing can be appended now");
                AppError::StoreUnavailable
            }
            AppendError::Clock(_) | AppendError::Signing | AppendError::Unavailable(_) | AppendError::Unknown => {
                tracing::warn!(append.error = %error, cause = cause(&error), "nothing can be appended now");
                AppError::StoreUnavailable
            }
            AppendError::Entry(_) | AppendError::NoLog => AppError::internal(&error),
        }
    }
}

impl From<EntropyError> for AppError {
    fn from(error: EntropyError) -> Self {
        AppError::internal(&error)
    }
}
