//! The error rates that the findings of a sample show.

use std::collections::BTreeMap;

use super::App;
use super::command::EstimateErrorRate;
use super::error::AppError;
use super::finding::Finding;
use super::rates::{ErrorRates, Review, StratumReviews};
use super::sampling::no_sample;
use crate::log::LogIndex;
use crate::log::sample::DrawKind;

impl App {
    /// Estimates the error rates of a period's sample from the findings that stand.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn estimate_error_rate(&self, command: EstimateErrorRate) -> Result<ErrorRates, AppError> {
        let area = command.area;
        let samples = self.samples(area).await?;
        let round = samples.round(&command.period);
        let missing = || no_sample(area, &command.period);
        let (_, _, selection) = self.selection(&samples, &round).await?.ok_or_else(missing)?;
        let (_, request) = round.request().ok_or_else(missing)?;
        let log = samples.log.as_ref().ok_or_else(missing)?;
        let findings = self.sampled_findings(log).await?;
        let strata: Vec<StratumReviews> = selection
            .strata
            .iter()
            .map(|stratum| StratumReviews {
                population: stratum.population,
                units: reviews(&stratum.units, &findings),
                reserve: reviews(&stratum.reserve, &findings),
            })
            .collect();
        let of_spending = request.draw == DrawKind::SizeProportional;
        let population = selection.population();
        Ok(ErrorRates::of(population, &strata, of_spending, command.confidence))
    }
}

fn reviews(units: &[LogIndex], findings: &BTreeMap<LogIndex, Finding>) -> Vec<Option<Review>> {
    let review = |finding: &Finding| Review {
        items: finding
            .content
            .items
            .iter()
            .map(|item| (item.outcome, item.amount_fen))
            .collect(),
        paid_fen: finding.paid_fen,
        signed_off: finding.content.sign_off.is_some(),
    };
    units.iter().map(|index| findings.get(index).map(review)).collect()
}
