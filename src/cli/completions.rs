//! `doudi completions`: the completion script of a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Exit, Out, Outcome};

/// Print the completion script of a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  doudi completions bash > /etc/bash_completion.d/doudi")]
pub struct Args {
    /// The shell that reads the script.
    shell: Shell,
}

/// Writes the script to standard output, in either output form: a shell reads it.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "doudi", &mut script);
    out.bytes(&script);
    Ok(Exit::Done)
}
