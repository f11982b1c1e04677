//! Every statement in its span: what it does to which table, for the trace of the call that needs it.
//!
//! Where no trace is exported the span is not made and nothing is written down of the statement.

use std::future::Future;

use tracing::{Instrument as _, Span};

use super::StoreError;
use super::driver::{Dialect, Insert};
use crate::telemetry::span;

/// Runs one statement of a database in its span.
pub(super) async fn traced<T>(
    dialect: Dialect,
    sql: &str,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    within(span::statement(dialect.name(), sql), work).await
}

/// The span of the insertion of rows into tables.
pub(super) fn inserting(dialect: Dialect, inserts: &[Insert]) -> Span {
    span::insert(dialect.name(), || inserts.iter().map(|insert| insert.table))
}

/// Runs the work of a statement in its span.
pub(super) async fn within<T>(span: Span, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let done = work.instrument(span.clone()).await;
    if let Err(error) = &done {
        span::failed(&span, error.kind());
    }
    done
}
