//! `doudi fsck`: checks whole logs level by level, and says where something is wrong.

mod heads;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use heads::Heads;

use super::wiring::{self, Settings};
use super::{BAD, BOLD, DIM, Exit, Failure, GOOD, Out, Outcome, WARN};
use crate::app::fsck::{LevelState, Plan, Progress, Report, Sample, absent, check_public};
use crate::app::{App, AppError};
use crate::area::AreaCode;
use crate::log::Origin;
use crate::log::fsck::{FINDING_COUNT_MAX, Level};
use crate::log::note::VerifierKey;
use crate::store::{self, LogRow, Store};

/// Logs of one read.
const LOG_COUNT: u32 = 256;

/// Most findings that may be asked for of each level: a report is read by people.
const FINDING_COUNT_ASKED_MAX: u64 = 10_000;

/// Check logs from their bytes up to a replay of every determination.
///
/// Reads the database alone and changes nothing; the log may grow meanwhile. F0 to F5 and F8 need the log's public key
/// (--key) and a login that may read the log; the other levels need the service's keys (--keys). Goes on after the first
/// finding. Only heads from outside show an old backup or a history rewritten whole: F8 compares the logs with the
/// high-water marks of this machine (--high-water), with the witnesses' cosignatures (--witness-policy) and with
/// checkpoints that were kept elsewhere (--kept). With the policy, samples too must have closed by cosigned checkpoints.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Levels:
  F0  contiguity                       F5  signatures, keys, time
  F1  leaf hashes                      F6  documents and commitments
  F2  tiles                            F7  projections and requests
  F3  head                             F8  witnesses and kept heads
  F4  checkpoints                      F9  replay
Exit codes: 0 sound, 10 to 19 the lowest level (F0 to F9) that found something, 2 and 3 as always.

Example:
  doudi fsck --database sqlite:doudi.sqlite --keys doudi.keys
  doudi fsck --database sqlite:doudi.sqlite --keys doudi.keys --area 340321 --to F5 --key \"$(doudi keys public doudi.keys --origin doudi.local/340321/1)\"
  doudi fsck --database sqlite:doudi.sqlite --keys doudi.keys --kept checkpoint-of-last-audit --replay 1000 --json")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Only the logs of this area, 6 digits
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// The highest level to check, F0 to F9; with --key and without --keys, F5 and F8 are the most
    #[arg(long, value_name = "LEVEL", default_value = "F9")]
    to: String,
    /// The public key of a log, as `doudi keys public` prints it: check without the service's keys
    #[arg(long = "key", value_name = "VKEY")]
    public_keys: Vec<String>,
    /// A checkpoint of the log that was kept elsewhere: the log must have grown out of it
    #[arg(long, value_name = "FILE")]
    kept: Vec<PathBuf>,
    /// Replay one determination in so many, chosen at random; 0 replays none, 1 replays all
    #[arg(long, value_name = "N", default_value_t = 1)]
    replay: u64,
    /// Chooses the same determinations again as a report with this seed
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// Findings that are shown of each level
    #[arg(long, value_name = "N", default_value_t = FINDING_COUNT_MAX as u64,
        value_parser = clap::value_parser!(u64).range(1..=FINDING_COUNT_ASKED_MAX))]
    findings: u64,
}

