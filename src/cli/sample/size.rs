//! `doudi sample size`: how many cases to review.

use serde_json::json;

use super::super::{BOLD, Exit, Failure, Out, Outcome};
use crate::statistics::{Confidence, SizeError, discovery_size, discovery_size_of, sample_size};

/// Plan the size of a sample.
///
/// With --margin: cases to review so that an error rate near --rate is known within the margin. Without it
/// (discovery): cases to review without an error before the rate can be excluded.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doudi sample size --rate 5 --margin 2 --population 3000
  doudi sample size --rate 1")]
pub struct Args {
    /// Expected error rate, in percent with up to four decimals
    #[arg(long, value_name = "PERCENT", value_parser = millionths)]
    rate: u32,
    /// Margin to either side, in percent
    #[arg(long, value_name = "PERCENT", value_parser = millionths)]
    margin: Option<u32>,
    /// Cases that there are
    #[arg(long, value_name = "CASES")]
    population: Option<u64>,
    /// 90, 95 or 99
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = confidence)]
    confidence: Confidence,
}

/// Computes and prints.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let size = match (args.margin, args.population) {
        (Some(margin), population) => sample_size(args.rate, margin, population, args.confidence),
        (None, None) => discovery_size(args.rate, args.confidence),
        (None, Some(population)) => {
            // The errors that such a rate means in this population, rounded up.
            let errors = u128::from(population) * u128::from(args.rate);
            let errors = u64::try_from(errors.div_ceil(1_000_000)).map_err(|_| usage(SizeError::Population))?;
            discovery_size_of(population, errors, args.confidence)
        }
    };
    let size = size.map_err(usage)?;
    out.line(format!("{BOLD}{size}{BOLD:#} cases"));
    out.document(&json!({ "size": size, "confidence": args.confidence.percent() }));
    Ok(Exit::Done)
}

fn usage(error: SizeError) -> Failure {
    Failure::usage(error.to_string())
}

/// A percentage as parts of a million: at most four decimals.
pub(super) fn millionths(text: &str) -> Result<u32, String> {
    let wrong = || "not a percentage: give more than 0 and less than 100, with at most four decimals".to_owned();
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 2 || decimals.len() > 4 || !digits(whole) || !digits(decimals) {
        return Err(wrong());
    }
    let value: u32 = format!("{whole}{decimals:0<4}").parse().map_err(|_| wrong())?;
    if value == 0 { Err(wrong()) } else { Ok(value) }
}

pub(in crate::cli) fn confidence(text: &str) -> Result<Confidence, String> {
    let level = text.parse().ok().and_then(Confidence::of_percent);
    level.ok_or_else(|| "not a level: give 90, 95 or 99".to_owned())
}
