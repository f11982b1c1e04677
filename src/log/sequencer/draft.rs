//! A batch being written down: entries with their time and place, and every row that goes with them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::entropy::SystemEntropy;
use super::entry::{commitments, document_rows};
use super::epoch::{Ended, Succession};
use super::gate::SeenHead;
use super::item::{Acknowledged, AppendError, Item};
use super::select::span_rows;
use super::tiles::full_tiles;
use crate::canonical::Json;
use crate::log::checkpoint::{Checkpoint, SignedCheckpoint, UncommittedCheckpoint};
use crate::log::entropy::{EntropyError, draw};
use crate::log::merkle::{Appended, CompactTree, leaf_hash, prove_inclusion};
use crate::log::note::VerifierKey;
use crate::log::receipt::Receipt;
use crate::log::record::{DocumentName, Entry, EntryKind, Salt, WrittenDocument, publish};
use crate::log::{LogIndex, RecordId};
use crate::store::append::Append;
use crate::store::batch::Batch;
use crate::store::{
    AccessPlace, CaseHeadRow, CaseMarkRow, CheckpointRow, EntryRow, ErasedKeyRow, HeadRow, LogRow, PersonRow,
    PolicyRow, RecordRow, RequestRow, StoreError,
};

/// A batch that is not committed. All its entries have one time.
pub(super) struct Draft {
    log: LogRow,
    time_ms: i64,
    tree: Appended,
    batch: Batch,
    /// Persons and the cases that met them, as far as they have their rows, before the batch or in it.
    registered: Registered,
}

/// What is registered of persons already.
#[derive(Default)]
pub(super) struct Registered {
    /// HMACs that name a person.
    hmacs: BTreeSet<String>,
    /// HMACs with the identity key of a case that met the person.
    met: BTreeSet<(String, String)>,
}

impl Registered {
    /// What these rows say.
    pub(super) fn of(rows: &[PersonRow]) -> Registered {
        Registered {
            hmacs: rows.iter().map(|row| row.hmac.clone()).collect(),
            met: rows.iter().map(|row| (row.hmac.clone(), row.key_ref.clone())).collect(),
        }
    }
}

/// A batch that is committed: entries, tree and checkpoint, for the answers.
pub(super) struct Written {
    log: LogRow,
    tree: Appended,
    entries: Vec<EntryRow>,
    checkpoint: SignedCheckpoint,
}

impl Draft {
    /// Begins a batch after the tree of the log.
    pub(super) fn after(log: &LogRow, tree: CompactTree, time_ms: i64, registered: Registered) -> Draft {
        let size = tree.size();
        let root = tree.root();
        Draft {
            log: log.clone(),
            time_ms,
            batch: Batch {
                log_id: log.log_id,
                area: log.origin.area(),
                size_before: size,
                head: HeadRow {
                    size,
                    compact: Vec::new(),
                    root,
                    last_time_ms: time_ms,
                },
                // Filled when the last entry is in.
                checkpoint: CheckpointRow {
                    size,
                    root,
                    note: String::new(),
                    signed_ms: time_ms,
                },
                entries: Vec::new(),
                documents: Vec::new(),
                tiles: Vec::new(),
                data_keys: Vec::new(),
                requests: Vec::new(),
                records: Vec::new(),
                policies: Vec::new(),
                cases: Vec::new(),
                span_cases: Vec::new(),
                spans: Vec::new(),
                links: Vec::new(),
                persons: Vec::new(),
                marks: Vec::new(),
                erased_keys: Vec::new(),
                accesses: Vec::new(),
                access_places: Vec::new(),
                traces: Vec::new(),
            },
            tree: Appended::after(tree),
            registered,
        }
    }

