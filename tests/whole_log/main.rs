//! Whole logs from outside: read over HTTP and out of an export by verifiers that others wrote, checked by fsck, and
//! spoilt by whoever owns the database.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod client;
mod damage;
mod exported;
mod forged;
mod kept;
mod oracles;
mod real;
mod served;
mod synthetic;
mod table;
mod tampered;
mod tampers;
mod whole;

use doudi::app::public_log::PublicLogs;
use synthetic::Synthetic;

/// The name of the synthetic log.
const ORIGIN: &str = "doudi.example/340321/1";

/// Sizes around the edges of tiles.
const SMALL_SIZES: [u64; 6] = [1, 2, 255, 256, 257, 513];

/// The same one level up.
const LARGE_SIZES: [u64; 3] = [65_535, 65_536, 65_537];

/// A synthetic log in a folder of its own.
async fn synthetic(folder: &tempfile::TempDir) -> Synthetic {
    let url = format!("sqlite:{}", folder.path().join("doudi.sqlite").display());
    Synthetic::open(&url, ORIGIN).await
}

fn public(log: &Synthetic) -> PublicLogs {
    PublicLogs::new(log.store.clone())
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}
