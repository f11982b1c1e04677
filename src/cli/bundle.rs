//! `doudi bundle`: a log with its opened documents as one file for an auditor.

use std::path::PathBuf;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::wiring::{self, Settings};
use super::{DIM, Exit, Failure, GOOD, Out, Outcome, WARN};
use crate::api::{NAME_SIZE_MAX_BYTES, required_text};
use crate::app::Caller;
use crate::app::bundle::{Choice, MakeError, OpenFor, Phase, make};
use crate::app::caller::Principal;
use crate::app::command::OpeningPurpose;
use crate::area::AreaCode;
use crate::log::bundle::Opened;
use crate::log::sample::Period;

/// Write one file with all that an auditor needs: the log, its opened documents, samples and findings.
///
/// What is opened is recorded first: an OPENING entry for each 256 records, with who, what for and the reference, is
/// durable in the log before a document leaves, and stands in the bundle itself. Identities leave only with --identity,
/// and only where the settings grant it. Needs the database and the keys; a server may go on working.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doudi bundle 340321.tar --database sqlite:doudi.sqlite --keys doudi.keys --area 340321 --sample 2026-Q3 --reference 'audit 2026/7'
  doudi bundle 340321.tar --database sqlite:doudi.sqlite --keys doudi.keys --area 340321 --all --reference 'audit 2026/7' \\
    --since last-year.checkpoint")]
pub struct Args {
    /// The file to write; it must not exist
    #[arg(value_name = "BUNDLE")]
    file: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// The area, 6 digits
    #[arg(long, value_name = "AREA")]
    area: AreaCode,
    /// Answer for the sample of this period, and open its decisions; may be given several times
    #[arg(long, value_name = "PERIOD")]
    sample: Vec<Period>,
    /// Open every decision
    #[arg(long)]
    all: bool,
    /// The checkpoint that the auditor kept from the audit before
    #[arg(long, value_name = "CHECKPOINT")]
    since: Option<PathBuf>,
    /// What the documents are opened for
    #[arg(long, value_name = "PURPOSE", default_value = "audit")]
    purpose: Purpose,
    /// The assignment, order or file that it belongs to; sealed in the OPENING entry
    #[arg(long, value_name = "TEXT", value_parser = reference)]
    reference: String,
    /// Open identities too: names, ID numbers, bank accounts
    #[arg(long)]
    identity: bool,
    /// Who asks: the stable name of the auditor
    #[arg(long = "as", value_name = "NAME", default_value = "operator")]
    principal: Principal,
}

/// The purposes of an opening.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Purpose {
    /// 审计
    Audit,
    /// 监督检查
    Inspection,
    /// 行政复议、行政诉讼
    Remedy,
    /// 信访、投诉
    Complaint,
    /// 纪检监察
    Discipline,
}

impl From<Purpose> for OpeningPurpose {
    fn from(purpose: Purpose) -> OpeningPurpose {
        match purpose {
            Purpose::Audit => OpeningPurpose::Audit,
            Purpose::Inspection => OpeningPurpose::Inspection,
            Purpose::Remedy => OpeningPurpose::Remedy,
            Purpose::Complaint => OpeningPurpose::Complaint,
            Purpose::Discipline => OpeningPurpose::Discipline,
        }
    }
}

/// As OpenDocuments takes it: an opening without a reference answers to nobody.
fn reference(raw: &str) -> Result<String, String> {
    required_text(raw.to_owned(), NAME_SIZE_MAX_BYTES)
}

/// Opens and writes.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let config = args.settings.load()?;
    if args.file.exists() {
        return Err(Failure::usage(format!(
            "{}: is there already: name another file",
            args.file.display()
        )));
    }
    let read = |path: &PathBuf| std::fs::read(path).map_err(|error| Failure::file(path, &error));
    let choice = Choice {
        area: args.area,
        opened: match (args.all, args.sample.is_empty()) {
            (true, _) => Opened::All,
            (false, false) => Opened::Sample,
            (false, true) => Opened::Nothing,
        },
        samples: args.sample.clone(),
        open_for: OpenFor {
            purpose: args.purpose.into(),
            reference: args.reference.clone(),
            identity: args.identity,
        },
        previous: args.since.as_ref().map(read).transpose()?,
        trust_policy: config.witness_policy.as_ref().map(read).transpose()?,
    };
    let caller = Caller {
        local: true,
        ..Caller::new(args.principal.clone())
    };
    let bar = if out.json() {
        ProgressBar::hidden()
    } else {
        ProgressBar::no_length()
    };
    let style = ProgressStyle::with_template("  {prefix} {bar:30} {pos}/{len} {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let made = wiring::runtime()?.block_on(async {
        let app = wiring::app(&config).await?;
        let made = make(&app, &caller, &choice, &args.file, |phase, done, all| {
            bar.set_prefix(match phase {
                Phase::Opening => "records opened",
                Phase::Writing => "tiles written",
            });
            bar.set_length(all);
            bar.set_position(done);
        })
        .await;
        app.close().await;
        made.map_err(|error| failure(&error))
    });
    bar.finish_and_clear();
    let made = made?;
    let manifest = &made.manifest;
    let (file, size) = (args.file.display(), manifest.head.size);
    out.line(format_args!(
        "{GOOD}bundled{GOOD:#} {}: {size} entries, {} decisions opened, {} bytes in {file}",
        manifest.origin, made.opened, made.bytes
    ));
    if manifest.opened == Opened::Nothing {
        out.line(format_args!(
            "  {WARN}no decision is opened: give --sample or --all for that{WARN:#}"
        ));
    }
    if !manifest.unopened.is_empty() {
        let count = manifest.unopened.len();
        out.line(format_args!(
            "  {DIM}{count} decisions are erased or restricted and not opened{DIM:#}"
        ));
    }
    out.document(&json!({
        "file": file.to_string(), "origin": manifest.origin.to_string(), "size": size.get(),
        "root": manifest.head.root.to_string(), "opened": made.opened, "unopened": manifest.unopened.len(),
        "openings": manifest.openings.iter().map(|index| index.get()).collect::<Vec<_>>(), "bytes": made.bytes,
    }));
    Ok(Exit::Done)
}

fn failure(error: &MakeError) -> Failure {
    match error {
        MakeError::Previous(_) | MakeError::Forked => Failure {
            exit: Exit::Refuted,
            text: error.to_string(),
        },
        MakeError::App(_)
        | MakeError::File { .. }
        | MakeError::Tar(_)
        | MakeError::NoLog(_)
        | MakeError::NotDrawn(_)
        | MakeError::TooLarge { .. } => Failure::failed(error.to_string()),
    }
}
