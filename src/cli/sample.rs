//! `doudi sample`: what an auditor does around a sample: value, size, export, draw, check, estimate.

mod estimate;
mod export;
mod redraw;
mod size;
mod value;

use clap::Subcommand;

pub(super) use size::confidence;

use super::{Out, Outcome};

/// Plan, draw again, check and estimate samples (抽样).
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Value(value::Args),
    Size(size::Args),
    Export(export::Args),
    Draw(redraw::DrawArgs),
    Check(redraw::CheckArgs),
    Estimate(estimate::Args),
}

/// Sends each to its file.
pub fn run(args: &Args, out: &Out) -> Outcome {
    match &args.command {
        Command::Value(args) => value::run(args, out),
        Command::Size(args) => size::run(args, out),
        Command::Export(args) => export::run(args, out),
        Command::Draw(args) => redraw::draw(args, out),
        Command::Check(args) => redraw::check(args, out),
        Command::Estimate(args) => estimate::run(args, out),
    }
}

#[cfg(test)]
mod tests;
