//! What the policy RPCs answer.

use super::record::acknowledgement;
use super::{date, hash, time};
use crate::api::pb;
use crate::app::result::{Listed, Policy, PolicyRead, Published};
use crate::rules::diff::shadow::{Prevails, Shadow, ShadowKind, Side};
use crate::rules::language::say::Lang;

fn policy(policy: Policy) -> pb::Policy {
    pb::Policy {
        name: policy.name.map(|name| name.to_string()).unwrap_or_default(),
        policy: policy.policy,
        document_area: policy.document_area.to_string(),
        title: policy.title,
        digest: hash(&policy.digest),
        index: policy.index.map(|index| index.get()).unwrap_or_default(),
        create_time: policy.logged_seconds.map(time),
        superseded: policy.superseded,
    }
}

fn shadow(shadow: &Shadow, lang: Lang) -> pb::Shadow {
    let (prevails, basis) = match &shadow.prevails {
        Prevails::Overrides(basis) => (pb::ShadowPrevails::Overrides, basis.clone()),
        Prevails::Nearer => (pb::ShadowPrevails::Nearer, String::new()),
        // Such a document is refused and has no answer to stand in.
        Prevails::Undeclared => (pb::ShadowPrevails::Unspecified, String::new()),
    };
    pb::Shadow {
        kind: shadow_kind(shadow.kind).into(),
        id: shadow.id.clone(),
        superior: Some(side(&shadow.superior)),
        subordinate: Some(side(&shadow.subordinate)),
        prevails: prevails.into(),
        basis,
        superior_is_later: shadow.superior_is_later,
        words: shadow.words(lang),
    }
}

fn shadow_kind(kind: ShadowKind) -> pb::ShadowKind {
    match kind {
        ShadowKind::Parameter => pb::ShadowKind::Parameter,
        ShadowKind::Choice => pb::ShadowKind::Choice,
        ShadowKind::Clause => pb::ShadowKind::Clause,
        ShadowKind::OutcomeRow => pb::ShadowKind::OutcomeRow,
        ShadowKind::Guard => pb::ShadowKind::Guard,
        ShadowKind::Schedule => pb::ShadowKind::Schedule,
    }
}

fn side(side: &Side) -> pb::ShadowSide {
    pb::ShadowSide {
        policy: side.policy.clone(),
        document_area: side.area.clone(),
        row: side.row.clone().unwrap_or_default(),
        cite: side.cite.clone().unwrap_or_default(),
        instrument: side.instrument.clone().unwrap_or_default(),
        effective_from: side.in_force.from.map(date),
        effective_until: side.in_force.until.map(date),
        value: side.value.clone().unwrap_or_default(),
    }
}

/// PublishPolicy.
pub fn published(result: Published) -> pb::PublishPolicyResponse {
    let shadows = result.shadows.iter().map(|found| shadow(found, result.lang)).collect();
    pb::PublishPolicyResponse {
        shadows,
        policy: Some(policy(result.policy)),
        acknowledgement: result.acknowledged.map(acknowledgement),
        warnings: result.warnings,
        // A document of at most one MiB holds far fewer cases.
        cases_passed: i32::try_from(result.cases_passed).unwrap_or(i32::MAX),
    }
}

/// GetPolicy.
pub fn policy_read(result: PolicyRead) -> pb::GetPolicyResponse {
    pb::GetPolicyResponse {
        policy: Some(policy(result.policy)),
        sealed: result.sealed,
        source: result.source,
        rendering: result.rendering,
    }
}

/// ListPolicies.
pub fn policies(page: Listed<Policy>) -> pb::ListPoliciesResponse {
    pb::ListPoliciesResponse {
        policies: page.items.into_iter().map(policy).collect(),
        next_page_token: page.next.unwrap_or_default(),
    }
}
