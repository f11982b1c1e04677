//! Drawing a sample when every value is revealed, and reading one that was drawn.

use super::super::App;
use super::super::beside::BesideRecord;
use super::super::caller::Caller;
use super::super::command::{CaseName, DeterminationName, DrawSample, GetSample};
use super::super::error::{AppError, Forbidden, ResourceKind, Violation};
use super::super::record::Opened;
use super::super::result::Acknowledged;
use super::{Samples, refused};
use crate::area::AreaCode;
use crate::log::LogIndex;
use crate::log::record::EntryKind;
use crate::log::sample::{CrossCheck, Period, Round, SampleDocument, SampleResult, Seed, Selection, Unmet, draw};
use crate::store::RecordRow;

/// A unit of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrawnUnit {
    /// Its entry.
    pub index: LogIndex,
    /// Its name.
    pub determination: DeterminationName,
}

/// A stratum of a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnUnits {
    /// Key.
    pub key: String,
    /// Units that it has.
    pub population: u64,
    /// Sum of the amounts, where they are drawn by.
    pub size_fen: Option<u64>,
    /// The sample, in order.
    pub units: Vec<DrawnUnit>,
    /// The reserve, in order.
    pub reserve: Vec<DrawnUnit>,
}

/// A sample with the names of its units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnSample {
    /// The seed.
    pub seed: Seed,
    /// By key.
    pub strata: Vec<DrawnUnits>,
    /// Entries whose frame could not be opened.
    pub unopened: Vec<LogIndex>,
    /// Who reviews whom.
    pub cross_checks: Vec<CrossCheck>,
    /// The record; none for a dry run.
    pub acknowledged: Option<Acknowledged>,
}

/// A round, and the sample if it is drawn.
#[derive(Clone, Debug)]
pub struct SampleRead {
    /// The round.
    pub round: Round,
    /// The sample.
    pub sample: Option<DrawnSample>,
}

impl App {
    /// Draws the sample of a period and records it.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn draw_sample(&self, caller: &Caller, command: DrawSample) -> Result<DrawnSample, AppError> {
        let of = &command.round;
        let asked = App::asked(of.area, caller, &of.request_id, &command.to_json());
        let _turn = self.turn(of.area).await;
        if let Some(first) = self.answered(&asked).await? {
            return self.recorded_sample(first).await;
        }
        let samples = self.samples(of.area).await?;
        let round = samples.round(&of.period);
        let seed = round.seed().map_err(|unmet| refused(&unmet))?;
        let (index, request) = round.request().ok_or_else(|| refused(&[Unmet::NoRequest]))?;
        let frames = self.frames(of.area, request).await?;
        let selection = draw(request, &seed, &frames).map_err(|error| AppError::NotAllowed {
            what: Forbidden::Sample,
            violations: vec![Violation {
                field: "period".to_owned(),
                description: error.to_string(),
            }],
        })?;
        let result = SampleResult {
            period: of.period.clone(),
            request: *index,
            seed,
            population: selection.population(),
            drawn: selection.drawn(),
            unopened: selection.unopened.len() as u64,
        };
        if of.validate_only {
            return self.named(&samples, seed, selection, None).await;
        }
        let (keys, mut rows) = self.vault.new_case_keys()?;
        // Only the content key is used; the other is never stored.
        rows.retain(|row| row.key_ref == keys.content.0.to_string());
        let new = BesideRecord {
            kind: EntryKind::SampleResult,
            documents: vec![
                ("sample_result", SampleDocument::Result(result).to_json().to_bytes()),
                ("selection", selection.to_json().to_bytes()),
            ],
            keys: Some(&keys),
            new_keys: rows,
            case: None,
        };
        let opened = self.append_beside(&asked, new).await?;
        self.named(&samples, seed, selection, Some(opened.acknowledged)).await
    }

    /// A round, and its sample if it is drawn.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn get_sample(&self, command: GetSample) -> Result<SampleRead, AppError> {
        let samples = self.samples(command.area).await?;
        let round = samples.round(&command.period);
        if round.commits().is_empty() {
            return Err(no_sample(command.area, &command.period));
        }
        let sample = match self.selection(&samples, &round).await? {
            None => None,
            Some((opened, result, selection)) => Some(
                self.named(&samples, result.seed, selection, Some(opened.acknowledged))
                    .await?,
            ),
        };
        Ok(SampleRead { round, sample })
    }

    /// What was drawn in a round, if it was.
    pub(in crate::app) async fn selection(
        &self,
        samples: &Samples,
        round: &Round,
    ) -> Result<Option<(Opened, SampleResult, Selection)>, AppError> {
        let (Some(log), Some((index, result))) = (&samples.log, round.result()) else {
            return Ok(None);
        };
        let opened = self.record_at(log.log_id, *index).await?;
        let selection = Selection::from_json(&opened.json("selection")?).map_err(|_| opened.damaged("selection"))?;
        Ok(Some((opened, result.clone(), selection)))
    }

    async fn recorded_sample(&self, opened: Opened) -> Result<DrawnSample, AppError> {
        let samples = self.samples(opened.row.area).await?;
        let json = opened.json("sample_result")?;
        let document =
            SampleDocument::from_json(EntryKind::SampleResult, &json).map_err(|_| opened.damaged("sample_result"))?;
        let SampleDocument::Result(result) = document else {
            return Err(opened.damaged("sample_result"));
        };
        let selection = Selection::from_json(&opened.json("selection")?).map_err(|_| opened.damaged("selection"))?;
        self.named(&samples, result.seed, selection, Some(opened.acknowledged))
            .await
    }

    /// The selection with the names of its units.
    async fn named(
        &self,
        samples: &Samples,
        seed: Seed,
        selection: Selection,
        acknowledged: Option<Acknowledged>,
    ) -> Result<DrawnSample, AppError> {
        let log = samples
            .log
            .as_ref()
            .ok_or(AppError::corrupt("a sample stands in no log"))?;
        let mut strata = Vec::with_capacity(selection.strata.len());
        for stratum in selection.strata {
            let mut named = Vec::with_capacity(stratum.units.len() + stratum.reserve.len());
            for index in stratum.units.iter().chain(&stratum.reserve) {
                let row = self
                    .store
                    .record_at(log.log_id, *index)
                    .await?
                    .ok_or(AppError::corrupt("a sample names a record that is not there"))?;
                named.push(DrawnUnit {
                    index: *index,
                    determination: name_of(&row)?,
                });
            }
            let reserve = named.split_off(stratum.units.len());
            strata.push(DrawnUnits {
                key: stratum.key,
                population: stratum.population,
                size_fen: stratum.size_fen,
                units: named,
                reserve,
            });
        }
        Ok(DrawnSample {
            seed,
            strata,
            unopened: selection.unopened,
            cross_checks: selection.cross_checks,
            acknowledged,
        })
    }
}

/// The name of a decision's record.
pub(in crate::app) fn name_of(row: &RecordRow) -> Result<DeterminationName, AppError> {
    let case = row.case_id.as_deref().and_then(|case| case.parse().ok());
    Ok(DeterminationName {
        case: CaseName {
            area: row.area,
            case: case.ok_or(AppError::corrupt("a record names no case"))?,
        },
        record: row.record_id,
    })
}

pub(in crate::app) fn no_sample(area: AreaCode, period: &Period) -> AppError {
    AppError::NotFound {
        kind: ResourceKind::Sample,
        name: format!("areas/{}/samples/{period}", area.without_township()),
    }
}
