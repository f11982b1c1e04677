//! Requests that decide: Determine, Review, DecideExit, Correct.

use super::codes;
use super::facts;
use super::identity::identity;
use super::limits::REASON_SIZE_MAX_BYTES;
use super::provenance::{discretion, officer, relations, sources};
use super::record::Context;
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::command::{CaseName, Correct, DecideExit, Determine, Household, Mode, Review};
use crate::app::{AppError, AreaRegister};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::rules::calendar::Date;
use crate::rules::outcome::Cause;

/// Reads Determine.
///
/// # Errors
/// [`AppError::Invalid`] with every violation.
pub fn determine(raw: pb::DetermineRequest, areas: &AreaRegister) -> Result<Determine, AppError> {
    let mut v = Violations::default();
    let at = Path::ROOT;
    let request_id = v.parse(at.field("request_id"), &raw.request_id);
    let area = area(&raw.area, at.field("area"), areas, &mut v);
    let case: Option<Option<CaseName>> = if raw.case.is_empty() {
        Some(None)
    } else {
        v.parse(at.field("case"), &raw.case).map(Some)
    };
    if let (Some(area), Some(Some(case))) = (area, &case)
        && area.without_township() != case.area
    {
        v.add(at.field("case"), "is in another area: give the area of the case");
    }
    let household = household(raw.input, at.field("input"), areas, area, &mut v);
    let command = (|| {
        Some(Determine {
            request_id: request_id?,
            area: area?,
            case: case?.map(|name| name.case),
            household: household?,
            mode: Mode {
                validate_only: raw.validate_only,
                explain: raw.explain,
            },
        })
    })();
    v.finish(command)
}

/// Reads Review.
///
/// # Errors
/// [`AppError::Invalid`] with every violation.
pub fn review(raw: pb::ReviewRequest, areas: &AreaRegister) -> Result<Review, AppError> {
    let mut v = Violations::default();
    let at = Path::ROOT;
    let request_id = v.parse(at.field("request_id"), &raw.request_id);
    let case: Option<CaseName> = v.parse(at.field("case"), &raw.case);
    let cause = v.check(
        at.field("cause"),
        codes::cause(raw.cause, &[Cause::Review, Cause::Event]),
    );
    let household = household(raw.input, at.field("input"), areas, case.map(|case| case.area), &mut v);
    let command = (|| {
        Some(Review {
            request_id: request_id?,
            case: case?,
            cause: cause?,
            household: household?,
            mode: Mode {
                validate_only: raw.validate_only,
                explain: raw.explain,
            },
        })
    })();
    v.finish(command)
}

/// Reads DecideExit.
///
/// # Errors
/// [`AppError::Invalid`] with every violation.
pub fn decide_exit(raw: pb::DecideExitRequest, areas: &AreaRegister) -> Result<DecideExit, AppError> {
    let mut v = Violations::default();
    let at = Path::ROOT;
    let request_id = v.parse(at.field("request_id"), &raw.request_id);
    let case: Option<CaseName> = v.parse(at.field("case"), &raw.case);
    let household = household(raw.input, at.field("input"), areas, case.map(|case| case.area), &mut v);
    let command = (|| {
        Some(DecideExit {
            request_id: request_id?,
            case: case?,
            household: household?,
            mode: Mode {
                validate_only: raw.validate_only,
                explain: raw.explain,
            },
        })
    })();
    v.finish(command)
}

/// Reads Correct.
///
/// # Errors
/// [`AppError::Invalid`] with every violation.
pub fn correct(raw: pb::CorrectRequest, areas: &AreaRegister) -> Result<Correct, AppError> {
    const CAUSES: [Cause; 3] = [Cause::Correction, Cause::Remedy, Cause::Court];
    let mut v = Violations::default();
    let at = Path::ROOT;
    let request_id = v.parse(at.field("request_id"), &raw.request_id);
    let determination: Option<crate::app::command::DeterminationName> =
        v.parse(at.field("determination"), &raw.determination);
    let cause = v.check(at.field("cause"), codes::cause(raw.cause, &CAUSES));
    let reason = v.text(at.field("reason"), raw.reason, REASON_SIZE_MAX_BYTES);
    let area = determination.map(|name| name.case.area);
    let effective_from = v.maybe_month(at.field("effective_from"), raw.effective_from);
    let household = household(raw.input, at.field("input"), areas, area, &mut v);
    let command = (|| {
        Some(Correct {
            request_id: request_id?,
            determination: determination?,
            cause: cause?,
            reason: reason?,
            effective_from: effective_from?,
            household: household?,
            mode: Mode {
                validate_only: raw.validate_only,
                explain: raw.explain,
            },
        })
    })();
    v.finish(command)
}

/// An area that decides.
pub fn area(raw: &str, at: Path<'_>, areas: &AreaRegister, v: &mut Violations) -> Option<AreaCode> {
    let area: AreaCode = v.parse(at, raw)?;
    if !areas.decides(area) {
        v.add(
            at,
            "is no deciding area of the register: give a county, or a township of one",
        );
        return None;
    }
    Some(area)
}

fn household(
    raw: Option<pb::DecisionInput>,
    at: Path<'_>,
    areas: &AreaRegister,
    area: Option<AreaCode>,
    v: &mut Violations,
) -> Option<Household> {
    let raw = v.require(at, raw)?;
    let decision_date = v.date(at.field("decision_date"), raw.decision_date);
    in_use(area, decision_date, at.field("decision_date"), areas, v);
    let month = v.month(at.field("month"), raw.month);
    let (sources, ids) = sources(raw.sources, at.field("sources"), v);
    let context = Context { areas, sources: ids };
    let at_facts = at.field("facts");
    let member_count = raw.facts.as_ref().map_or(0, |facts| facts.members.len());
    let facts = v
        .require(at_facts, raw.facts)
        .map(|raw| facts::household(raw, at_facts, &context, decision_date, v));
    let members = facts.as_ref().map(|facts| &facts.members[..]);
    let members = members.filter(|members| members.len() == member_count);
    let identity = identity(raw.identity, at.field("identity"), members, v);
    let discretion = discretion(raw.discretion, at.field("discretion"), v);
    let officer = officer(raw.officer, at.field("officer"), v);
    let relations = relations(raw.relations, at.field("relations"), v);
    let facts = facts?;
    let mut document = facts.groups;
    document.push(("decided_by", officer?.to_json()));
    document.extend((!sources.is_empty()).then_some(("sources", Json::List(sources))));
    document.extend((!discretion.is_empty()).then_some(("discretion", Json::List(discretion))));
    Some(Household {
        decision_date: decision_date?,
        month: month?,
        facts: Json::object(document),
        members: facts.members,
        identity: identity?,
        relations,
    })
}

/// Notes that the area is not one that decides on the day.
fn in_use(area: Option<AreaCode>, day: Option<Date>, at: Path<'_>, areas: &AreaRegister, v: &mut Violations) {
    if let (Some(area), Some(day)) = (area, day)
        && areas.decides(area)
        && !areas.decides_on(area, day)
    {
        v.add(
            at,
            "is outside the time in which the area decides: see the register of areas",
        );
    }
}
