//! Where a caller may act: asked before anything is looked up for them, so that a refusal tells nothing of what exists.

use super::App;
use super::caller::Caller;
use super::command::{CaseName, LogName};
use super::error::AppError;
use crate::area::AreaCode;
use crate::log::LogIndex;

impl App {
    /// Whether the whole area is the caller's.
    ///
    /// # Errors
    /// [`AppError::PermissionDenied`]; so do all of this file.
    pub fn reaches_area(&self, caller: &Caller, area: AreaCode) -> Result<(), AppError> {
        if caller.areas.hold(area) {
            Ok(())
        } else {
            Err(AppError::PermissionDenied)
        }
    }

    /// Whether the case is the caller's. Of a county's cases a township has those that it handles; one that is not
    /// there is refused like one of another township.
    ///
    /// # Errors
    /// Also what the store says.
    pub async fn reaches_case(&self, caller: &Caller, case: CaseName) -> Result<(), AppError> {
        if caller.areas.hold(case.area) {
            return Ok(());
        }
        if !caller.areas.hold_part_of(case.area) {
            return Err(AppError::PermissionDenied);
        }
        let head = self.store.case_head(case.area, &case.case.to_string()).await?;
        match head.and_then(|head| head.township) {
            Some(township) => self.reaches_area(caller, township),
            None => Err(AppError::PermissionDenied),
        }
    }

    /// Whether the entry is the caller's: a county's are all of them, a township's are those of its cases.
    ///
    /// # Errors
    /// Also what the store says.
    pub async fn reaches_entry(&self, caller: &Caller, log: LogName, index: LogIndex) -> Result<(), AppError> {
        if caller.areas.hold(log.area) {
            return Ok(());
        }
        if !caller.areas.hold_part_of(log.area) {
            return Err(AppError::PermissionDenied);
        }
        let denied = |error| match error {
            AppError::NotFound { .. } => AppError::PermissionDenied,
            other => other,
        };
        let row = self.log_named(&log).await.map_err(denied)?;
        let record = self.store.record_at(row.log_id, index).await?;
        let case = record.and_then(|record| record.case_id?.parse().ok());
        match case {
            Some(case) => self.reaches_case(caller, CaseName { area: log.area, case }).await,
            None => Err(AppError::PermissionDenied),
        }
    }
}
