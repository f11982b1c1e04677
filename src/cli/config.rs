//! `doudi config`: what the settings are, where each comes from, and whether a server could start with them.

use clap::Subcommand;
use serde_json::json;

use super::wiring::{self, Settings};
use super::{BAD, BOLD, DIM, Exit, Failure, GOOD, Out, Outcome};
use crate::config::ConfigError;

/// Check and print the configuration (配置).
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(CheckArgs),
    Print(PrintArgs),
}

/// Check the settings, and the certificates and the table of callers that they name.
///
/// Every mistake is said at once, with its key and where it was set. Nothing is started and no database is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doudi config check --listen 127.0.0.1:50051 --database sqlite:doudi.sqlite --keys doudi.keys")]
struct CheckArgs {
    #[command(flatten)]
    settings: Settings,
}

/// Print every setting with its value and where that comes from; passwords are left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doudi config print --config deploy/doudi.toml --listen 127.0.0.1:50052")]
struct PrintArgs {
    #[command(flatten)]
    settings: Settings,
}

/// Runs one of them.
pub fn run(args: &Args, out: &Out) -> Outcome {
    match &args.command {
        Command::Check(args) => check(&args.settings, out),
        Command::Print(args) => print(&args.settings, out),
    }
}

fn check(settings: &Settings, out: &Out) -> Outcome {
    let read = match settings.read() {
        Ok(read) => read,
        Err(ConfigError::Violations(violations)) => {
            for violation in &violations {
                out.line(format_args!(
                    "{BAD}{}{BAD:#} {DIM}({}){DIM:#}: {}",
                    violation.key, violation.origin, violation.text
                ));
                out.document(&json!({
                    "key": violation.key,
                    "from": violation.origin.to_string(),
                    "wrong": violation.text,
                }));
            }
            let count = violations.len();
            return Err(Failure::usage(format!(
                "{count} settings are wrong: correct those that are listed"
            )));
        }
        Err(error) => return Err(Failure::usage(error.to_string())),
    };
    let access = wiring::access(&read.config)?;
    let principals = access.identity.map(|identity| identity.state().principals.count());
    out.line(match principals {
        Some(count) => format!("{GOOD}good{GOOD:#}: {BOLD}{count}{BOLD:#} principals may call with a certificate"),
        None => format!("{GOOD}good{GOOD:#}: callers on this machine alone, nobody is asked for a certificate"),
    });
    out.document(&json!({ "good": true, "principals": principals }));
    Ok(Exit::Done)
}

fn print(settings: &Settings, out: &Out) -> Outcome {
    let read = settings.read().map_err(|error| Failure::usage(error.to_string()))?;
    for setting in read.list() {
        let value = setting.value.as_deref().unwrap_or("(not set)");
        out.line(format_args!(
            "{BOLD}{}{BOLD:#} = {value}  {DIM}# {}{DIM:#}",
            setting.key, setting.origin
        ));
        out.document(&json!({
            "key": setting.key,
            "value": setting.value,
            "from": setting.origin.to_string(),
        }));
    }
    Ok(Exit::Done)
}
