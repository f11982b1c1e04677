//! `doudi replay`: decides recorded determinations again and compares byte for byte.

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::wiring::{self, Settings};
use super::{BAD, Exit, Failure, GOOD, Out, Outcome};
use crate::app::App;
use crate::app::Caller;
use crate::app::caller::Principal;
use crate::app::command::{DeterminationName, Replay};
use crate::app::result::{DifferenceCause, Replayed};
use crate::area::AreaCode;

/// Decide recorded determinations again, by the law as known then.
///
/// Reads the database and the keys; needs no server. Equal means: the same determination, byte for byte.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doudi replay --database sqlite:doudi.sqlite --keys doudi.keys --area 340321
  doudi replay --database sqlite:doudi.sqlite --keys doudi.keys areas/340321/cases/0123456789abcdef0123456789abcdef/determinations/...")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Replay every determination of the log of this area, 6 digits
    #[arg(
        long,
        value_name = "AREA",
        conflicts_with = "names",
        required_unless_present = "names"
    )]
    area: Option<String>,
    /// Determinations, areas/AREA/cases/CASE/determinations/RECORD
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// Replays; [`Exit::Refuted`] if one differs.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let config = args.settings.load()?;
    let malformed = |what: &str, text: &str| Failure::usage(format!("{text}: not {what}, see --help for its form"));
    let area: Option<AreaCode> = args
        .area
        .as_ref()
        .map(|text| text.parse().map_err(|_| malformed("an area", text)))
        .transpose()?;
    let names: Vec<DeterminationName> = args
        .names
        .iter()
        .map(|text| text.parse().map_err(|_| malformed("the name of a determination", text)))
        .collect::<Result<_, _>>()?;
    wiring::runtime()?.block_on(async {
        let app = wiring::app(&config).await?;
        match area {
            Some(area) => whole_log(&app, area, out).await,
            None => each(&app, names, out).await,
        }
    })
}

async fn each(app: &App, names: Vec<DeterminationName>, out: &Out) -> Outcome {
    let mut exit = Exit::Done;
    for name in names {
        let replayed = app
            .replay(&Caller::new(Principal::operator()), Replay { name })
            .await
            .map_err(|error| Failure::failed(error.to_string()))?;
        show(&name.to_string(), &replayed, out);
        if replayed.difference.is_some() {
            exit = Exit::Refuted;
        } else {
            out.line(format_args!("{GOOD}equal{GOOD:#} {name}"));
        }
    }
    Ok(exit)
}

async fn whole_log(app: &App, area: AreaCode, out: &Out) -> Outcome {
    let bar = if out.json() {
        ProgressBar::hidden()
    } else {
        ProgressBar::no_length()
    };
    let style = ProgressStyle::with_template("  {pos} determinations {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let mut different = 0_u64;
    let report = app
        .replay_log(area, |name, replayed| {
            bar.inc(1);
            if replayed.difference.is_some() {
                different += 1;
                bar.suspend(|| show(name, replayed, out));
            }
        })
        .await
        .map_err(|error| Failure::failed(error.to_string()))?;
    bar.finish_and_clear();
    let equal = report.replayed - different;
    out.line(format_args!(
        "{equal} of {} determinations of {area} are equal, {} are erased",
        report.replayed, report.erased
    ));
    out.document(
        &json!({ "area": area.to_string(), "replayed": report.replayed, "equal": equal, "erased": report.erased }),
    );
    Ok(if different == 0 { Exit::Done } else { Exit::Refuted })
}

fn show(name: &str, replayed: &Replayed, out: &Out) {
    let difference = replayed.difference.as_ref();
    if let Some(found) = difference {
        out.line(format_args!("{BAD}differs{BAD:#} {name}"));
        out.line(format_args!(
            "  because of the {} at {}",
            cause(found.cause),
            found.path
        ));
        out.line(format_args!("  recorded {}", found.recorded));
        out.line(format_args!("  replayed {}", found.replayed));
    }
    out.document(&json!({
        "name": name,
        "equal": difference.is_none(),
        "difference": difference.map(|found| json!({
            "cause": cause(found.cause), "path": found.path, "recorded": found.recorded, "replayed": found.replayed,
        })),
        "recorded_hash": replayed.recorded_hash.to_string(),
        "replayed_hash": replayed.replayed_hash.to_string(),
        "trace_hash": replayed.trace_hash.to_string(),
        "recorded_engine": replayed.recorded_engine,
        "engine": replayed.engine,
    }));
}

fn cause(cause: DifferenceCause) -> &'static str {
    match cause {
        DifferenceCause::Facts => "facts",
        DifferenceCause::Policy => "policy",
        DifferenceCause::Engine => "engine",
    }
}
