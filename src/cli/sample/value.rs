//! `doudi sample value`: a party's random value, and what it commits to.

use std::path::PathBuf;

use serde_json::json;

use super::super::{BOLD, DIM, Exit, Failure, Out, Outcome};
use crate::app::entropy::OsEntropy;
use crate::log::entropy::draw;
use crate::log::sample::SeedValue;
use crate::whole_file::{self, Readers};

/// Make the random value of a party and its commitment.
///
/// Send the commitment with CommitSample before the period closes. Keep the value secret until the request is
/// logged, then send it with RevealSample within 72 hours. With --to both are written into a file that only you can read,
/// and the commitment alone is shown; without it nothing is stored, and the output is yours to save.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  doudi sample value --to value.json")]
pub struct Args {
    /// The file to write, as JSON; it must not exist, and nobody else may read it
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// Draws and prints.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let bytes = draw(&mut OsEntropy).map_err(|error| Failure::failed(error.to_string()))?;
    let value = SeedValue::from_bytes(bytes);
    let (shown, commitment) = (hex::encode(value.as_bytes()), value.commitment().to_string());
    let both = json!({ "commitment": commitment, "value": shown });
    let said = format!("{BOLD}commitment{BOLD:#} {commitment}");
    if let Some(path) = &args.to {
        // A value that is there already may have been committed to: it is never written over. And no commitment is shown
        // before its value is kept.
        let text = format!("{both}\n");
        whole_file::create(path, text.as_bytes(), Readers::Owner).map_err(|error| Failure::new_file(path, &error))?;
        out.line(said);
        out.line(format!(
            "{DIM}the value is in {}: keep it secret{DIM:#}",
            path.display()
        ));
        out.document(&json!({ "commitment": commitment, "file": path.display().to_string() }));
        return Ok(Exit::Done);
    }
    out.line(said);
    out.line(format!("{BOLD}value{BOLD:#}      {shown}"));
    out.document(&both);
    Ok(Exit::Done)
}
