//! The checkpoint at which a period closes: where the log has witnesses, one that a quorum of them has cosigned.
//!
//! The root of this checkpoint goes into the seed. Before witnesses have seen it, an operator could still sign another
//! one for the same size.

use super::super::App;
use super::super::error::{AppError, Forbidden, Violation};
use super::invalid;
use crate::log::TreeSize;
use crate::store::{CheckpointRow, LogRow};

/// The field of a request.
const FIELD: &str = "checkpoint_size";

impl App {
    /// The checkpoint of this size; without one the newest that may close a period.
    pub(in crate::app) async fn closing_checkpoint(
        &self,
        log: &LogRow,
        size: Option<TreeSize>,
    ) -> Result<CheckpointRow, AppError> {
        let witnessed = self.asks_for_witnesses();
        let size = match size {
            None if witnessed => Some(self.witnessed_size(log).await?).filter(|size| *size > TreeSize::EMPTY),
            size => size,
        };
        let found = match size {
            None if witnessed => return Err(not_cosigned()),
            None => self.store.newest_checkpoint(log.log_id).await?,
            Some(size) => self.store.checkpoint_at(log.log_id, size).await?,
        };
        let checkpoint = found.ok_or_else(|| {
            invalid(
                FIELD,
                "is no size at which a checkpoint was signed: take one of GetCheckpoint",
            )
        })?;
        if witnessed && !self.is_cosigned(log, &checkpoint).await? {
            return Err(not_cosigned());
        }
        Ok(checkpoint)
    }
}

fn not_cosigned() -> AppError {
    AppError::NotAllowed {
        what: Forbidden::Sample,
        violations: vec![Violation {
            field: FIELD.to_owned(),
            description:
                "no quorum of the witnesses has cosigned this checkpoint: wait a minute, or take an earlier one \
                          that WITNESSED stands under"
                    .to_owned(),
        }],
    }
}