/// Checks; [`Exit::Unsound`] with the lowest level that found something.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let config = args.settings.load()?;
    let to =
        Level::from_code(&args.to).ok_or_else(|| Failure::usage(format!("{}: not a level: give F0 to F9", args.to)))?;
    let area: Option<AreaCode> = args
        .area
        .as_ref()
        .map(|text| {
            text.parse()
                .map_err(|_| Failure::usage(format!("{text}: not an area: give 6 digits")))
        })
        .transpose()?;
    let keys: Vec<VerifierKey> = args
        .public_keys
        .iter()
        .map(|text| text.parse().map_err(|error| Failure::usage(format!("--key: {error}"))))
        .collect::<Result<_, _>>()?;
    let sample = sample(args)?;
    wiring::runtime()?.block_on(async {
        let store = store::open_read_only(&config.database)
            .await
            .map_err(|error| wiring::store_failure(&error))?;
        let heads = Heads::read(&wiring::high_water_folder(&config), &args.kept)?;
        let witnesses = wiring::witness_policy(&config)?;
        let logs = logs(store.as_ref(), area).await?;
        let present: Vec<Origin> = logs.iter().map(|log| log.origin.clone()).collect();
        let gone = heads.absent(&present, area);
        if logs.is_empty() && gone.is_empty() {
            return Err(Failure::failed("there is no such log in this database"));
        }
        let subject = if keys.is_empty() {
            Subject::Whole(wiring::app_over(&config, Arc::clone(&store)).await?)
        } else {
            Subject::Public(keys)
        };
        let mut lowest: Option<Level> = None;
        let plan_of = |origin: &Origin, keys: &[VerifierKey]| -> Result<Plan, Failure> {
            Ok(Plan {
                to,
                sample,
                kept: heads.of_log(origin, keys)?,
                witnesses: witnesses.clone(),
                finding_count_max: usize::try_from(args.findings).unwrap_or(FINDING_COUNT_MAX),
            })
        };
        for origin in gone.iter().filter(|_| to >= Level::Witnesses) {
            let report = absent(origin, &plan_of(origin, &subject.keys_of(origin)?)?);
            said(&report, sample, out);
            lowest = [lowest, report.failed()].into_iter().flatten().min();
        }
        for log in logs {
            let keys = subject.keys(&log)?;
            let plan = plan_of(&log.origin, &keys)?;
            let bar = bar(out);
            let heard = |progress| show(&bar, progress);
            let report = match &subject {
                Subject::Whole(app) => app.fsck(&log, &plan, heard).await,
                Subject::Public(_) => check_public(&store, &log, &keys, &plan, heard).await,
            };
            bar.finish_and_clear();
            let report = report.map_err(|error: AppError| Failure::failed(error.to_string()))?;
            said(&report, sample, out);
            lowest = [lowest, report.failed()].into_iter().flatten().min();
        }
        Ok(lowest.map_or(Exit::Done, |level| Exit::Unsound(level.number())))
    })
}

/// Who checks, and with what.
enum Subject {
    /// The operator, with the service's keys.
    Whole(Arc<App>),
    /// Somebody with public keys.
    Public(Vec<VerifierKey>),
}

impl Subject {
    /// The keys of a log; there must be one.
    fn keys(&self, log: &LogRow) -> Result<Vec<VerifierKey>, Failure> {
        let keys = self.keys_of(&log.origin)?;
        if keys.is_empty() {
            return Err(Failure::usage(format!(
                "no --key is of the log {}: give its key, or --area",
                log.origin
            )));
        }
        Ok(keys)
    }

    fn keys_of(&self, origin: &Origin) -> Result<Vec<VerifierKey>, Failure> {
        let name = origin.to_string();
        match self {
            Subject::Whole(app) => app
                .verifier_keys(origin)
                .map_err(|error| Failure::failed(error.to_string())),
            Subject::Public(keys) => Ok(keys.iter().filter(|key| key.name().as_str() == name).cloned().collect()),
        }
    }
}

fn sample(args: &Args) -> Result<Sample, Failure> {
    Ok(match args.replay {
        0 => Sample::Nothing,
        1 => Sample::All,
        each => {
            let drawn = || {
                let mut bytes = [0; 8];
                getrandom::fill(&mut bytes).map_err(|_| Failure::failed("the system has no random bytes"))?;
                // JSON readers keep integers below 2^53 exact.
                Ok(u64::from_be_bytes(bytes) >> 11)
            };
            Sample::OneIn {
                each,
                seed: args.seed.map_or_else(drawn, Ok)?,
            }
        }
    })
}

