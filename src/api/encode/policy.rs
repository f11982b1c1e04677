//! What the policy RPCs answer.

use super::record::acknowledgement;
use super::{hash, time};
use crate::api::pb;
use crate::app::result::{Listed, Policy, PolicyRead, Published};

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

/// PublishPolicy.
pub fn published(result: Published) -> pb::PublishPolicyResponse {
    pb::PublishPolicyResponse {
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
