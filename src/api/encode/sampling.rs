//! What the calls of a sample's round answer.

use super::record::acknowledgement;
use super::{hash, time};
use crate::api::pb;
use crate::app::sampling::{DrawnSample, DrawnUnit, DrawnUnits, RoundRecorded, SampleRead};
use crate::log::sample::{Called, Role, Round, Stage};

/// CommitSample.
pub fn sample_committed(recorded: RoundRecorded) -> pb::CommitSampleResponse {
    pb::CommitSampleResponse {
        acknowledgement: recorded.acknowledged.map(acknowledgement),
    }
}

/// RequestSample.
pub fn sample_requested(recorded: RoundRecorded) -> pb::RequestSampleResponse {
    pb::RequestSampleResponse {
        acknowledgement: recorded.acknowledged.map(acknowledgement),
        round: Some(round(&recorded.round)),
    }
}

/// RevealSample.
pub fn sample_revealed(recorded: RoundRecorded) -> pb::RevealSampleResponse {
    pb::RevealSampleResponse {
        acknowledgement: recorded.acknowledged.map(acknowledgement),
        round: Some(round(&recorded.round)),
    }
}

/// RefuseReveal.
pub fn reveal_refused(recorded: RoundRecorded) -> pb::RefuseRevealResponse {
    pb::RefuseRevealResponse {
        acknowledgement: recorded.acknowledged.map(acknowledgement),
        round: Some(round(&recorded.round)),
    }
}

/// GetSample.
pub fn sample_read(read: SampleRead) -> pb::GetSampleResponse {
    pb::GetSampleResponse {
        round: Some(round(&read.round)),
        sample: read.sample.map(sample),
    }
}

/// DrawSample.
pub fn sample_drawn(mut drawn: DrawnSample) -> pb::DrawSampleResponse {
    pb::DrawSampleResponse {
        acknowledgement: drawn.acknowledged.take().map(acknowledgement),
        sample: Some(sample(drawn)),
    }
}

fn sample(drawn: DrawnSample) -> pb::Sample {
    let checks = drawn.cross_checks.iter().map(|check| pb::SampleCrossCheck {
        reviewer: check.reviewer.to_string(),
        reviewed: check.reviewed.to_string(),
    });
    pb::Sample {
        seed: hash(&drawn.seed.hash()),
        cross_checks: checks.collect(),
        unopened: drawn.unopened.iter().map(|index| index.get()).collect(),
        strata: drawn.strata.into_iter().map(stratum).collect(),
    }
}

fn stratum(stratum: DrawnUnits) -> pb::SampleStratum {
    let units = |units: Vec<DrawnUnit>| -> Vec<pb::SampleUnit> {
        let unit = |unit: DrawnUnit| pb::SampleUnit {
            index: unit.index.get(),
            determination: unit.determination.to_string(),
        };
        units.into_iter().map(unit).collect()
    };
    pb::SampleStratum {
        key: stratum.key,
        population: stratum.population,
        // A sum of amounts of at most 10^12 fen over at most a million entries fits.
        size_fen: i64::try_from(stratum.size_fen.unwrap_or(0)).unwrap_or(i64::MAX),
        units: units(stratum.units),
        reserve: units(stratum.reserve),
    }
}

fn round(round: &Round) -> pb::SampleRound {
    let parties = round.commits().iter().map(|(index, commit)| {
        let called: Option<&Called> = round.called().iter().find(|called| called.index == *index);
        let answer = called.and_then(|called| called.answer);
        pb::SampleParty {
            party: commit.party.to_string(),
            role: role(commit.role) as i32,
            index: index.get(),
            called: called.is_some(),
            reveal_by: called.map(|called| time(called.deadline_seconds)),
            revealed: answer.is_some_and(|answer| answer.is_ok()),
            missing: answer.is_some_and(|answer| answer.is_err()),
        }
    });
    let stage = match round.stage() {
        Stage::Registering => pb::SampleStage::Registering,
        Stage::Revealing => pb::SampleStage::Revealing,
        Stage::Ready => pb::SampleStage::Ready,
        Stage::Drawn => pb::SampleStage::Drawn,
        Stage::Void => pb::SampleStage::Void,
    };
    pb::SampleRound {
        period: round.period().to_string(),
        stage: stage as i32,
        parties: parties.collect(),
        request_index: round.request().map(|(index, _)| index.get()),
        result_index: round.result().map(|(index, _)| index.get()),
    }
}

fn role(role: Role) -> pb::PartyRole {
    match role {
        Role::Auditor => pb::PartyRole::Auditor,
        Role::Operator => pb::PartyRole::Operator,
        Role::Third => pb::PartyRole::Third,
    }
}
