//! `doudi sample export`: the evidence of a sample as a file.

use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::super::wiring::{self, Settings};
use super::super::{Exit, Failure, GOOD, Out, Outcome};
use crate::area::AreaCode;
use crate::log::sample::Period;
use crate::whole_file::{self, Readers};

/// Export what a sample can be drawn again from: entries, public documents, opened frames.
///
/// Reads the database and the keys; needs no server. The file holds the frames of the period's range: township,
/// programme, outcome, amount, but no person and no case.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    doudi sample export --database sqlite:doudi.sqlite --keys doudi.keys --area 340321 --period 2026-Q3 sample.json")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Area, 6 digits
    #[arg(long)]
    area: AreaCode,
    /// Period
    #[arg(long)]
    period: Period,
    /// The file to write; it must not exist
    file: PathBuf,
}

/// Reads and writes.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let config = args.settings.load()?;
    let bar = if out.json() {
        ProgressBar::hidden()
    } else {
        ProgressBar::no_length()
    };
    let style = ProgressStyle::with_template("  {pos} of {len} entries {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let evidence = wiring::runtime()?.block_on(async {
        let app = wiring::app(&config).await?;
        app.export_sample(args.area, &args.period, |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        })
        .await
        .map_err(|error| Failure::failed(error.to_string()))
    })?;
    bar.finish_and_clear();
    whole_file::create(&args.file, &evidence.to_json().to_bytes(), Readers::AsUsual)
        .map_err(|error| Failure::new_file(&args.file, &error))?;
    let (count, file) = (evidence.entries.len(), args.file.display());
    out.line(format!("{GOOD}exported{GOOD:#} {count} entries to {file}"));
    out.document(&json!({ "file": file.to_string(), "entries": count }));
    Ok(Exit::Done)
}
