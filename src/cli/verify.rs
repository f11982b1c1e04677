//! `doudi verify`: a bundle checked on the auditor's own machine, without network and without database.

use std::fs::File;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::{BAD, BOLD, DIM, Exit, Failure, GOOD, Out, Outcome, WARN};
use crate::app::bundle::{Ask, Report, Unreadable, verify};
use crate::log::note::VerifierKey;
use crate::log::witness::TrustPolicy;

/// Verify a bundle: its log, its documents, its samples, and every opened decision decided again.
///
/// Needs the bundle and the log's public key, which you got from the operator by another way. Nothing else is read, no
/// connection is made. All violations are named, at most 100 of each kind. Keep the checkpoint with --keep, and give it
/// with --previous to the next audit: then nobody can rewrite what you have seen.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes:
  0  everything verifies, and every opened decision follows again byte for byte
  1  something does not
  2  the command line is wrong
  3  the file is no bundle, or cannot be read

Example:
  doudi verify 340321.tar --key doudi.example/340321/1+1b0c5be7+AVX3Z9Qc0... --keep 340321.checkpoint
  doudi verify 340321.tar --policy witnesses.txt --previous last-year.checkpoint --json")]
pub struct Args {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    file: PathBuf,
    /// The log's public key, as `doudi keys public` prints it
    #[arg(long, value_name = "VKEY", required_unless_present = "policy")]
    key: Vec<VerifierKey>,
    /// Your own trust policy (C2SP tlog-policy): keys of logs, witnesses, and how many must have cosigned
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The checkpoint that you kept from the audit before
    #[arg(long, value_name = "CHECKPOINT")]
    previous: Option<PathBuf>,
    /// Keep the checkpoint of this audit here, if everything verifies
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Threads; as many as there are cores if not given
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// Verifies and says what was found; [`Exit::Refuted`] if something does not verify.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let read = |path: &PathBuf| std::fs::read(path).map_err(|error| Failure::file(path, &error));
    let policy = match &args.policy {
        None => None,
        Some(path) => {
            let parsed = TrustPolicy::parse(&read(path)?);
            Some(parsed.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?)
        }
    };
    let previous = args.previous.as_ref().map(read).transpose()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let ask = Ask {
        keys: &args.key,
        policy: policy.as_ref(),
        previous: previous.as_deref(),
        threads: args.threads.unwrap_or(cores),
        replay: true,
    };
    let file = File::open(&args.file).map_err(|error| Failure::file(&args.file, &error))?;
    let bar = bar(out);
    let verified = verify(file, &ask, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = verified.map_err(|error| unreadable(&args.file, &error))?;
    said(&report, out);
    // Our JSON is JSON.
    out.document(&serde_json::from_slice(&report.to_json().to_bytes()).unwrap_or_default());
    if !report.is_good() {
        return Ok(Exit::Refuted);
    }
    if let (Some(path), Some(note)) = (&args.keep, report.checkpoint()) {
        std::fs::write(path, note).map_err(|error| Failure::file(path, &error))?;
        out.line(format_args!("{DIM}kept the checkpoint in {}{DIM:#}", path.display()));
    }
    Ok(Exit::Done)
}

fn bar(out: &Out) -> ProgressBar {
    let bar = if out.json() {
        ProgressBar::hidden()
    } else {
        ProgressBar::no_length()
    };
    let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} tiles {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn unreadable(path: &Path, error: &Unreadable) -> Failure {
    Failure::failed(format!("{}: {error}", path.display()))
}

fn said(report: &Report, out: &Out) {
    let manifest = report.manifest();
    let (count, opened, different) = report.decisions();
    out.line(format_args!(
        "{BOLD}{}{BOLD:#} {} entries",
        manifest.origin,
        report.entries()
    ));
    out.line(format_args!(
        "  {} of {opened} opened decisions follow again, of {count} in the log",
        opened - different
    ));
    for sample in report.samples() {
        let mark = if sample.agrees {
            format!("{GOOD}agrees{GOOD:#}")
        } else {
            format!("{BAD}differs{BAD:#}")
        };
        out.line(format_args!("  sample {}: {mark}", sample.period));
    }
    out.line(format_args!("  {} findings", report.findings()));
    let violations = report.violations();
    for violation in violations.kept() {
        let (code, place, text) = (violation.code.code(), &violation.place, &violation.text);
        out.line(format_args!("{BAD}{code}{BAD:#} {place}: {text}"));
    }
    let hidden = violations.count() - violations.kept().len() as u64;
    if hidden > 0 {
        out.line(format_args!("{WARN}{hidden} more are counted and not shown{WARN:#}"));
    }
    if report.is_good() {
        out.line(format_args!("{GOOD}verified{GOOD:#}"));
    } else {
        out.line(format_args!("{BAD}refuted{BAD:#}: {} violations", violations.count()));
    }
}
