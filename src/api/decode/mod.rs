//! Decoding: requests into typed commands. Every violation at once, each with its path, none with its value.

mod case;
mod codes;
mod decision;
mod facts;
mod finding;
mod identity;
pub mod limits;
mod member;
mod opening;
mod policy;
mod provenance;
mod read;
mod record;
mod sampling;
mod scalar;
mod violations;

#[cfg(test)]
mod tests;

use crate::app::command::LocalId;

pub use case::{import_case, record_remedy, transfer_case};
pub use decision::{correct, decide_exit, determine, review};
pub use finding::{estimate_error_rate, list_findings, record_finding};
pub use opening::{erase_case, lift_restriction, list_accesses, open_documents, restrict_case};
pub use policy::preview_impact;
pub use read::{
    get_checkpoint, get_determination, get_entry, get_policy, list_determinations, list_due_reviews, list_entries,
    list_grace_periods, list_policies, prove_consistency, prove_inclusion, publish_policy, replay,
};
pub use sampling::{commit_sample, draw_sample, get_sample, refuse_reveal, request_sample, reveal_sample};
pub use scalar::text;
