//! `doudi sample value`: a party's random value, and what it commits to.

use serde_json::json;

use super::super::{BOLD, Exit, Failure, Out, Outcome};
use crate::app::entropy::OsEntropy;
use crate::log::entropy::draw;
use crate::log::sample::SeedValue;

/// Make the random value of a party and its commitment.
///
/// Send the commitment with CommitSample before the period closes. Keep the value secret until the request is
/// logged, then send it with RevealSample within 72 hours. Nothing is stored: save the output yourself.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  doudi sample value > value.txt")]
pub struct Args {}

/// Draws and prints.
pub fn run(_: &Args, out: &Out) -> Outcome {
    let bytes = draw(&mut OsEntropy).map_err(|error| Failure::failed(error.to_string()))?;
    let value = SeedValue::from_bytes(bytes);
    let (shown, commitment) = (hex::encode(value.as_bytes()), value.commitment().to_string());
    out.line(format!("{BOLD}commitment{BOLD:#} {commitment}"));
    out.line(format!("{BOLD}value{BOLD:#}      {shown}"));
    out.document(&json!({ "commitment": commitment, "value": shown }));
    Ok(Exit::Done)
}
