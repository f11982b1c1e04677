//! The first answer to a request, once more: entry, documents and receipt byte for byte.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::LogKeys;
use super::item::{Acknowledged, AppendError};
use crate::log::checkpoint::SignedCheckpoint;
use crate::log::merkle::{NodeId, inclusion_nodes, leaf_hash, prove_inclusion, verify_inclusion};
use crate::log::note::VerifierKey;
use crate::log::receipt::Receipt;
use crate::log::{Hash, LogIndex, TreeSize};
use crate::store::{CheckpointRow, LogId, LogRow, RecordRow, RequestRow, Store, StoreError};

/// Rebuilds what was answered to a request when its entry was appended.
///
/// The receipt is that of the first answer: the same checkpoint note, and a proof that only
/// depends on index and size. It is verified before it leaves.
///
/// # Errors
/// [`AppendError::Corrupt`] if what is stored does not verify, [`AppendError::Unavailable`].
pub async fn first_answer(
    store: &dyn Store,
    keys: &dyn LogKeys,
    request: &RequestRow,
) -> Result<Acknowledged, AppendError> {
    let missing = StoreError::Corrupt("a request names an entry, log or checkpoint that is not there");
    let (log_id, index) = (request.log_id, request.index);
    let log = store.log(log_id).await?.ok_or(missing.clone())?;
    let entry = store.entry(log_id, index).await?.ok_or(missing.clone())?;
    let record = store.record_at(log_id, index).await?.ok_or(missing.clone())?;
    let checkpoint = store.checkpoint_at(log_id, request.first_size).await?.ok_or(missing)?;
    let documents = store.documents(log_id, index).await?;
    let signed = verified(&checkpoint, &trusted(keys, &log)?)?;
    let plan = inclusion_nodes(index, request.first_size).map_err(|_| damaged())?;
    let nodes = store.nodes(log_id, &plan).await?;
    Ok(Acknowledged {
        log_id,
        index,
        record_id: record.record_id,
        receipt: receipt(index, &entry.entry, &signed, &nodes)?.to_string(),
        entry: entry.entry,
        documents,
        first_size: request.first_size,
        repeated: true,
    })
}

/// [`first_answer`] for several entries of a log, which stand close together: they are read by ranges. Each has the
/// receipt of the first checkpoint that holds it. `places` ascend, and span no more than
/// [`RANGE_ROW_COUNT_MAX`](crate::store::RANGE_ROW_COUNT_MAX).
///
/// # Errors
/// As [`first_answer`].
pub async fn first_answers(
    store: &dyn Store,
    keys: &dyn LogKeys,
    log_id: LogId,
    places: &[LogIndex],
) -> Result<Vec<(Acknowledged, RecordRow)>, AppendError> {
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return Ok(Vec::new());
    };
    let missing = || StoreError::Corrupt("an entry, its record, its log or its checkpoint is not there");
    let (from, to) = (first.get(), last.get() + 1);
    let log = store.log(log_id).await?.ok_or_else(missing)?;
    let mut entries = store.entries_between(log_id, from, to).await?.into_iter();
    let mut records = store.records_between(log_id, from, to).await?.into_iter();
    let mut documents = store.documents_between(log_id, from, to).await?.into_iter().peekable();
    let mut checkpoints = store.checkpoints_between(log_id, from + 1, to).await?;
    checkpoints.extend(store.checkpoint_from(log_id, last.size_with()).await?);
    let holding = |index: &LogIndex| {
        let at = checkpoints.partition_point(|checkpoint| !checkpoint.size.holds(*index));
        checkpoints.get(at).ok_or_else(missing)
    };
    let trusted = trusted(keys, &log)?;
    let mut plan = BTreeSet::new();
    let mut signed: BTreeMap<TreeSize, SignedCheckpoint> = BTreeMap::new();
    for index in places {
        let checkpoint = holding(index)?;
        plan.extend(inclusion_nodes(*index, checkpoint.size).map_err(|_| damaged())?);
        if let Entry::Vacant(place) = signed.entry(checkpoint.size) {
            place.insert(verified(checkpoint, &trusted)?);
        }
    }
    let nodes = store.nodes(log_id, &Vec::from_iter(plan)).await?;
    let mut answers = Vec::with_capacity(places.len());
    for index in places {
        let entry = entries.find(|entry| entry.index == *index).ok_or_else(missing)?;
        let record = records.find(|record| record.index == *index).ok_or_else(missing)?;
        while documents.next_if(|document| document.index < *index).is_some() {}
        let own = std::iter::from_fn(|| documents.next_if(|document| document.index == *index));
        let first_size = holding(index)?.size;
        let head = signed.get(&first_size).ok_or_else(missing)?;
        let answer = Acknowledged {
            log_id,
            index: *index,
            record_id: record.record_id,
            receipt: receipt(*index, &entry.entry, head, &nodes)?.to_string(),
            documents: own.map(|document| document.row).collect(),
            entry: entry.entry,
            first_size,
            repeated: true,
        };
        answers.push((answer, record));
    }
    Ok(answers)
}

const fn damaged() -> AppendError {
    AppendError::Corrupt("a stored checkpoint or its tree does not verify")
}

fn trusted(keys: &dyn LogKeys, log: &LogRow) -> Result<Vec<VerifierKey>, AppendError> {
    keys.verifier_keys(&log.origin).map_err(|_| AppendError::Signing)
}

fn verified(checkpoint: &CheckpointRow, trusted: &[VerifierKey]) -> Result<SignedCheckpoint, AppendError> {
    SignedCheckpoint::verify(checkpoint.note.as_bytes(), trusted).map_err(|_| damaged())
}

/// The receipt of an entry under a head whose signature was verified; it verifies, or it is not made.
fn receipt(
    index: LogIndex,
    entry: &[u8],
    signed: &SignedCheckpoint,
    nodes: &BTreeMap<NodeId, Hash>,
) -> Result<Receipt, AppendError> {
    let head = signed.checkpoint();
    let proof = prove_inclusion(nodes, index, head.size).map_err(|_| damaged())?;
    verify_inclusion(&leaf_hash(entry), index, head.size, &proof, &head.root).map_err(|_| damaged())?;
    Ok(Receipt::new(index, proof, signed))
}
