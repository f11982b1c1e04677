//! `doudi witness`: a small witness after C2SP tlog-witness, for a second institution that keeps an operator honest.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tokio::net::TcpListener;

use super::{Exit, Failure, GOOD, Out, Outcome, serve, wiring};
use crate::app::entropy::OsEntropy;
use crate::app::high_water::HighWaterFolder;
use crate::app::witnesses::key;
use crate::app::witnesses::server::{self, WitnessServer};
use crate::log::note::{CosignerKey, KeyName, VerifierKey};
use crate::log::sequencer::SystemClock;
use crate::telemetry::{self, LogFormat};

/// Make a witness's key, and serve a witness that cosigns logs which only grow.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make the key of a witness, readable by its owner alone, and print its public key for the policy of the logs.
    #[command(after_help = "Example:\n  doudi witness key witness.key --name witness.example/w1")]
    Key {
        /// The file to make; an existing one is never touched
        file: PathBuf,
        /// Name of the witness: like a URL without its scheme
        #[arg(long)]
        name: String,
    },
    /// Serve `add-checkpoint` (C2SP tlog-witness v1.0.0) for the logs of a file.
    ///
    /// A checkpoint is cosigned if a known key of its log signed it and it continues what was cosigned before. What was
    /// cosigned is remembered in the state folder before the answer leaves: never lose it, never restore it from a
    /// backup. One process has the folder; another one is refused.
    #[command(
        after_help = "Example:\n  doudi witness serve --listen 127.0.0.1:8091 --key witness.key --logs logs.txt --state witness.state"
    )]
    Serve {
        /// Address and port
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8091")]
        listen: SocketAddr,
        /// The witness's key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Verifier keys of the logs, one a line as `doudi keys public` prints them; lines with # are passed over
        #[arg(long, value_name = "FILE")]
        logs: PathBuf,
        /// Folder in which is remembered what was cosigned
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
    },
}

/// Runs one of the two.
pub fn run(args: &Args, out: &Out) -> Outcome {
    match &args.command {
        Command::Key { file, name } => {
            let name = KeyName::new(name).map_err(|error| Failure::usage(format!("--name: {error}")))?;
            let made = key::create(file, name, &mut OsEntropy).map_err(|error| Failure::new_file(file, &error))?;
            out.line(format_args!("{GOOD}made{GOOD:#} {} with mode 0600", file.display()));
            show(made.key(), out);
            Ok(Exit::Done)
        }
        Command::Serve {
            listen,
            key,
            logs,
            state,
        } => {
            telemetry::start(LogFormat::Text, telemetry::FILTER_DEFAULT, None)
                .map_err(|error| Failure::usage(error.to_string()))?;
            wiring::runtime()?.block_on(witness(*listen, key, logs, state, out))
        }
    }
}

fn show(key: &CosignerKey, out: &Out) {
    out.line(key);
    out.document(&json!({ "name": key.name().as_str(), "key": key.to_string() }));
}

async fn witness(listen: SocketAddr, key: &Path, logs: &Path, state: &Path, out: &Out) -> Outcome {
    let cosigner = key::load(key).map_err(|error| Failure::usage(format!("{}: {error}", key.display())))?;
    let logs = verifier_keys(logs)?;
    let state = HighWaterFolder::hold(state).map_err(|error| Failure::usage(error.to_string()))?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| Failure::failed(format!("{listen}: {error}: free the port or choose another")))?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::failed(error.to_string()))?;
    out.line(format_args!("a witness of {} logs at http://{address}", logs.len()));
    show(cosigner.key(), out);
    let witness = WitnessServer::new(cosigner, logs, Arc::new(SystemClock::new()), Arc::new(state));
    server::serve(listener, Arc::new(witness), serve::stop_signal()?).await;
    Ok(Exit::Done)
}

fn verifier_keys(path: &Path) -> Result<Vec<VerifierKey>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    let mut keys = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = line.parse().map_err(|error| {
            let place = format!("{}:{}", path.display(), at + 1);
            Failure::usage(format!("{place}: {error}"))
        })?;
        keys.push(key);
    }
    Ok(keys)
}