async fn logs(store: &dyn Store, area: Option<AreaCode>) -> Result<Vec<LogRow>, Failure> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store
            .logs(after, LOG_COUNT)
            .await
            .map_err(|error| wiring::store_failure(&error))?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.log_id);
        let of_area = page
            .into_iter()
            .filter(|log| area.is_none_or(|area| log.origin.area() == area.without_township()));
        found.extend(of_area);
    }
}

fn bar(out: &Out) -> ProgressBar {
    let bar = if out.json() {
        ProgressBar::hidden()
    } else {
        ProgressBar::no_length()
    };
    let style = ProgressStyle::with_template("  {prefix} {bar:30} {pos}/{len} {per_sec} {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn show(bar: &ProgressBar, progress: Progress) {
    let pass = match progress.level {
        Level::Documents => "F6   documents",
        Level::Projections => "F7   cases",
        Level::Replay => "F6-F9 documents, replay",
        Level::Contiguity
        | Level::Leaves
        | Level::Tiles
        | Level::Head
        | Level::Checkpoints
        | Level::Signatures
        | Level::Witnesses => "F0-F5 log",
    };
    bar.set_prefix(pass);
    if progress.total > 0 {
        bar.set_length(progress.total);
    }
    bar.set_position(progress.done);
}

fn said(report: &Report, sample: Sample, out: &Out) {
    out.line(format_args!(
        "{BOLD}{}{BOLD:#}: {} entries, root {}",
        report.origin, report.size, report.root
    ));
    for level in &report.levels {
        let (style, word) = match level.state {
            LevelState::Passed => (GOOD, "holds"),
            LevelState::Failed => (BAD, "WRONG"),
            LevelState::Skipped(_) => (DIM, "-"),
        };
        let rest = match level.state {
            LevelState::Passed => format!("{} checked", level.checked),
            LevelState::Failed => format!("{} findings", level.findings),
            LevelState::Skipped(why) => why.to_owned(),
        };
        let (code, title) = (level.level.code(), level.level.title());
        out.line(format_args!("  {code} {style}{word:5}{style:#} {title}: {rest}"));
    }
    if report.erased > 0 {
        out.line(format_args!("  {WARN}{}{WARN:#} documents are erased", report.erased));
    }
    for finding in report.findings.kept() {
        out.line(format_args!("{BAD}{finding}{BAD:#}"));
    }
    let kept = report.findings.kept().len() as u64;
    let all: u64 = report.levels.iter().map(|level| level.findings).sum();
    if all > kept {
        out.line(format_args!(
            "{WARN}{} findings more are not shown{WARN:#}: see --findings",
            all - kept
        ));
    }
    out.document(&document(report, sample));
}

fn document(report: &Report, sample: Sample) -> serde_json::Value {
    let levels = report.levels.iter().map(|level| {
        let (state, why) = match level.state {
            LevelState::Passed => ("passed", None),
            LevelState::Failed => ("failed", None),
            LevelState::Skipped(why) => ("skipped", Some(why)),
        };
        json!({
            "level": level.level.code(), "title": level.level.title(), "state": state, "why": why,
            "checked": level.checked, "findings": level.findings,
        })
    });
    let findings = report.findings.kept().iter().map(|finding| {
        json!({
            "level": finding.level.code(), "place": finding.place.to_string(), "index": finding.place.index(),
            "code": finding.problem.code(), "text": finding.problem.to_string(),
        })
    });
    let (each, seed) = match sample {
        Sample::Nothing => (0, None),
        Sample::All => (1, None),
        Sample::OneIn { each, seed } => (each, Some(seed)),
    };
    json!({
        "origin": report.origin.to_string(), "size": report.size.get(), "root": report.root.to_string(),
        "sound": report.failed().is_none(), "failed": report.failed().map(Level::code),
        "levels": levels.collect::<Vec<_>>(), "findings": findings.collect::<Vec<_>>(),
        "erased": report.erased, "replay": { "one_in": each, "seed": seed },
    })
}
