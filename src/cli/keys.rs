//! `doudi keys`: makes a key file, checks one, prints the public key of a log, and changes keys.

use std::path::PathBuf;

use indicatif::ProgressBar;
use serde_json::json;

use super::wiring::{self, Settings};
use super::{BOLD, DIM, Exit, Failure, GOOD, Out, Outcome};
use crate::app::entropy::OsEntropy;
use crate::app::key_file::{self, KeyFileError};
use crate::log::Origin;
use crate::log::keys::{KeyPurpose, KeyRing, KeyState};
use crate::log::note::VerifierKey;

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
    /// Add a version of a key to the file, on standby: it reads, and nothing is made with it yet.
    ///
    /// Restart every server with the new file, then put the version in use with `doudi keys activate`. A server that
    /// does not know it could otherwise not read what another one makes with it.
    #[command(after_help = "Example:\n  doudi keys rotate doudi.keys --purpose key-encryption")]
    Rotate {
        /// The key file
        file: PathBuf,
        /// Which key
        #[arg(long, value_enum)]
        purpose: Purpose,
    },
    /// Put the version on standby in use; older versions still read.
    ///
    /// Only after every server was restarted with the file that has it on standby. Restart every server once more: each
    /// log then states in a KEY_EVENT entry which key is in use. After a new key-encryption key, `doudi keys rewrap`
    /// wraps the data keys of all cases with it.
    #[command(after_help = "Example:\n  doudi keys activate doudi.keys --purpose key-encryption")]
    Activate {
        /// The key file
        file: PathBuf,
        /// Which key
        #[arg(long, value_enum)]
        purpose: Purpose,
    },
    /// Give a key file that lost the key that signs logs a new one; what the lost one signed is still verified.
    ///
    /// Refused while the key is in the file. A key that somebody else may hold is lost as well: take it out of the file
    /// first. Afterwards begin the next epoch of every area with `doudi log next-epoch --confirm-lost-key`, and publish
    /// the new keys by the way by which the old ones were published.
    #[command(
        after_help = "Example:\n  doudi keys replace-signing doudi.keys --lost doudi.example/340321/1+c1fa11e5+AU..."
    )]
    ReplaceSigning {
        /// The key file
        file: PathBuf,
        /// The public key of one of the logs, as it was published
        #[arg(long, value_name = "VKEY")]
        lost: String,
    },
    /// Wrap every data key with the key-encryption key in use. May be stopped and run again at any time.
    ///
    /// Only after every server was restarted with the key file in which the new key is in use: one that was not goes on
    /// wrapping with the older key, and its data keys would wait for the next run.
    #[command(after_help = "Example:\n  doudi keys rewrap --database sqlite:doudi.sqlite --keys doudi.keys")]
    Rewrap {
        #[command(flatten)]
        settings: Box<Settings>,
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

/// A key that can be changed while the log goes on. The key that signs a log is named in its first entry and stays.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Purpose {
    /// Wraps data keys
    KeyEncryption,
    /// Digests requests
    Idempotency,
    /// Finds the person of an ID number
    PersonMap,
    /// Seals page tokens
    PageToken,
}

impl From<Purpose> for KeyPurpose {
    fn from(purpose: Purpose) -> KeyPurpose {
        match purpose {
            Purpose::KeyEncryption => KeyPurpose::KeyEncryption,
            Purpose::Idempotency => KeyPurpose::Idempotency,
            Purpose::PersonMap => KeyPurpose::PersonMap,
            Purpose::PageToken => KeyPurpose::PageToken,
        }
    }
}

/// Wraps every data key anew, with a bar for people.
fn rewrap(settings: &Settings, out: &Out) -> Outcome {
    let config = settings.load()?;
    let bar = if out.json() {
        ProgressBar::hidden()
    } else {
        ProgressBar::new_spinner()
    };
    let done = wiring::runtime()?.block_on(async {
        let app = wiring::app(&config).await?;
        let each = |done| bar.set_position(done);
        app.rewrap_keys(each)
            .await
            .map_err(|error| Failure::failed(format!("{error}; what is done stays done: run it again")))
    })?;
    bar.finish_and_clear();
    out.line(format_args!("{GOOD}{done}{GOOD:#} data keys are wrapped anew"));
    out.document(&json!({ "rewrapped": done }));
    Ok(Exit::Done)
}

/// Runs one of them.
pub fn run(args: &Args, out: &Out) -> Outcome {
    match &args.command {
        Command::Create { file } => {
            let ring = key_file::create(file, &mut OsEntropy).map_err(|error| match error {
                KeyFileError::Io { path, cause } => Failure::new_file(&path, &cause),
                other => failure(other),
            })?;
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
        Command::Rotate { file, purpose } => {
            let ring = key_file::rotate(file, (*purpose).into(), &mut OsEntropy).map_err(failure)?;
            out.line(format!(
                "{GOOD}rotated{GOOD:#} {}; back it up, restart every server, then put it in use with `doudi keys activate`",
                file.display()
            ));
            list(&ring, out);
            Ok(Exit::Done)
        }
        Command::Activate { file, purpose } => {
            let ring = key_file::activate(file, (*purpose).into()).map_err(failure)?;
            out.line(format!(
                "{GOOD}activated{GOOD:#} {}; back it up, then restart every server",
                file.display()
            ));
            list(&ring, out);
            Ok(Exit::Done)
        }
        Command::ReplaceSigning { file, lost } => {
            let lost: VerifierKey = lost
                .parse()
                .map_err(|error| Failure::usage(format!("--lost: {error}")))?;
            let ring = key_file::replace_signing(file, &lost, &mut OsEntropy).map_err(failure)?;
            out.line(format!(
                "{GOOD}replaced{GOOD:#} {}; back it up, then begin the next epoch of every area",
                file.display()
            ));
            list(&ring, out);
            Ok(Exit::Done)
        }
        Command::Rewrap { settings } => rewrap(settings, out),
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
        KeyFileError::Mode { .. }
        | KeyFileError::Format { .. }
        | KeyFileError::Replace { .. }
        | KeyFileError::Rotate { .. } => Exit::Refuted,
        KeyFileError::Io { .. } | KeyFileError::Entropy(_) => Exit::Failed,
    };
    Failure {
        exit,
        text: error.to_string(),
    }
}

fn list(ring: &KeyRing, out: &Out) {
    for key in ring.summary() {
        let note = match key.state {
            KeyState::Standby => "standby",
            KeyState::InUse => "in use",
            KeyState::Older => "older version",
        };
        let name = key.purpose.name();
        out.line(format!(
            "  {BOLD}{name:<15}{BOLD:#} version {} id {} {DIM}{note}{DIM:#}",
            key.version, key.id
        ));
        let (in_use, standby) = (key.state == KeyState::InUse, key.state == KeyState::Standby);
        out.document(&json!({
            "purpose": name, "version": key.version, "id": key.id, "in_use": in_use, "standby": standby,
        }));
    }
}
