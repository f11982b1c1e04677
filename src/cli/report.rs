//! `doudi report`: one HTML file for people out of what `doudi verify` found in a bundle.

mod html;
mod lang;
mod page;
mod plot;
mod rates;
mod read;
mod sampled;
mod sections;
#[cfg(test)]
mod tests;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use self::lang::Lang;
use self::read::Verification;
pub(super) use self::sections::yuan;
use super::sample::confidence;
use super::{Exit, Failure, GOOD, Out, Outcome};
use crate::canonical::Json;
use crate::statistics::Confidence;
use crate::whole_file::{self, Readers};

/// Largest verification that is read: a million findings with their texts.
const VERIFICATION_SIZE_MAX_BYTES: u64 = 512 * 1024 * 1024;

/// Write the report of an audit as one HTML file that opens from disk.
///
/// Takes what `doudi --json verify BUNDLE` printed. The file holds everything: it needs no network, no script and no
/// font, and prints on paper. Error rates are computed from the findings in the bundle, each kind of error apart, with
/// the intervals of `doudi sample estimate`. The exit code says that the file was written, not that the log is sound:
/// the report says that.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doudi --json verify bundle.tar --key \"$VKEY\" > verification.json
  doudi report verification.json --to report.html")]
pub struct Args {
    /// What `doudi --json verify` printed
    verification: PathBuf,
    /// The HTML file to write; an existing report is replaced, and no other file
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// In which language; both stand one after the other, Chinese first
    #[arg(long, value_enum, default_value_t)]
    lang: Langs,
    /// 90, 95 or 99
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = confidence)]
    confidence: Confidence,
}

/// The languages of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Langs {
    /// Chinese, then English
    #[default]
    Both,
    /// Chinese 中文
    Zh,
    /// English
    En,
}

impl Langs {
    fn list(self) -> &'static [Lang] {
        match self {
            Langs::Both => &[Lang::Zh, Lang::En],
            Langs::Zh => &[Lang::Zh],
            Langs::En => &[Lang::En],
        }
    }
}

/// Reads, writes the page, says where it is.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let verification = read(&args.verification)?;
    let page = page::page(&verification, args.lang.list(), args.confidence);
    let failed = |error| Failure::file(&args.to, &error);
    if !may_be_replaced(&args.to).map_err(failed)? {
        return Err(Failure::usage(format!(
            "--to: {} is there and is no HTML page: name another file",
            args.to.display()
        )));
    }
    whole_file::replace(&args.to, page.as_bytes(), Readers::AsUsual).map_err(failed)?;
    let path = args.to.display().to_string();
    out.line(format_args!(
        "{GOOD}written{GOOD:#} {path}: open it in any browser, or print it"
    ));
    out.document(&json!({
        "file": path, "bytes": page.len(), "verdict": verification.verdict_word(),
        "samples": verification.samples.iter().map(|sample| {
            rates::document(&sample.period, &sample.rates(args.confidence))
        }).collect::<Vec<_>>(),
    }));
    Ok(Exit::Done)
}

/// Evidence is never written over by mistake: a kept checkpoint, a bundle, the verification itself.
fn may_be_replaced(path: &Path) -> std::io::Result<bool> {
    let mut start = Vec::new();
    let limit = page::START.len() as u64;
    match std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut start)) {
        Ok(_) => Ok(start == page::START.as_bytes()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn read(path: &Path) -> Result<Verification, Failure> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(VERIFICATION_SIZE_MAX_BYTES).read_to_end(&mut bytes))
        .map_err(|error| Failure::file(path, &error))?;
    let wrong = |what: &str| {
        let path = path.display();
        Failure::usage(format!(
            "{path}: {what}: give what `doudi --json verify BUNDLE` printed"
        ))
    };
    let json = Json::parse(&bytes).map_err(|_| wrong("is no JSON"))?;
    Verification::read(&json).map_err(|error| wrong(&format!("`{}` is absent or malformed", error.0)))
}
