//! Encoding: typed results into messages. Total: whatever a use case gives has a form on the wire.

mod audit;
mod determination;
mod finding;
mod impact;
mod opening;
mod policy;
mod record;
mod sampling;

pub use audit::{checkpoint, consistency, entries, entry, inclusion, replayed};
pub use determination::{determined, listed, read};
pub use finding::{error_rates, finding_recorded, findings};
pub use impact::impact;
pub use opening::{accesses, erased, lifted, opened, restricted};
pub use policy::{policies, policy_read, published};
pub use record::{due_reviews, grace_periods, imported, remedy, transferred};
pub use sampling::{reveal_refused, sample_committed, sample_drawn, sample_read, sample_requested, sample_revealed};

use super::pb;
use crate::rules::calendar::{Date, Month};

fn date(date: Date) -> pb::Date {
    let (year, month, day) = date.civil();
    pb::Date { year, month, day }
}

/// A month: day is 0.
fn month(month: Month) -> pb::Date {
    let (year, month) = month.civil();
    pb::Date { year, month, day: 0 }
}

fn time(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds, nanos: 0 }
}

fn hash(hash: &crate::log::Hash) -> Vec<u8> {
    hash.as_bytes().to_vec()
}
