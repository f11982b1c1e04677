//! The store: the tables of the record in SQLite or PostgreSQL, chosen by the URL's scheme.
//!
//! [`Store`] is what a database must be able to do; every read is written once, as a method of
//! `dyn Store`, and so is the transaction that appends ([`append::Append`]). The databases keep
//! the log append-only themselves (see `migrations/`). The store names the log's pure types
//! (positions, hashes, origins, nodes) and nothing else of it.

pub mod append;
pub mod batch;
mod civil;
#[cfg(test)]
pub(crate) mod conformance;
mod connect;
mod cosignature;
mod driver;
mod erase;
mod error;
mod lease;
mod migrate;
mod postgres;
mod read_access;
mod read_case;
mod read_decision;
mod read_gauges;
mod read_log;
mod read_record;
mod read_sample;
mod read_whole;
mod rows;
mod sqlite;
mod statement;
mod value;

use std::sync::Arc;

pub use civil::{CivilDate, CivilError, CivilMonth};
pub use driver::{Dialect, Insert, Pool, Store, Transaction};
pub use error::{Cause, StoreError, cause};
pub use migrate::{Migrated, migrate};
pub use postgres::WRITER_ROLE;
pub use read_access::AccessCursor;
pub use read_case::DueBegin;
pub use read_decision::{CaseView, DecisionAsk, DecisionView};
pub use read_gauges::{DueCount, OpenLog};
pub use read_log::{TILE_HEIGHT, TILE_WIDTH};
pub use read_record::RecordCursor;
pub use read_sample::RecordDocument;
pub use read_whole::{PlacedDocument, RANGE_ROW_COUNT_MAX, SealedDocument};
pub use rows::{
    AccessPlace, AccessRow, CaseHeadRow, CaseMarkRow, CaseScope, CaseScopeError, CheckpointRow, CosignatureRow,
    DataKeyRow, DocumentRow, EntryRow, ErasedKeyRow, HeadRow, LogId, LogRow, PersonRow, PolicyRow, RecordRow,
    RequestKey, RequestRow, SpanRow, TileRow,
};
pub use value::{Cell, Column, Row, Value};

/// Most rows of one page: the largest page of the API and one more, to know whether a page follows.
pub const PAGE_ROW_COUNT_MAX: u32 = 1001;

/// Opens a database whose migrations have run: `sqlite:PATH` or `postgres://USER@HOST/NAME`.
///
/// # Errors
/// [`StoreError::Refused`] says what an operator must change; [`StoreError::Unavailable`] if the
/// database does not answer.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match scheme(url)? {
        Dialect::Sqlite => {
            let store = sqlite::SqliteStore::open(url).await?;
            migrate::check(Dialect::Sqlite, store.version().await?)?;
            Arc::new(store)
        }
        Dialect::Postgres => {
            let store = postgres::PostgresStore::open(url).await?;
            migrate::check(Dialect::Postgres, store.version().await?)?;
            Arc::new(store)
        }
    })
}

/// Opens a database to read only, for whoever checks or copies it: nothing is written, and on PostgreSQL the login
/// keeps its own role.
///
/// # Errors
/// As [`open`].
pub async fn open_read_only(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match scheme(url)? {
        Dialect::Sqlite => {
            let store = sqlite::SqliteStore::open_read_only(url).await?;
            migrate::check(Dialect::Sqlite, store.version().await?)?;
            Arc::new(store)
        }
        Dialect::Postgres => {
            let store = postgres::PostgresStore::open_read_only(url)?;
            migrate::check(Dialect::Postgres, store.version().await?)?;
            Arc::new(store)
        }
    })
}

/// Which database the URL names. Never quotes it: it may hold a password.
fn scheme(url: &str) -> Result<Dialect, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", _)) => Ok(Dialect::Sqlite),
        Some(("postgres" | "postgresql", _)) => Ok(Dialect::Postgres),
        Some(_) | None => Err(StoreError::Refused(
            "the database URL has no known scheme: write sqlite:/path/to/file or postgres://user@host/database"
                .to_owned(),
        )),
    }
}
