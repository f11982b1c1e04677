//! The command line: one file a command; this file only lists them and sends each to its file.
//!
//! A command is a `clap::Args` struct named `Args` and a function `run(args, &Out) -> Outcome` in its own file.
//! Its help ends with an example that works as written.

mod access;
mod bundle;
mod client;
mod completions;
mod config;
pub mod demo;
mod export;
mod fsck;
mod inspect;
mod keys;
mod log;
mod migrate;
mod out;
mod policy;
mod projection;
mod replay;
mod report;
mod sample;
mod serve;
mod verify;
mod verify_receipt;
mod wiring;
mod witness;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

pub use out::{BAD, BOLD, DIM, Exit, Failure, GOOD, Out, Outcome, WARN, office_time};

const AFTER_HELP: &str = "\
Exit codes:
  0  done, and what was to be checked holds
  1  what was to be checked does not hold
  2  the command line or the configuration is wrong
  3  it could not be done: a file, the database or the server does not answer
  10 to 19  of fsck: the lowest level, F0 to F9, that found something";

/// Doudi (兜底): social-assistance decisions by the law in force, each provable and replayable.
#[derive(Debug, Parser)]
#[command(name = "doudi", version = crate::build::VERSION, after_help = AFTER_HELP, arg_required_else_help = true)]
pub struct Cli {
    /// Write JSON for machines, one document a line, instead of text.
    #[arg(long, global = true)]
    json: bool,
    /// When to colour the text.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

/// When text is coloured.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Also into a file or a pipe.
    Always,
    /// Not at all.
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
    }
}

/// The commands that exist.
#[derive(Debug, Subcommand)]
enum Command {
    Access(access::Args),
    Bundle(bundle::Args),
    Completions(completions::Args),
    Config(config::Args),
    Demo(demo::Args),
    Export(export::Args),
    Fsck(fsck::Args),
    Inspect(inspect::Args),
    Keys(keys::Args),
    Log(log::Args),
    Migrate(migrate::Args),
    Policy(policy::Args),
    Projection(projection::Args),
    Replay(replay::Args),
    Report(report::Args),
    Sample(sample::Args),
    Serve(serve::Args),
    Verify(verify::Args),
    VerifyReceipt(verify_receipt::Args),
    Witness(witness::Args),
}

/// Reads the command line, runs the command, and answers the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    anstream::ColorChoice::write_global(cli.color.into());
    let out = Out::new(cli.json);
    match out.end(run(cli.command, &out)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            out.failure(&failure);
            failure.exit.into()
        }
    }
}

fn run(command: Command, out: &Out) -> Outcome {
    match command {
        Command::Access(args) => access::run(&args, out),
        Command::Bundle(args) => bundle::run(&args, out),
        Command::Completions(args) => completions::run(&args, out),
        Command::Config(args) => config::run(&args, out),
        Command::Demo(args) => demo::run(&args, out),
        Command::Export(args) => export::run(&args, out),
        Command::Fsck(args) => fsck::run(&args, out),
        Command::Inspect(args) => inspect::run(&args, out),
        Command::Keys(args) => keys::run(&args, out),
        Command::Log(args) => log::run(&args, out),
        Command::Migrate(args) => migrate::run(args, out),
        Command::Policy(args) => policy::run(&args, out),
        Command::Projection(args) => projection::run(&args, out),
        Command::Replay(args) => replay::run(&args, out),
        Command::Report(args) => report::run(&args, out),
        Command::Sample(args) => sample::run(&args, out),
        Command::Serve(args) => serve::run(&args, out),
        Command::Verify(args) => verify::run(&args, out),
        Command::VerifyReceipt(args) => verify_receipt::run(&args, out),
        Command::Witness(args) => witness::run(&args, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn check(command: &mut clap::Command) {
            let name = command.get_name().to_string();
            let nested: Vec<_> = command.get_subcommands_mut().collect();
            if nested.is_empty() {
                let help = command.render_long_help().to_string();
                assert!(help.contains("Example"), "the help of `{name}` has no example");
            } else {
                nested.into_iter().for_each(check);
            }
        }
        let mut cli = Cli::command();
        cli.get_subcommands_mut().for_each(check);
    }
}
