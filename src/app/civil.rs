//! The days and months of the rules as those that the store keeps.

use super::error::AppError;
use crate::rules::calendar::{Date, Month};
use crate::store::{CivilDate, CivilMonth};

pub(super) fn civil_date(date: Date) -> Result<CivilDate, AppError> {
    date.to_string().parse().map_err(|error| AppError::internal(&error))
}

pub(super) fn civil_month(month: Month) -> Result<CivilMonth, AppError> {
    month.to_string().parse().map_err(|error| AppError::internal(&error))
}
