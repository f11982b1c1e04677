//! Requests of a sample's round.

use super::codes::typed;
use super::read::county;
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::command::{CommitSample, DrawSample, GetSample, OfRound, RefuseReveal, RequestSample, RevealSample};
use crate::app::{AppError, AreaRegister};
use crate::area::{AreaCode, AreaLevel};
use crate::canonical::Json;
use crate::log::sample::{
    Allocation, Choices, DrawKind, Party, Population, Prior, Role, STRATUM_COUNT_MAX, SeedValue, StratumField,
    VALUE_COUNT_MIN, cross::TOWNSHIP_COUNT_MAX,
};
use crate::log::{Hash, LogIndex, TreeSize};

const AT: Path<'static> = Path::ROOT;

/// Longest key of a stratum: a few short members.
const STRATUM_KEY_SIZE_MAX_BYTES: usize = 512;

/// Fields of the frame.
const FIELD_COUNT_MAX: usize = StratumField::ALL.len();

/// The members that every request of a round has; a macro, because generated messages have no trait in common.
macro_rules! of_round {
    ($raw:ident, $areas:ident, $v:ident) => {
        of_round(
            &$raw.request_id,
            &$raw.area,
            &$raw.period,
            $raw.validate_only,
            $areas,
            &mut $v,
        )
    };
}

/// Reads CommitSample.
///
/// # Errors
/// [`AppError::Invalid`] with every violation; so do all of this file.
pub fn commit_sample(raw: pb::CommitSampleRequest, areas: &AreaRegister) -> Result<CommitSample, AppError> {
    let mut v = Violations::default();
    let round = of_round!(raw, areas, v);
    let role = v.check(AT.field("role"), typed::<pb::PartyRole, _>(raw.role, Role::from_word));
    let commitment = Hash::from_slice(&raw.commitment).map_err(|_| "has another size: give 32 bytes");
    let commitment = v.check(AT.field("commitment"), commitment);
    let command = (|| {
        Some(CommitSample {
            round: round?,
            role: role?,
            commitment: commitment?,
        })
    })();
    v.finish(command)
}

/// Reads RequestSample.
pub fn request_sample(raw: pb::RequestSampleRequest, areas: &AreaRegister) -> Result<RequestSample, AppError> {
    let mut v = Violations::default();
    let round = of_round!(raw, areas, v);
    let size_of = |field: &'static str, raw: Option<u64>, v: &mut Violations| match raw {
        None => Some(None),
        Some(raw) => v.tree_size(AT.field(field), raw).map(Some),
    };
    let checkpoint_size: Option<Option<TreeSize>> = size_of("checkpoint_size", raw.checkpoint_size, &mut v);
    let to: Option<Option<TreeSize>> = size_of("to_size", raw.to_size, &mut v);
    let from = LogIndex::new(raw.from_index).map_err(|error| format!("is {error}"));
    let from = v.check(AT.field("from_index"), from);
    let population = typed::<pb::SamplePopulation, _>(raw.population, Population::from_word);
    let population = v.check(AT.field("population"), population);
    let draw = v.check(
        AT.field("draw"),
        typed::<pb::SampleDraw, _>(raw.draw, DrawKind::from_word),
    );
    let allocation = match raw.allocation {
        0 => Ok(Allocation::Proportional),
        given => typed::<pb::SampleAllocation, _>(given, Allocation::from_word),
    };
    let allocation = v.check(AT.field("allocation"), allocation);
    let strata = strata(raw.strata, &mut v);
    let prior = prior(raw.prior, &mut v);
    let townships = townships(raw.townships, round.as_ref().map(|round| round.area), &mut v);
    let values = Some(u64::from(raw.values)).filter(|values| *values != 0);
    let counts: Option<Vec<Prior>> = prior
        .as_ref()
        .map(|prior| prior.iter().map(|(_, counts)| *counts).collect());
    let choices = Choices {
        draw,
        strata: strata.as_deref(),
        allocation,
        floor: raw.floor.into(),
        size: raw.size.into(),
        reserve: raw.reserve.into(),
        prior: counts.as_deref(),
        values: values.unwrap_or(VALUE_COUNT_MIN),
        townships: townships.as_deref(),
    };
    for wrong in choices.check() {
        v.add(AT.field(wrong.field), wrong.text);
    }
    let command = (|| {
        Some(RequestSample {
            round: round?,
            checkpoint_size: checkpoint_size?,
            from: from?,
            to: to?,
            population: population?,
            draw: draw?,
            strata: strata?,
            allocation: allocation?,
            floor: raw.floor.into(),
            size: raw.size.into(),
            reserve: raw.reserve.into(),
            prior: prior?,
            values,
            townships: townships?,
        })
    })();
    v.finish(command)
}

