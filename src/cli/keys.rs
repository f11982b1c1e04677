//! `doudi keys`: makes a key file, checks one, and prints the public key of a log.

use std::path::PathBuf;

use serde_json::json;

use super::{BOLD, DIM, Exit, Failure, GOOD, Out, Outcome};
use crate::app::entropy::OsEntropy;
use crate::app::key_file::{self, KeyFileError};
use crate::log::Origin;
use crate::log::keys::KeyRing;

/// Make, check and publish the keys of the service.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a file with a new key for every purpose, readable by its owner alone.
    ///
    /// Back it up: without these keys sealed documents cannot be opened and the log cannot go on.
    #[command(after_help = "Example:\n  doudi keys create doudi.keys")]
    Create {
        /// The file to make; an existing one is never touched
        file: PathBuf,
    },
    /// Check a key file: access rights, form, a key for every purpose.
    #[command(after_help = "Example:\n  doudi keys check doudi.keys")]
    Check {
        /// The key file
        file: PathBuf,
    },
    /// Print the public keys of a log, the one in use first; receipts are verified with it.
    #[command(after_help = "Example:\n  doudi keys public doudi.keys --origin doudi.example/340321/1")]
    Public {
        /// The key file
        file: PathBuf,
        /// The log: DOMAIN/AREA/EPOCH
        #[arg(long)]
        origin: String,
    },
}

/// Runs one of the three.
pub fn run(args: &Args, out: &Out) -> Outcome {
    match &args.command {
        Command::Create { file } => {
            let ring = key_file::create(file, &mut OsEntropy).map_err(failure)?;
            out.line(format!(
                "{GOOD}made{GOOD:#} {} with mode 0600; back it up",
                file.display()
            ));
            list(&ring, out);
            Ok(Exit::Done)
        }
        Command::Check { file } => match key_file::load(file) {
            Ok(ring) => {
                out.line(format!("{GOOD}good{GOOD:#}: {}", file.display()));
                list(&ring, out);
                Ok(Exit::Done)
            }
            Err(error) => Err(failure(error)),
        },
        Command::Public { file, origin } => {
            let origin: Origin = origin
                .parse()
                .map_err(|error| Failure::usage(format!("--origin: {error}")))?;
            for key in key_file::load(file).map_err(failure)?.verifier_keys(&origin) {
                out.line(&key);
                out.document(&json!({ "origin": origin.to_string(), "key": key.to_string() }));
            }
            Ok(Exit::Done)
        }
    }
}

/// A file that was read and is wrong is refuted (1); one that cannot be read is a failure (3).
fn failure(error: KeyFileError) -> Failure {
    let exit = match &error {
        KeyFileError::Mode { .. } | KeyFileError::Format { .. } => Exit::Refuted,
        KeyFileError::Io { .. } | KeyFileError::Entropy(_) => Exit::Failed,
    };
    Failure {
        exit,
        text: error.to_string(),
    }
}

fn list(ring: &KeyRing, out: &Out) {
    for key in ring.summary() {
        let note = if key.in_use { "in use" } else { "older version" };
        let name = key.purpose.name();
        out.line(format!(
            "  {BOLD}{name:<15}{BOLD:#} version {} id {} {DIM}{note}{DIM:#}",
            key.version, key.id
        ));
        out.document(&json!({ "purpose": name, "version": key.version, "id": key.id, "in_use": key.in_use }));
    }
}
