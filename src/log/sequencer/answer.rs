//! The first answer to a request, once more: entry, documents and receipt byte for byte.

use super::LogKeys;
use super::item::{Acknowledged, AppendError};
use crate::log::checkpoint::SignedCheckpoint;
use crate::log::merkle::{inclusion_nodes, prove_inclusion};
use crate::log::receipt::Receipt;
use crate::store::{RequestRow, Store, StoreError};

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
    let damaged = |_| AppendError::Corrupt("a stored checkpoint or its tree does not verify");
    let trusted = keys.verifier_keys(&log.origin).map_err(|_| AppendError::Signing)?;
    let signed = SignedCheckpoint::verify(checkpoint.note.as_bytes(), &trusted).map_err(|_| damaged(()))?;
    let plan = inclusion_nodes(index, request.first_size).map_err(|_| damaged(()))?;
    let nodes = store.nodes(log_id, &plan).await?;
    let proof = prove_inclusion(&nodes, index, request.first_size).map_err(|_| damaged(()))?;
    let receipt = Receipt::new(index, proof, &signed);
    let leaf = crate::log::merkle::leaf_hash(&entry.entry);
    receipt.verify(&leaf, &trusted).map_err(|_| damaged(()))?;
    Ok(Acknowledged {
        log_id,
        index,
        record_id: record.record_id,
        entry: entry.entry,
        documents,
        receipt: receipt.to_string(),
        first_size: request.first_size,
        repeated: true,
    })
}