    /// Appends the entry that opens a log: its name and the keys that sign it, and after a fork what it follows.
    pub(super) fn append_epoch(
        &mut self,
        keys: &[VerifierKey],
        engine: &str,
        after: Option<&Succession>,
    ) -> Result<(), AppendError> {
        let unavailable = |error: EntropyError| AppendError::Unavailable(Arc::new(error));
        let record_id = RecordId::from_bytes(draw(&mut SystemEntropy).map_err(unavailable)?);
        let salt = Salt::draw(&mut SystemEntropy).map_err(unavailable)?;
        let origin = self.log.origin.clone();
        let keys = keys.iter().map(|key| Json::text(key.to_string())).collect();
        let mut body = vec![("keys", Json::List(keys)), ("origin", Json::text(origin.to_string()))];
        if let Some(Succession { previous, ended }) = after {
            body.push(("previous", head_json(previous)));
            match ended {
                Ended::Forked(seen) => body.push(("seen", head_json(seen))),
                Ended::KeyLost(key) => body.push(("lost_key", Json::text(key.to_string()))),
            }
        }
        let body = Json::object(body);
        let name: DocumentName = "epoch".parse().expect("the name of the kind's only slot");
        let (commitment, stored) = publish(&name, &salt, &body.to_bytes());
        let documents = [WrittenDocument {
            name,
            commitment,
            key_ref: None,
            stored,
            salt,
        }];
        let logged = self.logged_seconds();
        let entry = Entry::new(EntryKind::Epoch, origin, logged, None, engine, commitments(&documents))?;
        let index = self.append_entry(entry.to_bytes());
        self.record(index, record_id, None, EntryKind::Epoch);
        self.batch
            .documents
            .extend(document_rows(&documents).into_iter().map(|row| (index, row)));
        Ok(())
    }

    fn logged_seconds(&self) -> i64 {
        self.time_ms.div_euclid(1000)
    }

    /// Appends an item that stands.
    pub(super) fn append(&mut self, item: &Item) -> Result<LogIndex, AppendError> {
        let entry = item.entry_bytes(&self.log.origin, self.logged_seconds())?;
        let index = self.append_entry(entry);
        self.record(index, item.record_id, item.case_id.clone(), item.kind);
        let batch = &mut self.batch;
        batch
            .documents
            .extend(item.document_rows().into_iter().map(|row| (index, row)));
        batch.data_keys.extend(item.data_keys.iter().cloned());
        batch.requests.push(RequestRow {
            key: item.request.clone(),
            digest: item.request_digest.clone(),
            log_id: self.log.log_id,
            index,
            // Known when the last entry is in.
            first_size: index.size_with(),
        });
        batch.policies.extend(item.policy.as_ref().map(|policy| PolicyRow {
            log_id: self.log.log_id,
            index,
            policy_id: policy.policy_id.clone(),
            document_area: policy.document_area,
            kind: policy.kind.clone(),
            digest: policy.digest,
        }));
        let trace = item.trace_id.clone();
        batch.traces.extend(trace.map(|trace_id| (index, trace_id)));
        // A person who has a row was judged to be the same one.
        for person in &item.persons {
            if self.registered.hmacs.insert(person.hmac.clone()) {
                batch.links.push((person.hmac.clone(), person.person_id.clone()));
            }
            let met = (person.hmac.clone(), person.key_ref.clone());
            if self.registered.met.insert(met) {
                batch.persons.push(person.clone());
            }
        }
        self.append_case(item, index);
        self.append_effects(item, index);
        Ok(index)
    }

    fn append_case(&mut self, item: &Item, index: LogIndex) {
        let (Some(change), Some(case_id)) = (&item.case, &item.case_id) else {
            return;
        };
        self.batch.cases.push(CaseHeadRow {
            area: item.request.area,
            case_id: case_id.clone(),
            version: change.expected_version + 1,
            last_log_id: self.log.log_id,
            last_index: index,
            identity_key_ref: change.identity_key_ref.clone(),
            content_key_ref: change.content_key_ref.clone(),
            state: change.state.clone(),
            next_due: change.next_due.clone(),
            grace_end_month: change.grace_end_month.clone(),
            township: change.township,
            erased: None,
            restricted: None,
        });
        if let Some(spans) = span_rows(item) {
            // A case that is new has none to take away.
            if change.expected_version > 0 {
                self.batch.span_cases.push(case_id.clone());
            }
            self.batch.spans.extend(spans);
        }
    }

