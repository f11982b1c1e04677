//! `doudi migrate`: brings the database to this build's schema.

use std::path::PathBuf;

use super::wiring::store_failure;
use super::{Exit, Failure, Out, Outcome};
use crate::config::{Config, Flags};
use crate::store::{self, Migrated};

/// Bring the database to this build's schema; for SQLite, make the file.
///
/// PostgreSQL: run it as the role that owns the tables, then grant `doudi_writer` to the login of
/// the service. Nothing is changed in a database that is up to date.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  doudi migrate --database sqlite:doudi.sqlite")]
pub struct Args {
    /// Configuration file, also `DOUDI_CONFIG`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE` [default: sqlite:doudi.sqlite]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// File with the password of the database's user; the URL then has none
    #[arg(long, value_name = "FILE")]
    database_password_file: Option<PathBuf>,
}

/// Runs the migrations that are missing and says which.
pub fn run(args: Args, out: &Out) -> Outcome {
    let flags = Flags {
        database: args.database,
        database_password_file: args.database_password_file,
        ..Flags::default()
    };
    let file = args
        .config
        .or_else(|| std::env::var_os("DOUDI_CONFIG").map(PathBuf::from));
    let config =
        Config::load(file.as_deref(), std::env::vars(), &flags).map_err(|error| Failure::usage(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed(format!("the runtime does not start: {error}")))?;
    match runtime.block_on(store::migrate(&config.database)) {
        Ok(Migrated { before, now }) if before == now => {
            out.line(format!("schema version {now}: nothing to do"));
            out.document(&serde_json::json!({ "before": before, "now": now }));
            Ok(Exit::Done)
        }
        Ok(Migrated { before, now }) => {
            out.line(format!("schema version {before} -> {now}"));
            out.document(&serde_json::json!({ "before": before, "now": now }));
            Ok(Exit::Done)
        }
        Err(error) => Err(store_failure(&error)),
    }
}
