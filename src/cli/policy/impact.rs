//! `doudi policy impact`: which recorded decisions other documents would have changed, and by how much.

use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::files;
use super::impact_words::{Words, decision_words, months_table};
use crate::app::command::{PolicyName, PreviewImpact, Use};
use crate::app::error::AppError;
use crate::app::impact::result::{ImpactEvent, ImpactOutcome, ImpactProgress, ImpactTotal, Impacted};
use crate::area::AreaCode;
use crate::cli::wiring::{self, Settings};
use crate::cli::{BAD, BOLD, Exit, Failure, Out, Outcome};
use crate::log::LogIndex;
use crate::rules::calendar::Month;
use crate::rules::language::say::{Lang, Say as _};

/// Events that wait to be shown.
const EVENT_COUNT_MAX: usize = 64;

/// Recompute recorded decisions under other documents, and list those that would come out otherwise.
///
/// Reads the database and the keys; appends nothing and needs no server. Facts are those recorded, as known then.
/// Documents that are not given are those in use at the time of each decision. Cases appear by their names alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  doudi policy impact --area 340321 --with county-2022.yaml --uses parameter:dibao_standard --through 2022-12
  doudi policy impact --area 340300 --with 340000-anhui.yaml --uses parameter:minimum_wage/minimum_wage_340321_2021-12-03 \\
    --uses choice:P10 --uses clause:employment_deduction --through 2022-12 --database sqlite:doudi.sqlite --keys doudi.keys --json")]
pub struct Args {
    /// The county, 6 digits, or an area whose counties are meant
    #[arg(long, value_name = "CODE")]
    area: AreaCode,
    /// A document that is not published; superiors first
    #[arg(long = "with", value_name = "FILE", required_unless_present = "published")]
    with: Vec<PathBuf>,
    /// A published document, areas/AREA/policies/DIGEST
    #[arg(long, value_name = "NAME")]
    published: Vec<String>,
    /// Only decisions that used this: parameter:ID, parameter:ID/ROW, choice:ID or clause:ID
    #[arg(long, value_name = "WHAT")]
    uses: Vec<String>,
    /// Last month that is compared, like 2022-12: open entitlements go on until then
    #[arg(long, value_name = "MONTH")]
    through: String,
    /// Go on in this area, as an earlier run said
    #[arg(long, value_name = "CODE")]
    start_area: Option<AreaCode>,
    /// Go on in this epoch of that area, as an earlier run said; from the first without it
    #[arg(long, value_name = "EPOCH")]
    start_epoch: Option<u32>,
    /// Go on from this index of its log
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    start: u64,
    /// Stop before this index, in every log
    #[arg(long, value_name = "INDEX")]
    end: Option<u64>,
    #[command(flatten)]
    settings: Settings,
}

/// Recomputes, and shows what differs as it is found.
pub fn run(args: &Args, lang: Lang, out: &Out) -> Outcome {
    let command = command(args, lang)?;
    let config = args.settings.load()?;
    wiring::runtime()?.block_on(async {
        let app = wiring::app(&config).await?;
        let (tell, told) = mpsc::channel(EVENT_COUNT_MAX);
        let work = async {
            let done = app.preview_impact(&command, &tell).await;
            drop(tell);
            done
        };
        let (done, reached) = tokio::join!(work, show(told, lang, out));
        done.map_err(|error| failure(&error, reached.as_ref(), lang))?;
        Ok(Exit::Done)
    })
}

fn command(args: &Args, lang: Lang) -> Result<PreviewImpact, Failure> {
    let through: Month = args
        .through
        .parse()
        .map_err(|_| Failure::usage(format!("{}: not a month: write it like 2022-12", args.through)))?;
    let index = |index: u64| LogIndex::new(index).map_err(|error| Failure::usage(format!("{index}: {error}")));
    let mut sources = Vec::new();
    for path in &args.with {
        sources.push(files::one(path)?.0);
    }
    let name = |text: &String| {
        let name = text.parse::<PolicyName>();
        name.map_err(|error| Failure::usage(format!("{text}: {error}")))
    };
    Ok(PreviewImpact {
        area: args.area,
        sources,
        policies: args.published.iter().map(name).collect::<Result<_, _>>()?,
        uses: args.uses.iter().map(|text| wanted(text)).collect::<Result<_, _>>()?,
        through,
        start_area: args.start_area,
        start_epoch: args.start_epoch,
        start: index(args.start)?,
        end: args.end.map(index).transpose()?,
        lang,
    })
}

/// `parameter:ID`, `parameter:ID/ROW`, `choice:ID`, `clause:ID`.
fn wanted(text: &str) -> Result<Use, Failure> {
    let wrong = || {
        Failure::usage(format!(
            "{text}: write parameter:ID, parameter:ID/ROW, choice:ID or clause:ID"
        ))
    };
    let (kind, id) = text
        .split_once(':')
        .filter(|(_, id)| !id.is_empty())
        .ok_or_else(wrong)?;
    match kind {
        "parameter" => {
            let (id, row) = id.split_once('/').map_or((id, None), |(id, row)| (id, Some(row)));
            Ok(Use::Parameter {
                id: id.to_owned(),
                row: row.map(str::to_owned),
            })
        }
        "choice" => Ok(Use::Choice(id.to_owned())),
        "clause" => Ok(Use::Clause(id.to_owned())),
        _ => Err(wrong()),
    }
}

