//! `doudi policy`: check, test, render, compare, try out and publish policy documents.

mod check;
mod diff;
mod files;
mod impact;
mod impact_words;
mod lang;
mod law;
mod publish;
mod render;
mod shelf;
mod test;
mod words;

use clap::Subcommand;

use super::{Out, Outcome};

/// Work on policy documents.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Language of messages; by default what LC_ALL, LC_MESSAGES or LANG says
    #[arg(long, global = true, value_name = "LANG")]
    lang: Option<lang::Language>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Test(test::Args),
    Render(render::Args),
    Diff(diff::Args),
    Impact(Box<impact::Args>),
    Publish(publish::Args),
}

/// Sends each to its file.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let lang = lang::chosen(args.lang);
    match &args.command {
        Command::Check(args) => check::run(args, lang, out),
        Command::Test(args) => test::run(args, lang, out),
        Command::Render(args) => render::run(args, lang, out),
        Command::Diff(args) => diff::run(args, lang, out),
        Command::Impact(args) => impact::run(args, lang, out),
        Command::Publish(args) => publish::run(args, lang, out),
    }
}

#[cfg(test)]
mod tests;
