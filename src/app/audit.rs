//! The audit side of a log: checkpoints, entries and proofs.

use super::App;
use super::access::Purpose;
use super::caller::Caller;
use super::command::{GetCheckpoint, GetEntry, ListEntries, LogName, ProveConsistency, ProveInclusion};
use super::damage::Damage;
use super::error::{AppError, ResourceKind, Violation};
use super::paging::{count, rows};
use super::record::{IDENTITY, Opened, readable};
use super::result::{CheckpointRead, ConsistencyProved, EntryRead, InclusionProved, Listed, LogEntry};
use super::rights::Role;
use crate::canonical::Json;
use crate::log::merkle::{
    consistency_nodes, inclusion_nodes, leaf_hash, prove_consistency, prove_inclusion, root_nodes, root_of,
};
use crate::log::record::{Entry, EntryKind, Protection, slots};
use crate::log::sequencer::LogKeys;
use crate::log::{Hash, LogIndex, Origin, TreeSize};
use crate::store::{CheckpointRow, EntryRow, LogId, LogRow};

impl App {
    /// A signed checkpoint, the newest or one of a given size.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn get_checkpoint(&self, command: GetCheckpoint) -> Result<CheckpointRead, AppError> {
        let log = self.log_named(&command.log).await?;
        let found = match command.tree_size {
            None => self.store.newest_checkpoint(log.log_id).await?,
            Some(size) => self.store.checkpoint_at(log.log_id, size).await?,
        };
        let row: CheckpointRow = found.ok_or_else(|| not_there(&command.log, "checkpoints"))?;
        let keys = self
            .vault
            .verifier_keys(&log.origin)
            .map_err(|error| AppError::internal(&error))?;
        let cosignatures = self.store.cosignatures_at(log.log_id, row.size).await?;
        let lines: String = cosignatures.iter().map(|row| format!("{}\n", row.line)).collect();
        Ok(CheckpointRead {
            cosigned_note: format!("{}{lines}", row.note),
            witnessed_size: self.witnessed_size(&log).await?,
            note: row.note,
            tree_size: row.size,
            root: row.root,
            verifier_key: keys.first().map(ToString::to_string).unwrap_or_default(),
            origin: log.origin,
        })
    }

    /// An entry with its receipt, and its documents if they are wanted.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn get_entry(&self, caller: &Caller, command: GetEntry) -> Result<EntryRead, AppError> {
        let log = self.log_named(&command.log).await?;
        let row = self.entry_row(&command.log, &log, command.index).await?;
        let mut opened = self.record_as_is(log.log_id, command.index).await?;
        if command.include_documents {
            // What is left of an erased record is its entry, which everybody may have.
            opened = readable(opened)?;
            // Who somebody is opens by OpenDocuments alone, under its own grant.
            opened.without(IDENTITY);
            if !caller.roles.has_any(&[Role::Audit, Role::Operate]) {
                keep_for_deciders(&mut opened);
            }
            self.accessed(caller, Purpose::GetEntry, [&opened.row]).await?;
        } else {
            opened.acknowledged.documents.clear();
        }
        Ok(EntryRead {
            acknowledged: opened.acknowledged,
            leaf_hash: row.leaf_hash,
        })
    }

    /// The entries of a log from an index on.
    ///
    /// # Errors
    /// [`AppError`].
    /// [`AppError::PermissionDenied`] for a trace without the role operate in the county: which entries are of one
    /// call is not public.
    pub async fn list_entries(&self, caller: &Caller, command: ListEntries) -> Result<Listed<LogEntry>, AppError> {
        if command.trace_id.is_some() {
            self.reaches_area(caller, command.log.area)?;
            if !caller.roles.has_any(&[Role::Operate]) {
                return Err(AppError::PermissionDenied);
            }
        }
        let log = self.log_named(&command.log).await?;
        if self.log_head(log.log_id).await?.size < command.min_tree_size {
            return Err(AppError::TreeTooSmall);
        }
        let scope = Json::object([
            ("list", Json::from("entries")),
            ("log", log.origin.to_string().into()),
            ("start", Json::integer(command.start.get().into())),
            ("trace", command.trace_id.clone().unwrap_or_default().into()),
        ]);
        let from = match self.cursor(&scope, &command.page)? {
            None => command.start,
            Some(cursor) => LogIndex::new(count(&cursor, "next")?).map_err(|_| AppError::PageToken)?,
        };
        let limit = rows(&command.page);
        let found = match &command.trace_id {
            None => self.store.entries(log.log_id, from, limit).await?,
            Some(trace_id) => self.store.entries_of_trace(log.log_id, trace_id, from, limit).await?,
        };
        let cursor = |row: &EntryRow| Json::object([("next", Json::integer(i128::from(row.index.get()) + 1))]);
        let listed = self.page(&scope, &command.page, found, cursor, |row| row)?;
        let mut items = Vec::with_capacity(listed.items.len());
        for row in listed.items {
            if leaf_hash(&row.entry) != row.leaf_hash {
                return Err(Damage::of_entry(log.log_id, row.index).into());
            }
            let entry = Entry::parse(&row.entry).map_err(|_| Damage::of_entry(log.log_id, row.index))?;
            items.push(LogEntry {
                index: row.index,
                entry: row.entry,
                leaf_hash: row.leaf_hash,
                logged_seconds: entry.logged_seconds(),
            });
        }
        Ok(Listed {
            items,
            next: listed.next,
        })
    }

    /// Proves that an entry stands in a tree of the log.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn prove_inclusion(&self, command: ProveInclusion) -> Result<InclusionProved, AppError> {
        let log = self.log_named(&command.log).await?;
        let row = self.entry_row(&command.log, &log, command.index).await?;
        let size = self.tree(&log, command.tree_size, "tree_size").await?;
        let plan = inclusion_nodes(command.index, size).map_err(|_| outside("index"))?;
        let nodes = self.store.nodes(log.log_id, &plan).await?;
        let hashes = prove_inclusion(&nodes, command.index, size)
            .map_err(|_| AppError::corrupt("nodes of the tree are missing"))?;
        Ok(InclusionProved {
            index: command.index,
            tree_size: size,
            leaf_hash: row.leaf_hash,
            hashes,
            root: self.root(log.log_id, size).await?,
            checkpoint: self.store.checkpoint_at(log.log_id, size).await?.map(|row| row.note),
        })
    }

    /// Proves that a later tree only grew out of an earlier one.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn prove_consistency(&self, command: ProveConsistency) -> Result<ConsistencyProved, AppError> {
        let log = self.log_named(&command.log).await?;
        self.tree(&log, Some(command.first), "first_size").await?;
        let second = self.tree(&log, command.second, "second_size").await?;
        let plan = consistency_nodes(command.first, second).map_err(|_| outside("first_size"))?;
        let nodes = self.store.nodes(log.log_id, &plan).await?;
        let hashes = prove_consistency(&nodes, command.first, second)
            .map_err(|_| AppError::corrupt("nodes of the tree are missing"))?;
        Ok(ConsistencyProved {
            first: command.first,
            second,
            hashes,
            first_root: self.root(log.log_id, command.first).await?,
            second_root: self.root(log.log_id, second).await?,
            checkpoint: self.store.checkpoint_at(log.log_id, second).await?.map(|row| row.note),
        })
    }

    /// The log of an area in an epoch, or the open one.
    pub(super) async fn log_named(&self, name: &LogName) -> Result<LogRow, AppError> {
        let county = name.area.without_township();
        let missing = || AppError::NotFound {
            kind: ResourceKind::Log,
            name: format!("areas/{county}"),
        };
        let open = self.store.log_of_area(county).await?.ok_or_else(missing)?;
        let Some(epoch) = name.epoch.filter(|epoch| *epoch != open.origin.epoch()) else {
            return Ok(open);
        };
        let origin = Origin::new(open.origin.domain(), county, epoch).map_err(|_| missing())?;
        self.store.log(LogId::of(&origin)).await?.ok_or_else(missing)
    }

    async fn entry_row(&self, name: &LogName, log: &LogRow, index: LogIndex) -> Result<EntryRow, AppError> {
        let row = self.store.entry(log.log_id, index).await?;
        row.ok_or_else(|| not_there(name, &format!("entries/{}", index.get())))
    }

    /// The size that a proof is asked for: one that the log has reached, and whose entries it still has.
    async fn tree(&self, log: &LogRow, asked: Option<TreeSize>, field: &str) -> Result<TreeSize, AppError> {
        let reached = self.sequencer.reached(&log.origin);
        let held = self.log_head(log.log_id).await?.size;
        match asked {
            None => Ok(held),
            Some(size) if size <= held => Ok(size),
            Some(size) if size <= reached => Err(AppError::EntriesLost),
            Some(_) => Err(outside(field)),
        }
    }

    async fn root(&self, log_id: LogId, size: TreeSize) -> Result<Hash, AppError> {
        let nodes = self.store.nodes(log_id, &root_nodes(size)).await?;
        root_of(&nodes, size).map_err(|_| AppError::corrupt("nodes of the tree are missing"))
    }
}

