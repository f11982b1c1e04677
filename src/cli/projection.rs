//! `doudi projection`: rebuilds the cases of an area from its log and compares them with what is stored.

use serde_json::json;

use super::wiring::{self, Settings};
use super::{BAD, Exit, Failure, GOOD, Out, Outcome};
use crate::area::AreaCode;

/// Rebuild every case of an area from its log and compare it with the stored state.
///
/// Changes nothing. Erased cases cannot be rebuilt and are counted.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  doudi projection --database sqlite:doudi.sqlite --keys doudi.keys --area 340321")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// The area, 6 digits
    #[arg(long, value_name = "AREA")]
    area: String,
}

/// Compares; [`Exit::Refuted`] if a case differs.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let config = args.settings.load()?;
    let area: AreaCode = args
        .area
        .parse()
        .map_err(|_| Failure::usage(format!("{}: not an area: give 6 digits", args.area)))?;
    let report = wiring::runtime()?.block_on(async {
        let app = wiring::app(&config).await?;
        app.compare_projection(area, |_| {})
            .await
            .map_err(|error| Failure::failed(error.to_string()))
    })?;
    for case in &report.cases_different {
        out.line(format_args!("{BAD}differs{BAD:#} areas/{area}/cases/{case}"));
    }
    let (entries, equal, erased) = (report.entries, report.cases_equal, report.cases_erased);
    out.line(format_args!(
        "{GOOD}{equal}{GOOD:#} cases are what {entries} entries of the log say, {erased} are erased"
    ));
    out.document(&json!({
        "area": area.to_string(), "entries": entries, "equal": equal, "erased": erased,
        "different": report.cases_different,
    }));
    Ok(if report.cases_different.is_empty() {
        Exit::Done
    } else {
        Exit::Refuted
    })
}