/// Every finding of a document that does not pass, and how to go on after what was read.
fn failure(error: &AppError, reached: Option<&ImpactProgress>, lang: Lang) -> Failure {
    let mut text = error.to_string();
    if let AppError::PolicyInvalid(violations) | AppError::Invalid(violations) = error {
        for violation in violations {
            text.push_str(&format!("\n{}: {}", violation.field, violation.description));
        }
        return Failure::usage(text);
    }
    if let Some(reached) = reached {
        let words = Words::GoOn {
            area: reached.area.to_string(),
            epoch: u64::from(reached.epoch),
            index: reached.next.get(),
        };
        text.push_str(&format!("\n{}", words.say(lang)));
    }
    Failure::failed(text)
}

/// Shows everything until the end; answers how far it came.
async fn show(mut told: mpsc::Receiver<ImpactEvent>, lang: Lang, out: &Out) -> Option<ImpactProgress> {
    let bar = if out.json() {
        ProgressBar::hidden()
    } else {
        ProgressBar::new(0)
    };
    let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} {elapsed} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut reached = None;
    while let Some(event) = told.recv().await {
        match event {
            ImpactEvent::Decision(impacted) => bar.suspend(|| decision(&impacted, lang, out)),
            ImpactEvent::Progress(progress) => {
                bar.set_length(progress.total);
                bar.set_position(progress.scanned);
                bar.set_message(
                    Words::Impacted {
                        count: progress.impacted,
                    }
                    .say(lang),
                );
                out.document(&json!({ "progress": {
                    "area": progress.area.to_string(), "epoch": progress.epoch, "next_index": progress.next.get(),
                    "scanned": progress.scanned, "total": progress.total, "recomputed": progress.recomputed, "impacted": progress.impacted,
                }}));
                reached = Some(progress);
            }
            ImpactEvent::Total(sums) => {
                bar.finish_and_clear();
                total(&sums, lang, out);
            }
        }
    }
    reached
}

fn decision(impacted: &Impacted, lang: Lang, out: &Out) {
    out.line(impacted.name);
    let style = if impacted.alternative.is_err() { BAD } else { BOLD };
    out.line(format_args!("  {style}{}{style:#}", decision_words(impacted).say(lang)));
    let months = impacted.months.iter().map(|difference| {
        json!({ "month": difference.month.to_string(), "recorded_fen": difference.was.get(), "alternative_fen": difference.now.get() })
    });
    out.document(&json!({ "decision": {
        "determination": impacted.name.to_string(),
        "epoch": impacted.epoch,
        "index": impacted.index.get(),
        "decision_date": impacted.decision_date.to_string(),
        "recorded": outcome(impacted.recorded),
        "alternative": impacted.alternative.as_ref().ok().map(|found| outcome(*found)),
        "reason": impacted.alternative.as_ref().err(),
        "months": months.collect::<Vec<Value>>(),
        "overpaid_fen": impacted.overpaid,
        "underpaid_fen": impacted.underpaid,
    }}));
}

fn outcome(found: ImpactOutcome) -> Value {
    json!({
        "outcome": found.outcome.code(),
        "proposes": found.proposes.map(crate::rules::outcome::Outcome::code),
        "amount_fen": found.amount.map(crate::rules::money::Fen::get),
    })
}

fn total(sums: &ImpactTotal, lang: Lang, out: &Out) {
    months_table(sums, lang).iter().for_each(|line| out.line(line));
    let words = Words::Total {
        impacted: sums.impacted,
        recomputed: sums.recomputed,
        scanned: sums.scanned,
        erased: sums.erased,
        restricted: sums.restricted,
    };
    out.line(format_args!("{BOLD}{}{BOLD:#}", words.say(lang)));
    let months = sums.months.iter().map(|(month, sums)| {
        json!({
            "month": month.to_string(), "decisions": sums.decisions,
            "overpaid_fen": sums.overpaid, "underpaid_fen": sums.underpaid,
        })
    });
    out.document(&json!({ "total": {
        "scanned": sums.scanned, "recomputed": sums.recomputed, "impacted": sums.impacted, "erased": sums.erased,
        "restricted": sums.restricted,
        "months": months.collect::<Vec<Value>>(), "overpaid_fen": sums.overpaid, "underpaid_fen": sums.underpaid,
    }}));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_is_a_parameter_with_or_without_a_row_a_choice_or_a_clause() {
        let read = |text| wanted(text).ok();
        let parameter = |row: Option<&str>| Use::Parameter {
            id: "dibao_standard".to_owned(),
            row: row.map(str::to_owned),
        };
        assert_eq!(read("parameter:dibao_standard"), Some(parameter(None)));
        assert_eq!(read("parameter:dibao_standard/row_1"), Some(parameter(Some("row_1"))));
        assert_eq!(read("choice:P10"), Some(Use::Choice("P10".to_owned())));
        assert_eq!(
            read("clause:total_income"),
            Some(Use::Clause("total_income".to_owned()))
        );
        for wrong in ["", "P10", "choice:", "guard:heard"] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
