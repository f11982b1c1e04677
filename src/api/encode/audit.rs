//! What the audit RPCs answer.

use super::record::acknowledgement;
use super::{hash, time};
use crate::api::pb;
use crate::app::result::{
    CheckpointRead, ConsistencyProved, DifferenceCause, EntryRead, InclusionProved, Listed, LogEntry, Replayed,
};

/// GetCheckpoint.
pub fn checkpoint(result: CheckpointRead) -> pb::GetCheckpointResponse {
    // What a quorum says of a larger tree it says of every smaller one: they are consistent.
    let state = if result.witnessed_size >= result.tree_size {
        pb::CheckpointState::Witnessed
    } else {
        pb::CheckpointState::Included
    };
    pb::GetCheckpointResponse {
        checkpoint: result.note,
        origin: result.origin.to_string(),
        tree_size: result.tree_size.get(),
        root_hash: hash(&result.root),
        verifier_key: result.verifier_key,
        state: state.into(),
        cosigned_checkpoint: result.cosigned_note,
        witnessed_tree_size: result.witnessed_size.get(),
    }
}

/// GetEntry.
pub fn entry(result: EntryRead) -> pb::GetEntryResponse {
    pb::GetEntryResponse {
        acknowledgement: Some(acknowledgement(result.acknowledged)),
        leaf_hash: hash(&result.leaf_hash),
    }
}

/// ListEntries.
pub fn entries(page: Listed<LogEntry>) -> pb::ListEntriesResponse {
    let entries = page.items.into_iter().map(|item| pb::LogEntry {
        index: item.index.get(),
        entry: item.entry,
        leaf_hash: hash(&item.leaf_hash),
        create_time: Some(time(item.logged_seconds)),
    });
    pb::ListEntriesResponse {
        entries: entries.collect(),
        next_page_token: page.next.unwrap_or_default(),
    }
}

/// ProveInclusion.
pub fn inclusion(proof: InclusionProved) -> pb::ProveInclusionResponse {
    pb::ProveInclusionResponse {
        index: proof.index.get(),
        tree_size: proof.tree_size.get(),
        leaf_hash: hash(&proof.leaf_hash),
        hashes: proof.hashes.iter().map(hash).collect(),
        root_hash: hash(&proof.root),
        checkpoint: proof.checkpoint.unwrap_or_default(),
    }
}

/// ProveConsistency.
pub fn consistency(proof: ConsistencyProved) -> pb::ProveConsistencyResponse {
    pb::ProveConsistencyResponse {
        first_size: proof.first.get(),
        second_size: proof.second.get(),
        hashes: proof.hashes.iter().map(hash).collect(),
        first_root: hash(&proof.first_root),
        second_root: hash(&proof.second_root),
        checkpoint: proof.checkpoint.unwrap_or_default(),
    }
}

/// Replay.
pub fn replayed(result: Replayed) -> pb::ReplayResponse {
    let cause = |cause| match cause {
        DifferenceCause::Facts => pb::DifferenceCause::Facts,
        DifferenceCause::Policy => pb::DifferenceCause::Policy,
        DifferenceCause::Engine => pb::DifferenceCause::Engine,
    };
    pb::ReplayResponse {
        equal: result.difference.is_none(),
        difference: result.difference.map(|found| pb::ReplayDifference {
            cause: cause(found.cause) as i32,
            path: found.path,
            recorded: found.recorded,
            replayed: found.replayed,
        }),
        recorded_hash: hash(&result.recorded_hash),
        replayed_hash: hash(&result.replayed_hash),
        trace_hash: hash(&result.trace_hash),
        replayed: result.replayed,
        recorded_engine: result.recorded_engine,
        engine: result.engine,
    }
}
