//! `doudi export`: the public files of the logs, for those who serve them from elsewhere.

use std::path::PathBuf;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::wiring::{self, Settings};
use super::{DIM, Exit, Failure, GOOD, Out, Outcome};
use crate::app::export::{ExportError, Exported, export};
use crate::app::public_log::PublicLogs;
use crate::area::AreaCode;
use crate::store::{self, LogRow};

/// Logs of one read.
const LOG_COUNT: u32 = 256;

/// Write public files of the logs to a folder.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What is exported.
#[derive(Debug, Subcommand)]
enum What {
    Tiles(TilesArgs),
}

/// Checkpoints, tiles and entries in the C2SP tlog-tiles layout.
///
/// The files of a log go to `DIR/<area>/<epoch>/`: serve DIR with any web server, or copy it to an object store. A second
/// run adds what is new. Files that never change are never written again, and one that differs is an error; the
/// checkpoint is written last. Reads the database alone, needs no keys and no server.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doudi export tiles public --database sqlite:doudi.sqlite
  doudi export tiles public --database sqlite:doudi.sqlite --area 340321 --check-all")]
struct TilesArgs {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Only the logs of this area, 6 digits
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// Compare every file that is there with the log, not only those that may be new
    #[arg(long)]
    check_all: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Exports; [`Exit::Refuted`] if the folder holds other bytes than the log.
pub fn run(args: &Args, out: &Out) -> Outcome {
    match &args.what {
        What::Tiles(args) => tiles(args, out),
    }
}

fn tiles(args: &TilesArgs, out: &Out) -> Outcome {
    let config = args.settings.load()?;
    let area: Option<AreaCode> = args
        .area
        .as_ref()
        .map(|text| {
            text.parse()
                .map_err(|_| Failure::usage(format!("{text}: not an area: give 6 digits")))
        })
        .transpose()?;
    wiring::runtime()?.block_on(async {
        let store = store::open_read_only(&config.database)
            .await
            .map_err(|error| wiring::store_failure(&error))?;
        let logs = PublicLogs::new(store);
        let chosen = chosen(&logs, area).await?;
        if let Some(area) = area.filter(|_| chosen.is_empty()) {
            return Err(Failure::failed(format!("{area} has no log in this database")));
        }
        for log in chosen {
            match one(&logs, &log, args, out).await {
                Ok(()) => {}
                Err(error @ (ExportError::Differs(_) | ExportError::Forked { .. } | ExportError::Stranger { .. })) => {
                    out.failure(&Failure {
                        exit: Exit::Refuted,
                        text: error.to_string(),
                    });
                    return Ok(Exit::Refuted);
                }
                Err(error @ (ExportError::Log(_) | ExportError::File { .. })) => {
                    return Err(Failure::failed(error.to_string()));
                }
            }
        }
        Ok(Exit::Done)
    })
}

/// The logs of an area, or all.
async fn chosen(logs: &PublicLogs, area: Option<AreaCode>) -> Result<Vec<LogRow>, Failure> {
    let mut chosen = Vec::new();
    let mut after = None;
    loop {
        let page = logs
            .logs(after, LOG_COUNT)
            .await
            .map_err(|error| Failure::failed(error.to_string()))?;
        let Some(last) = page.last() else { return Ok(chosen) };
        after = Some(last.log_id);
        let of_area = page
            .into_iter()
            .filter(|log| area.is_none_or(|area| log.origin.area() == area.without_township()));
        chosen.extend(of_area);
    }
}

async fn one(logs: &PublicLogs, log: &LogRow, args: &TilesArgs, out: &Out) -> Result<(), ExportError> {
    let bar = if out.json() {
        ProgressBar::hidden()
    } else {
        ProgressBar::no_length()
    };
    let style = ProgressStyle::with_template("  {prefix} {bar:30} {pos}/{len} files {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(log.origin.to_string());
    let exported = export(logs, log, &args.folder, args.check_all, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    match exported? {
        Some(exported) => said(&exported, out),
        None => out.line(format_args!("{DIM}{} has no entries yet{DIM:#}", log.origin)),
    }
    Ok(())
}

fn said(exported: &Exported, out: &Out) {
    let Exported {
        origin,
        before,
        size,
        root,
        written,
        kept,
    } = exported;
    out.line(format_args!(
        "{GOOD}exported{GOOD:#} {origin}: {size} entries ({before} before), {written} files written, {kept} kept"
    ));
    out.document(&json!({
        "origin": origin.to_string(), "before": before.get(), "size": size.get(), "root": root.to_string(),
        "written": written, "kept": kept,
    }));
}