    /// What the entry does beside the log: to a case's readability, to keys, to the list of accesses.
    fn append_effects(&mut self, item: &Item, index: LogIndex) {
        let log_id = self.log.log_id;
        let batch = &mut self.batch;
        let mark = item.effects.mark.zip(item.case_id.clone());
        batch.marks.extend(mark.map(|(mark, case_id)| CaseMarkRow {
            area: item.request.area,
            case_id,
            erased: mark.erased,
            restricted: mark.restricted,
        }));
        let keys = item.effects.erased_keys.iter().cloned();
        batch
            .erased_keys
            .extend(keys.map(|key_ref| ErasedKeyRow { key_ref, log_id, index }));
        batch.accesses.extend(item.effects.accesses.iter().cloned());
        let leaves = item.effects.access_leaves.iter().zip(0_u64..);
        batch.access_places.extend(leaves.map(|(leaf, ordinal)| {
            let place = AccessPlace { log_id, index, ordinal };
            (*leaf, place)
        }));
    }

    fn append_entry(&mut self, entry: Vec<u8>) -> LogIndex {
        let leaf_hash = leaf_hash(&entry);
        let index = self.tree.append(leaf_hash);
        self.batch.entries.push(EntryRow {
            index,
            entry,
            leaf_hash,
        });
        index
    }

    fn record(&mut self, index: LogIndex, record_id: RecordId, case_id: Option<String>, kind: EntryKind) {
        self.batch.records.push(RecordRow {
            log_id: self.log.log_id,
            index,
            area: self.log.origin.area(),
            record_id,
            case_id,
            kind: kind.name().to_owned(),
            erased: None,
            restricted: None,
        });
    }

    /// The head to sign: after the last entry.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        let tree = self.tree.tree();
        Checkpoint {
            origin: self.log.origin.clone(),
            size: tree.size(),
            root: tree.root(),
        }
    }

    /// Writes everything inside the transaction.
    pub(super) async fn write(
        &mut self,
        append: &mut Append,
        signed: &UncommittedCheckpoint,
    ) -> Result<(), StoreError> {
        let (checkpoint, note) = signed.row();
        let mut batch = self.batch.clone();
        batch.tiles = full_tiles(append, self.log.log_id, &self.tree).await?;
        batch.checkpoint = CheckpointRow {
            size: checkpoint.size,
            root: checkpoint.root,
            note: note.to_owned(),
            signed_ms: self.time_ms,
        };
        batch.head = HeadRow {
            size: checkpoint.size,
            compact: self.tree.tree().edge_bytes(),
            root: checkpoint.root,
            last_time_ms: self.time_ms,
        };
        for request in &mut batch.requests {
            request.first_size = checkpoint.size;
        }
        append.write(batch).await
    }

    /// The batch after COMMIT, with the checkpoint that may now be shown.
    pub(super) fn written(self, checkpoint: SignedCheckpoint) -> Written {
        Written {
            log: self.log,
            tree: self.tree,
            entries: self.batch.entries,
            checkpoint,
        }
    }
}

/// Origin and size of a head, and its root where it is known.
fn head_json(head: &SeenHead) -> Json {
    let mut members = vec![
        ("origin", Json::text(head.origin.to_string())),
        ("size", Json::integer(head.size.get().into())),
    ];
    members.extend(head.root.map(|root| ("root", Json::text(root.to_string()))));
    Json::object(members)
}

impl Written {
    /// The answer to an item: its proof comes from memory.
    pub(super) fn answer(&self, item: &Item, index: LogIndex) -> Result<Acknowledged, AppendError> {
        let lost = AppendError::Unknown;
        let size = self.checkpoint.checkpoint().size;
        let proof = prove_inclusion(&self.tree, index, size).map_err(|_| lost.clone())?;
        let entry = self.entries.iter().find(|entry| entry.index == index).ok_or(lost)?;
        Ok(Acknowledged {
            log_id: self.log.log_id,
            index,
            record_id: item.record_id,
            entry: entry.entry.clone(),
            documents: item.document_rows(),
            receipt: Receipt::new(index, proof, &self.checkpoint).to_string(),
            first_size: size,
            repeated: false,
        })
    }
}
