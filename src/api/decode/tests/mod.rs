//! The decoder against its contract: what is accepted, what is refused, and that nothing makes it panic.

mod arbitrary;
mod findings;
mod refusals;
mod sample;
mod vocabulary;

use crate::app::AppError;
use crate::app::error::Violation;

/// The violations of a refused request, as `field: description`.
fn refused<T: std::fmt::Debug>(result: Result<T, AppError>) -> Vec<String> {
    match result {
        Err(AppError::Invalid(found)) => found
            .iter()
            .map(|Violation { field, description }| format!("{field}: {description}"))
            .collect(),
        other => panic!("must be refused with violations: {other:?}"),
    }
}

/// The fields of the violations.
fn fields<T: std::fmt::Debug>(result: Result<T, AppError>) -> Vec<String> {
    refused(result)
        .iter()
        .map(|text| text.split(':').next().unwrap_or("").to_owned())
        .collect()
}