/// Reads RevealSample.
pub fn reveal_sample(raw: pb::RevealSampleRequest, areas: &AreaRegister) -> Result<RevealSample, AppError> {
    let mut v = Violations::default();
    let round = of_round!(raw, areas, v);
    let value: Result<[u8; SeedValue::SIZE_BYTES], _> = raw.value.try_into();
    let value = v.check(AT.field("value"), value.map_err(|_| "has another size: give 32 bytes"));
    let command = (|| {
        Some(RevealSample {
            round: round?,
            value: SeedValue::from_bytes(value?),
        })
    })();
    v.finish(command)
}

/// Reads RefuseReveal.
pub fn refuse_reveal(raw: pb::RefuseRevealRequest, areas: &AreaRegister) -> Result<RefuseReveal, AppError> {
    let mut v = Violations::default();
    let round = of_round!(raw, areas, v);
    let party: Option<Option<Party>> = if raw.party.is_empty() {
        Some(None)
    } else {
        v.parse(AT.field("party"), &raw.party).map(Some)
    };
    let command = (|| {
        Some(RefuseReveal {
            round: round?,
            party: party?,
        })
    })();
    v.finish(command)
}

/// Reads DrawSample.
pub fn draw_sample(raw: pb::DrawSampleRequest, areas: &AreaRegister) -> Result<DrawSample, AppError> {
    let mut v = Violations::default();
    let round = of_round!(raw, areas, v);
    v.finish(round.map(|round| DrawSample { round }))
}

/// Reads GetSample.
pub fn get_sample(raw: pb::GetSampleRequest, areas: &AreaRegister) -> Result<GetSample, AppError> {
    let mut v = Violations::default();
    let area = county(&raw.area, areas, &mut v);
    let period = v.parse(AT.field("period"), &raw.period);
    let command = (|| {
        Some(GetSample {
            area: area?,
            period: period?,
        })
    })();
    v.finish(command)
}

fn of_round(
    request_id: &str,
    area: &str,
    period: &str,
    validate_only: bool,
    areas: &AreaRegister,
    v: &mut Violations,
) -> Option<OfRound> {
    let request_id = v.parse(AT.field("request_id"), request_id);
    let area = county(area, areas, v);
    let period = v.parse(AT.field("period"), period);
    Some(OfRound {
        request_id: request_id?,
        area: area?,
        period: period?,
        validate_only,
    })
}

/// Ascending, as they stand in the document; a field that is named twice is the request's own check. Nothing if any
/// of them is wrong; so the other lists.
fn strata(raw: Vec<i32>, v: &mut Violations) -> Option<Vec<StratumField>> {
    let at = AT.field("strata");
    let count = raw.len();
    let mut fields = Vec::new();
    for (index, raw) in v.limit(at, raw, FIELD_COUNT_MAX).into_iter().enumerate() {
        let field = typed::<pb::StratumField, _>(raw, StratumField::from_word);
        fields.extend(v.check(at.item(index), field));
    }
    fields.sort();
    Some(fields).filter(|fields| fields.len() == count)
}

fn prior(raw: Vec<pb::StratumPrior>, v: &mut Violations) -> Option<Vec<(String, Prior)>> {
    let at = AT.field("prior");
    let count = raw.len();
    let mut found: Vec<(String, Prior)> = Vec::new();
    for (index, raw) in v.limit(at, raw, STRATUM_COUNT_MAX).into_iter().enumerate() {
        let at = at.item(index);
        let canonical =
            raw.key.len() <= STRATUM_KEY_SIZE_MAX_BYTES && Json::parse_canonical(raw.key.as_bytes()).is_ok();
        if !canonical {
            v.add(
                at.field("key"),
                "is no key of a stratum: give canonical JSON, as an earlier sample shows it",
            );
            continue;
        }
        if found.iter().any(|(key, _)| *key == raw.key) {
            v.add(at.field("key"), "stands twice: give each stratum once");
            continue;
        }
        let counts = Prior {
            errors: raw.errors.into(),
            reviewed: raw.reviewed.into(),
        };
        found.push((raw.key, counts));
    }
    Some(found).filter(|found| found.len() == count)
}

fn townships(raw: Vec<String>, county: Option<AreaCode>, v: &mut Violations) -> Option<Vec<AreaCode>> {
    let at = AT.field("townships");
    let count = raw.len();
    let mut found = Vec::new();
    for (index, raw) in v.limit(at, raw, TOWNSHIP_COUNT_MAX).into_iter().enumerate() {
        let Some(area): Option<AreaCode> = v.parse(at.item(index), &raw) else {
            continue;
        };
        let of_county = county.is_none_or(|county| area.without_township() == county);
        if area.level() != AreaLevel::Township || !of_county {
            v.add(
                at.item(index),
                "is no township of the county: give nine digits that begin with the area's",
            );
            continue;
        }
        found.push(area);
    }
    found.sort();
    Some(found).filter(|found| found.len() == count)
}
