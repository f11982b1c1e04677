//! `doudi sample draw` and `doudi sample check`: a sample drawn again from exported files, offline.

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use serde_json::json;

use super::super::{BAD, BOLD, DIM, Exit, Failure, GOOD, Out, Outcome};
use crate::log::note::VerifierKey;
use crate::log::sample::{Agreement, DrawKind, Evidence, EvidenceError, Redrawn};

/// Draw a sample again from an exported file, and show it.
///
/// Verifies the log's signature, its tree, every document against its commitment, the round of commitments and
/// reveals, and then draws. No server, no database, no network.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  doudi sample draw sample.json --key doudi.example/340321/1+1b0c5be7+AVX3Z9Qc0...")]
pub struct DrawArgs {
    #[command(flatten)]
    pub(super) given: Given,
}

/// Check that the recorded sample is the one that the seed draws.
///
/// Does what `draw` does and compares the result with what the log says was drawn.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  doudi sample check sample.json --key doudi.example/340321/1+1b0c5be7+AVX3Z9Qc0...")]
pub struct CheckArgs {
    #[command(flatten)]
    pub(super) given: Given,
}

#[derive(Debug, clap::Args)]
pub(super) struct Given {
    /// The file of `doudi sample export`
    pub(super) file: PathBuf,
    /// The log's public key, which you got by another way than the file
    #[arg(long, value_name = "VKEY")]
    pub(super) key: VerifierKey,
}

/// Draws and shows.
pub fn draw(args: &DrawArgs, out: &Out) -> Outcome {
    match redrawn(&args.given, out)? {
        Ok(redrawn) => {
            show(&redrawn, out);
            Ok(Exit::Done)
        }
        Err(error) => Ok(refuted(&error, out)),
    }
}

/// Draws and compares.
pub fn check(args: &CheckArgs, out: &Out) -> Outcome {
    let redrawn = match redrawn(&args.given, out)? {
        Ok(redrawn) => redrawn,
        Err(error) => return Ok(refuted(&error, out)),
    };
    let Some((result, _)) = &redrawn.recorded else {
        out.line(format!(
            "{BAD}not drawn{BAD:#}: the log holds no result for this period yet"
        ));
        out.document(&json!({ "agrees": false, "reason": "no_result" }));
        return Ok(Exit::Refuted);
    };
    let agrees = redrawn.agrees();
    let agreed = || {
        format!(
            "{} of {} units, seed {}",
            result.drawn,
            result.population,
            redrawn.seed.hash()
        )
    };
    match &redrawn.agreement {
        Agreement::Unrecorded | Agreement::Equal => out.line(format!("{GOOD}agrees{GOOD:#}: {}", agreed())),
        Agreement::Partly(lost) => {
            out.line(format!("{GOOD}agrees{GOOD:#} as far as it can be told: {}", agreed()));
            out.line(format!(
                "  {DIM}{}{DIM:#}",
                since_erased(lost.len(), redrawn.request.draw)
            ));
        }
        Agreement::Different => out.line(format!(
            "{BAD}differs{BAD:#}: the log records another sample than the seed draws"
        )),
        Agreement::Withheld(withheld) => {
            let count = withheld.len();
            out.line(format!(
                "{BAD}withheld{BAD:#}: {count} entries of the range have no frame, and no ERASURE entry accounts for them"
            ));
        }
    }
    unopened(&redrawn, out);
    let meanwhile = redrawn.erased_before_draw.len();
    if meanwhile > 0 {
        out.line(format!(
            "  {BAD}{meanwhile} cases were erased after the sample was asked for and before it was drawn{BAD:#}: the last \
             party to reveal knew the seed; ask the operator what had to be erased then"
        ));
    }
    out.document(&json!({
        "agrees": agrees,
        "seed": redrawn.seed.hash().to_string(),
        "drawn": redrawn.selection.drawn(),
        "population": redrawn.selection.population(),
        "unopened": redrawn.selection.unopened.len(),
        "erased_since": redrawn.erased_since().len(),
        "erased_before_draw": meanwhile,
    }));
    Ok(if agrees { Exit::Done } else { Exit::Refuted })
}

/// What cannot be told any more of a sample of which frames were erased after it was drawn.
fn since_erased(count: usize, draw: DrawKind) -> String {
    let rest = match draw {
        DrawKind::Simple | DrawKind::Stratified => "all others were drawn in the order of the seed",
        DrawKind::SizeProportional => "without their amounts the order of the draw cannot be shown",
    };
    format!("{count} entries of the range were erased after the draw: {rest}")
}

fn redrawn(given: &Given, out: &Out) -> Result<Result<Redrawn, EvidenceError>, Failure> {
    let bytes = std::fs::read(&given.file).map_err(|error| Failure::file(Path::new(&given.file), &error))?;
    let evidence = match Evidence::parse(&bytes) {
        Ok(evidence) => evidence,
        Err(error) => return Ok(Err(error)),
    };
    let bar = if out.json() {
        ProgressBar::hidden()
    } else {
        ProgressBar::new(evidence.entries.len() as u64)
    };
    let redrawn = evidence.redraw(std::slice::from_ref(&given.key), |done| bar.set_position(done));
    bar.finish_and_clear();
    Ok(redrawn)
}

fn refuted(error: &EvidenceError, out: &Out) -> Exit {
    out.line(format!("{BAD}not verified{BAD:#}: {error}"));
    out.document(&json!({ "agrees": false, "reason": error.to_string() }));
    Exit::Refuted
}

fn show(redrawn: &Redrawn, out: &Out) {
    out.line(format!("{BOLD}seed{BOLD:#} {}", redrawn.seed.hash()));
    for stratum in &redrawn.selection.strata {
        let indices =
            |list: &[crate::log::LogIndex]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        out.line(format!(
            "{BOLD}{}{BOLD:#} {} of {}",
            stratum.key,
            stratum.units.len(),
            stratum.population
        ));
        out.line(format!("  entries {}", indices(&stratum.units)));
        if !stratum.reserve.is_empty() {
            out.line(format!("  {DIM}reserve {}{DIM:#}", indices(&stratum.reserve)));
        }
    }
    for check in &redrawn.selection.cross_checks {
        out.line(format!("  {} reviews {}", check.reviewer, check.reviewed));
    }
    unopened(redrawn, out);
    // Our JSON is the document's own form; it is valid JSON.
    let selection = serde_json::from_slice::<serde_json::Value>(&redrawn.selection.to_json().to_bytes());
    out.document(&json!({
        "seed": redrawn.seed.hash().to_string(),
        "selection": selection.unwrap_or_default(),
    }));
}

fn unopened(redrawn: &Redrawn, out: &Out) {
    let count = redrawn.selection.unopened.len();
    if count > 0 {
        out.line(format!(
            "  {DIM}{count} entries of the range have no frame: each must stand under an ERASURE entry{DIM:#}"
        ));
    }
}
