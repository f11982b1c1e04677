//! `doudi policy`: check, test, render, compare and publish policy documents.

mod check;
mod diff;
mod files;
mod law;
mod publish;
mod render;
mod test;

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
    Test(test::Args),
    Render(render::Args),
    Diff(diff::Args),
    Publish(publish::Args),
}

/// Sends each to its file.
pub fn run(args: &Args, out: &Out) -> Outcome {
    match &args.command {
        Command::Check(args) => check::run(args, out),
        Command::Test(args) => test::run(args, out),
        Command::Render(args) => render::run(args, out),
        Command::Diff(args) => diff::run(args, out),
        Command::Publish(args) => publish::run(args, out),
    }
}

#[cfg(test)]
mod tests;
