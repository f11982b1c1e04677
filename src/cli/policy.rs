//! `doudi policy`: check, test, render, compare and publish policy documents.

mod check;
mod files;

use clap::Subcommand;

use super::{Out, Outcome};

/// Work on policy documents.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
}

/// Sends each to its file.
pub fn run(args: &Args, out: &Out) -> Outcome {
    match &args.command {
        Command::Check(args) => check::run(args, out),
    }
}

#[cfg(test)]
mod tests;