/// Leaves what a caller may see who is on no side of an audit: of an entry that watches over the cases, its public
/// documents alone. Who was looked at, what was found and what will be drawn is not for those who are looked at.
fn keep_for_deciders(opened: &mut Opened) {
    let kind = opened.entry.kind().known();
    if kind.is_some_and(is_known_to_deciders) {
        return;
    }
    let slots = kind.and_then(slots).unwrap_or_default();
    let public = |name: &str| {
        let slot = slots.iter().find(|slot| slot.name == name);
        slot.is_some_and(|slot| slot.protection == Protection::Public)
    };
    opened.acknowledged.documents.retain(|document| public(&document.name));
}

/// Whether what an entry of this kind seals is the case itself, which its deciders know. A kind that is not written yet
/// is not opened to them before somebody decides that it is.
const fn is_known_to_deciders(kind: EntryKind) -> bool {
    match kind {
        EntryKind::Epoch
        | EntryKind::Policy
        | EntryKind::Import
        | EntryKind::Determination
        | EntryKind::Correction
        | EntryKind::Remedy
        | EntryKind::Transfer
        | EntryKind::Link
        | EntryKind::Access
        | EntryKind::KeyEvent => true,
        EntryKind::Opening
        | EntryKind::Erasure
        | EntryKind::SampleCommit
        | EntryKind::SampleRequest
        | EntryKind::SampleReveal
        | EntryKind::SampleResult
        | EntryKind::Finding
        | EntryKind::Relief
        | EntryKind::Fund
        | EntryKind::Monitoring
        | EntryKind::Inspection => false,
    }
}

fn not_there(name: &LogName, what: &str) -> AppError {
    AppError::NotFound {
        kind: ResourceKind::Entry,
        name: format!("areas/{}/{what}", name.area.without_township()),
    }
}

fn outside(field: &str) -> AppError {
    let description = "lies outside the tree: give a size that the log has reached, and an entry inside it".to_owned();
    AppError::Invalid(vec![Violation {
        field: field.to_owned(),
        description,
    }])
}
