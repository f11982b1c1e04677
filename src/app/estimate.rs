//! The error rates that the findings of a sample show.

use std::collections::BTreeMap;

use super::App;
use super::command::EstimateErrorRate;
use super::error::AppError;
use super::finding::Finding;
use super::rates::{Design, ErrorRates, Review, StratumUnits, Unit, may_pay};
use super::sampling::no_sample;
use crate::log::LogIndex;
use crate::store::LogRow;

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
        let mut strata = Vec::with_capacity(selection.strata.len());
        for stratum in &selection.strata {
            strata.push(StratumUnits {
                population: stratum.population,
                may_pay: may_pay(&stratum.key),
                units: self.units(log, &stratum.units, &findings).await?,
                reserve: self.units(log, &stratum.reserve, &findings).await?,
            });
        }
        let design = Design {
            population: request.population,
            draw: request.draw,
        };
        let population = selection.population();
        Ok(ErrorRates::of(population, &strata, design, command.confidence))
    }

    /// What became of the units of a sample. Of an erased or restricted case no finding counts and none can be recorded:
    /// to wait for one would keep the reserve closed for ever.
    async fn units(
        &self,
        log: &LogRow,
        indices: &[LogIndex],
        findings: &BTreeMap<LogIndex, Finding>,
    ) -> Result<Vec<Unit>, AppError> {
        let mut units = Vec::with_capacity(indices.len());
        for index in indices {
            let row = self
                .store
                .record_at(log.log_id, *index)
                .await?
                .ok_or(AppError::corrupt("a sample names a record that is not there"))?;
            units.push(if row.is_closed() {
                Unit::Closed
            } else {
                findings
                    .get(index)
                    .map_or(Unit::Waiting, |finding| Unit::Found(review(finding)))
            });
        }
        Ok(units)
    }
}

fn review(finding: &Finding) -> Review {
    Review {
        items: finding
            .content
            .items
            .iter()
            .map(|item| (item.outcome, item.amount_fen))
            .collect(),
        paid_fen: finding.paid_fen,
        signed_off: finding.content.sign_off.is_some(),
    }
}
