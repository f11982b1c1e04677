//! F8: the checkpoints at which samples closed, held against the cosignatures that stand under them.
//!
//! The root of such a checkpoint goes into the seed. From the first head on that a quorum of the witnesses has cosigned,
//! every request closes its period by a cosigned one: before that nobody outside could tell which of two histories the
//! operator would go on with. Requests from before are not judged, because the log had no witnesses then.

use std::collections::BTreeSet;

use super::{Fsck, public_document};
use crate::app::AppError;
use crate::canonical::Json;
use crate::log::fsck::{Level, Place, Problem};
use crate::log::record::EntryKind;
use crate::log::witness::TrustPolicy;
use crate::log::{LogIndex, TreeSize};
use crate::store::{LogRow, Store};

/// SAMPLE_REQUEST records of one read.
const REQUEST_COUNT: u32 = 256;

/// The requests of a log, and what is known of their checkpoints.
pub(super) struct Closings<'p> {
    policy: &'p TrustPolicy,
    /// Index of each entry, and the size at which it closes its period.
    requests: Vec<(LogIndex, TreeSize)>,
    /// Sizes that are asked for and cosigned by a quorum.
    cosigned: BTreeSet<TreeSize>,
    /// The smallest size that a quorum has cosigned.
    since: Option<TreeSize>,
}

impl<'p> Closings<'p> {
    /// The requests of a log; none without a policy that asks for witnesses.
    pub(super) async fn of(
        store: &dyn Store,
        log: &LogRow,
        policy: Option<&'p TrustPolicy>,
    ) -> Result<Option<Closings<'p>>, AppError> {
        let Some(policy) = policy.filter(|policy| policy.asks_for_witnesses()) else {
            return Ok(None);
        };
        let mut closings = Closings {
            policy,
            requests: Vec::new(),
            cosigned: BTreeSet::new(),
            since: None,
        };
        let kinds = [EntryKind::SampleRequest.name().to_owned()];
        let mut after = None;
        loop {
            let records = store
                .records(log.origin.area(), None, &kinds, after, REQUEST_COUNT)
                .await?;
            let Some(last) = records.last() else {
                return Ok(Some(closings));
            };
            after = Some((last.log_id, last.index));
            for record in records.iter().filter(|record| record.log_id == log.log_id) {
                let index = record.index;
                let document = public_document(store, log, index, EntryKind::SampleRequest, "sample_request").await?;
                // A document that is missing or cannot be read is found by F6.
                if let Some(size) = document.as_ref().and_then(closing_size) {
                    closings.requests.push((index, size));
                }
            }
        }
    }

    /// Hears which witnesses of the policy have cosigned a checkpoint, the smaller sizes first.
    pub(super) fn cosigned(&mut self, size: TreeSize, by: &BTreeSet<usize>) {
        if self.policy.is_met(by) {
            self.since.get_or_insert(size);
            if self.requests.iter().any(|(_, closes)| *closes == size) {
                self.cosigned.insert(size);
            }
        }
    }

    /// Names every request whose checkpoint should be cosigned and is not, and gives how many were judged.
    pub(super) fn judge(self, fsck: &mut Fsck) -> u64 {
        let Some(since) = self.since else { return 0 };
        let mut judged = 0;
        for (index, closes) in self.requests {
            if since.holds(index) {
                // It stands in the first tree that was cosigned.
                continue;
            }
            judged += 1;
            if !self.cosigned.contains(&closes) {
                let problem = Problem::NotCosigned(closes);
                fsck.findings.add(Level::Witnesses, Place::Entry(index.get()), problem);
            }
        }
        judged
    }
}

/// The size of the checkpoint that a request names.
fn closing_size(request: &Json) -> Option<TreeSize> {
    let size = request.get("checkpoint")?.get("size")?.as_integer()?;
    TreeSize::new(u64::try_from(size).ok()?).ok()
}
