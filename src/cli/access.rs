//! `doudi access`: who read a case, with the proof of each row.

use serde_json::json;

use super::wiring::{self, Settings};
use super::{BOLD, DIM, Exit, Failure, GOOD, Out, Outcome, WARN, office_time};
use crate::app::command::{CaseName, ListAccesses, PAGE_SIZE_MAX, Page};
use crate::app::result::AccessSeen;
use crate::canonical::Json;

/// List who read a case: everyday reads and openings, oldest first.
///
/// A row is proved once its hour is over and an ACCESS entry of the log holds the hour's root.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doudi access areas/340321/cases/0f3a5c7e9b1d2f4a6c8e0a2b4c6d8e0f --database sqlite:doudi.sqlite --keys doudi.keys")]
pub struct Args {
    /// The case: areas/AREA/cases/CASE
    #[arg(value_name = "CASE")]
    case: String,
    #[command(flatten)]
    settings: Settings,
}

/// Lists all rows of the case.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let case: CaseName = args
        .case
        .parse()
        .map_err(|error| Failure::usage(format!("{}: {error}", args.case)))?;
    let config = args.settings.load()?;
    let count = wiring::runtime()?.block_on(async {
        let app = wiring::app(&config).await?;
        let mut count = 0_u64;
        let mut token = None;
        loop {
            let page = Page {
                size: PAGE_SIZE_MAX,
                token,
            };
            let listed = app
                .list_accesses(ListAccesses { case, page })
                .await
                .map_err(|error| Failure::failed(error.to_string()))?;
            for seen in &listed.items {
                print(seen, out)?;
                count += 1;
            }
            let Some(next) = listed.next else { return Ok(count) };
            token = Some(next);
        }
    })?;
    out.line(format_args!("{BOLD}{count}{BOLD:#} reads of {case}"));
    Ok(Exit::Done)
}

fn print(seen: &AccessSeen, out: &Out) -> Result<(), Failure> {
    let row = Json::parse_canonical(&seen.content).map_err(|_| Failure::failed("a stored row is no JSON: run fsck"))?;
    let text = |key: &str| row.get(key).and_then(Json::as_text).unwrap_or_default().to_owned();
    let (by, purpose, record) = (text("by"), text("purpose"), text("record"));
    let at = office_time(seen.at_ms / 1_000);
    match &seen.proof {
        Some(proof) => out.line(format_args!(
            "{at} {BOLD}{by}{BOLD:#} {purpose} {record} {GOOD}proved{GOOD:#} {DIM}entry {}{DIM:#}",
            proof.entry.get()
        )),
        None => out.line(format_args!(
            "{at} {BOLD}{by}{BOLD:#} {purpose} {record} {WARN}its hour is not closed{WARN:#}"
        )),
    }
    let proof = seen.proof.as_ref().map(|proof| {
        json!({
            "origin": proof.origin.to_string(), "entry": proof.entry.get(), "leaf": proof.position,
            "size": proof.count, "root": proof.root.to_string(),
            "hashes": proof.hashes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    });
    out.document(&json!({
        "at_ms": seen.at_ms, "by": by, "purpose": purpose, "record": record, "opening": text("opening"),
        "row": String::from_utf8_lossy(&seen.content), "leaf_hash": seen.leaf_hash.to_string(), "proof": proof,
    }));
    Ok(())
}
