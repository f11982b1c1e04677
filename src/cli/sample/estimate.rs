//! `doudi sample estimate`: the error rates that the findings of a sample show.

use serde_json::json;

use super::super::wiring::{self, Settings};
use super::super::{BOLD, DIM, Exit, Failure, Out, Outcome, WARN};
use super::size::confidence;
use crate::app::command::EstimateErrorRate;
use crate::app::rates::{ErrorRates, KindRate};
use crate::area::AreaCode;
use crate::log::sample::Period;
use crate::statistics::{Confidence, Interval, Rate};

/// Estimate the error rates of a reviewed sample, each kind of error apart.
///
/// Reads the database and the keys; needs no server.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    doudi sample estimate --database sqlite:doudi.sqlite --keys doudi.keys --area 340321 --period 2026-Q3")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Area, 6 digits
    #[arg(long)]
    area: AreaCode,
    /// Period
    #[arg(long)]
    period: Period,
    /// 90, 95 or 99
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = confidence)]
    confidence: Confidence,
}

/// Estimates and prints.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let config = args.settings.load()?;
    let command = EstimateErrorRate {
        area: args.area.without_township(),
        period: args.period.clone(),
        confidence: args.confidence,
    };
    let rates = wiring::runtime()?.block_on(async {
        let app = wiring::app(&config).await?;
        app.estimate_error_rate(command)
            .await
            .map_err(|error| Failure::failed(error.to_string()))
    })?;
    show(&rates, out);
    Ok(Exit::Done)
}

fn show(rates: &ErrorRates, out: &Out) {
    out.line(format!(
        "{} of {} drawn units reviewed, {} signed off, from a population of {}",
        rates.reviewed, rates.drawn, rates.signed_off, rates.population
    ));
    if rates.missing > 0 {
        out.line(format!(
            "{WARN}{} units are missing{WARN:#}: see the worst case of each rate",
            rates.missing
        ));
    }
    if rates.of_spending {
        out.line("Drawn by amount: each rate is a share of the spending, not of the decisions");
    }
    for rate in &rates.rates {
        out.line(format!("{BOLD}{:<22}{BOLD:#} {}", rate.outcome.code(), rate.statement));
        if let Some(worst) = &rate.worst_case {
            out.line(format!("{:22} {DIM}worst case {}{DIM:#}", "", words(worst)));
        }
        if let Some(said) = &rate.amount_statement {
            out.line(format!("{:22} {said}", ""));
        }
    }
    out.document(&json!({
        "population": rates.population,
        "drawn": rates.drawn,
        "reviewed": rates.reviewed,
        "missing": rates.missing,
        "signed_off": rates.signed_off,
        "confidence": rates.confidence.percent(),
        "basis": if rates.of_spending { "spending" } else { "cases" },
        "rates": rates.rates.iter().map(document).collect::<Vec<_>>(),
    }));
}

fn words(interval: &Interval) -> String {
    let upper = interval.upper.to_percent();
    match interval.lower {
        Some(lower) => format!("between {} and {upper}", lower.to_percent()),
        None => format!("below {upper}"),
    }
}

fn document(rate: &KindRate) -> serde_json::Value {
    let interval = |interval: &Interval| {
        json!({
            "method": interval.method.word(),
            "lower": interval.lower.map(Rate::to_decimal),
            "upper": interval.upper.to_decimal(),
        })
    };
    json!({
        "outcome": rate.outcome.code(),
        "errors": rate.errors,
        "out_of_reach": rate.is_out_of_reach,
        "census": rate.estimate.is_census,
        "rate": rate.estimate.rate.map(Rate::to_decimal),
        "standard_error": rate.estimate.standard_error.map(Rate::to_decimal),
        "intervals": rate.estimate.intervals.iter().map(interval).collect::<Vec<_>>(),
        "worst_case": rate.worst_case.as_ref().map(interval),
        "amount_rate": rate.amounts.rate.map(Rate::to_decimal),
        "amount_intervals": rate.amounts.intervals.iter().map(interval).collect::<Vec<_>>(),
        "amount_worst_case": rate.amounts_worst_case.as_ref().map(interval),
        "statement": rate.statement,
        "amount_statement": rate.amount_statement,
    })
}
