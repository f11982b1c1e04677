//! F6: documents opened page by page, and with them what F7 and F9 say of single records (`records`).

mod records;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt as _;

use super::{Checked, Fsck, Heard, Plan, Progress};
use crate::app::record::{Gone, Opened};
use crate::app::result::{Acknowledged, OpenedDocument};
use crate::app::{App, AppError};
use crate::canonical::Json;
use crate::log::fsck::{Finding, Level, Place, Problem};
use crate::log::record::{
    DocumentCommitment, DocumentName, Entry, EntryError, EntryKind, OpenError, Place as SealedPlace, open, open_public,
};
use crate::log::{Hash, TreeSize};
use crate::store::{DataKeyRow, DocumentRow, EntryRow, LogRow, RecordRow, StoreError};

/// Entries of one page. A household's documents have some kilobytes, so a page has a megabyte; small, because the
/// largest allowed ones have 4 MiB each.
const PAGE_ENTRY_COUNT: u64 = 64;

/// ERASURE entries of one read.
const ERASURE_COUNT: u32 = 256;

/// Pages under way at one time.
const PAGE_AHEAD_COUNT: usize = 3;

/// Which determinations are decided again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// None.
    Nothing,
    /// All.
    All,
    /// About one in `each`, chosen by the seed, so that the same seed chooses the same again.
    OneIn {
        /// How many stand for one.
        each: u64,
        /// What chooses.
        seed: u64,
    },
}

impl Sample {
    fn takes(self, index: u64) -> bool {
        match self {
            Sample::Nothing => false,
            Sample::All => true,
            Sample::OneIn { each, seed } => {
                let draw = Hash::of_parts(&[b"doudi/fsck/sample/v1", &seed.to_be_bytes(), &index.to_be_bytes()]);
                let [a, b, c, d, e, f, g, h, ..] = *draw.as_bytes();
                u64::from_be_bytes([a, b, c, d, e, f, g, h]).is_multiple_of(each.max(1))
            }
        }
    }
}

/// Goes through the documents of a log.
pub(super) async fn check(
    app: &Arc<App>,
    log: &LogRow,
    size: TreeSize,
    plan: &Plan,
    fsck: &mut Fsck,
    heard: Heard<'_>,
) -> Result<(), AppError> {
    let plan = Arc::new(plan.clone());
    let erased = Arc::new(erased_keys(app, log).await?);
    let total = size
        .get()
        .min(app.store.last_entry(log.log_id).await?.map_or(0, |last| last.get() + 1));
    let starts = (0..total).step_by(PAGE_ENTRY_COUNT as usize);
    let mut pages = futures::stream::iter(starts)
        .map(|from| {
            let (app, log, plan, erased) = (Arc::clone(app), log.clone(), Arc::clone(&plan), Arc::clone(&erased));
            let to = total.min(from + PAGE_ENTRY_COUNT);
            tokio::spawn(async move { Page::read(app, log, plan, erased, from, to).await?.check().await })
        })
        .buffered(PAGE_AHEAD_COUNT);
    let mut done = 0;
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| AppError::internal(&error))??;
        fsck.findings.extend(page.findings);
        for level in Level::ALL {
            fsck.checked.add(level, page.checked.0[usize::from(level.number())]);
        }
        fsck.erased += page.erased;
        done = total.min(done + PAGE_ENTRY_COUNT);
        let level = if plan.wants(Level::Replay) {
            Level::Replay
        } else {
            Level::Documents
        };
        heard(Progress { level, done, total });
    }
    drop(pages);
    if plan.wants(Level::Projections) {
        beyond(app, log, fsck).await?;
    }
    if plan.wants(Level::Replay) && plan.sample == Sample::Nothing {
        fsck.skipped
            .push((Level::Replay, "no determination was to be decided again"));
    }
    Ok(())
}

/// The data keys that the area's ERASURE entries name. Such an entry has a document `erased` with a list `keys`, under a
/// key that no erasure of a case destroys; one that cannot be read accounts for nothing.
async fn erased_keys(app: &Arc<App>, log: &LogRow) -> Result<BTreeSet<String>, AppError> {
    let kinds = [EntryKind::Erasure.name().to_owned()];
    let (mut keys, mut after) = (BTreeSet::new(), None);
    loop {
        let records = app
            .store
            .records(log.origin.area(), None, &kinds, after, ERASURE_COUNT)
            .await?;
        let Some(last) = records.last() else { return Ok(keys) };
        after = Some((last.log_id, last.index));
        for record in &records {
            let log = app.log_row(record.log_id).await?;
            let erased = opened(app, &log, record)
                .await?
                .and_then(|opened| opened.json("erased").ok());
            let named = erased
                .as_ref()
                .and_then(|erased| erased.get("keys"))
                .and_then(Json::as_list);
            keys.extend(named.into_iter().flatten().filter_map(Json::as_text).map(str::to_owned));
        }
    }
}

/// A record row beyond the head; the head is read after it.
async fn beyond(app: &App, log: &LogRow, fsck: &mut Fsck) -> Result<(), AppError> {
    let last = app.store.last_record(log.log_id).await?;
    let head = app.store.head(log.log_id).await?;
    let size = head.map_or(TreeSize::EMPTY, |head| head.size);
    if let Some(last) = last.filter(|last| !size.holds(*last)) {
        let problem = Problem::BeyondHead(size);
        fsck.findings
            .add(Level::Projections, Place::Record(last.get()), problem);
    }
    Ok(())
}

/// The rows of a page of entries.
struct Page {
    app: Arc<App>,
    log: LogRow,
    plan: Arc<Plan>,
    /// Data keys that ERASURE entries name.
    erased: Arc<BTreeSet<String>>,
    entries: Vec<EntryRow>,
    documents: BTreeMap<u64, Vec<DocumentRow>>,
    records: BTreeMap<u64, RecordRow>,
    keys: BTreeMap<String, DataKeyRow>,
    done: PageChecked,
}

/// What a page came to.
#[derive(Default)]
struct PageChecked {
    findings: Vec<Finding>,
    checked: Checked,
    erased: u64,
    /// Cases that its records name.
    cases: BTreeSet<String>,
}

/// A record whose documents were opened as far as they can be.
struct Read {
    entry: Entry,
    documents: Vec<OpenedDocument>,
    /// Whether a document could not be opened because it was erased.
    erased: bool,
}

impl Page {
    async fn read(
        app: Arc<App>,
        log: LogRow,
        plan: Arc<Plan>,
        erased: Arc<BTreeSet<String>>,
        from: u64,
        to: u64,
    ) -> Result<Page, AppError> {
        let store = Arc::clone(&app.store);
        let mut done = PageChecked::default();
        let mut unreadable = |level: Level, what: &'static str| {
            done.found(level, Place::Entries(from, to), Problem::Unreadable(what));
        };
        let entries = some(store.entries_between(log.log_id, from, to).await, |what| {
            unreadable(Level::Documents, what);
        })?;
        let placed = some(store.documents_between(log.log_id, from, to).await, |what| {
            unreadable(Level::Documents, what);
        })?;
        let records = some(store.records_between(log.log_id, from, to).await, |what| {
            unreadable(Level::Projections, what);
        })?;
        let refs: BTreeSet<String> = placed.iter().filter_map(|placed| placed.row.key_ref.clone()).collect();
        let refs: Vec<String> = refs.into_iter().collect();
        let keys = if refs.is_empty() {
            Vec::new()
        } else {
            store.data_keys(&refs).await?
        };
        let mut documents: BTreeMap<u64, Vec<DocumentRow>> = BTreeMap::new();
        for placed in placed {
            documents.entry(placed.index.get()).or_default().push(placed.row);
        }
        Ok(Page {
            app,
            log,
            plan,
            erased,
            entries,
            documents,
            records: records.into_iter().map(|row| (row.index.get(), row)).collect(),
            keys: keys.into_iter().map(|row| (row.key_ref.clone(), row)).collect(),
            done,
        })
    }

    async fn check(mut self) -> Result<PageChecked, AppError> {
        let entries = std::mem::take(&mut self.entries);
        let indices: BTreeSet<u64> = entries.iter().map(|row| row.index.get()).collect();
        for index in self
            .documents
            .keys()
            .filter(|index| !indices.contains(index))
            .copied()
            .collect::<Vec<_>>()
        {
            let name = self.documents[&index]
                .first()
                .map(|row| row.name.clone())
                .unwrap_or_default();
            self.done
                .found(Level::Documents, Place::Document(index, name), Problem::DocumentUnknown);
        }
        for row in entries {
            let index = row.index.get();
            let record = self.records.remove(&index);
            let Some(read) = self.open(&row, record.as_ref()) else {
                continue;
            };
            if self.plan.wants(Level::Projections) {
                self.projections(index, &read, record.as_ref()).await?;
            }
            let replayed = self.plan.wants(Level::Replay) && self.plan.sample.takes(index);
            if let Some(record) = record.filter(|_| replayed) {
                self.replay(row, read, record).await?;
            }
        }
        if self.plan.wants(Level::Projections) {
            self.case_heads().await?;
            for index in std::mem::take(&mut self.records).into_keys() {
                self.done
                    .found(Level::Projections, Place::Record(index), Problem::RowUnknown);
            }
        }
        Ok(self.done)
    }

    /// F6: the entry, and each document that it commits to.
    fn open(&mut self, row: &EntryRow, record: Option<&RecordRow>) -> Option<Read> {
        let index = row.index.get();
        let mut stored = self.documents.remove(&index).unwrap_or_default();
        let entry = match Entry::parse(&row.entry) {
            Ok(entry) => entry,
            // A later build's entry verifies in the tree; what it means is for that build.
            Err(EntryError::Version(_)) => return None,
            Err(error) => {
                let problem = Problem::NotAnEntry(error.to_string());
                self.done.found(Level::Documents, Place::Entry(index), problem);
                return None;
            }
        };
        if *entry.origin() != self.log.origin {
            self.done.found(Level::Documents, Place::Entry(index), Problem::Origin);
        }
        if let Some(name) = out_of_place(&entry, &stored) {
            self.done
                .found(Level::Documents, Place::Document(index, name), Problem::DocumentUnknown);
        }
        let mut read = Read {
            documents: Vec::new(),
            erased: false,
            entry,
        };
        for DocumentCommitment { name, commitment } in read.entry.documents().to_vec() {
            self.done.checked.add(Level::Documents, 1);
            let place = Place::Document(index, name.to_string());
            let Some(at) = stored.iter().position(|row| row.name == name.as_str()) else {
                self.done.found(Level::Documents, place, Problem::DocumentMissing);
                continue;
            };
            let document = stored.remove(at);
            match self.open_document(&name, &commitment, &document, record) {
                Ok(Some(opened)) => read.documents.push(opened),
                Ok(None) => {
                    read.erased = true;
                    self.done.erased += 1;
                }
                Err(problem) => self.done.found(Level::Documents, place, problem),
            }
        }
        Some(read)
    }

    /// The opened document; none if it was erased.
    fn open_document(
        &self,
        name: &DocumentName,
        committed: &Hash,
        stored: &DocumentRow,
        record: Option<&RecordRow>,
    ) -> Result<Option<OpenedDocument>, Problem> {
        let closed = |error: OpenError| {
            Problem::DocumentClosed(match error {
                OpenError::Truncated => "is cut off",
                OpenError::NotAuthentic => "does not open with its key at its place",
                OpenError::Commitment => "does not match its commitment",
            })
        };
        let opened = match &stored.key_ref {
            None => open_public(name, committed, &stored.bytes).map_err(closed)?,
            Some(key_ref) => {
                let row = self.keys.get(key_ref).ok_or(Problem::KeyMissing)?;
                if row.wrapped.is_none() {
                    return if self.erased.contains(key_ref) {
                        Ok(None)
                    } else {
                        Err(Problem::KeyDestroyed)
                    };
                }
                let record = record.ok_or(Problem::DocumentClosed(
                    "has no record row, whose id is part of its seal",
                ))?;
                let unwrapped = self.app.vault.unwrap(row).map_err(|_| Problem::KeyClosed)?;
                let (_, key) = unwrapped.ok_or(Problem::KeyDestroyed)?;
                let place = SealedPlace {
                    area: self.log.origin.area(),
                    record_id: record.record_id,
                    name,
                };
                open(&key, place, committed, &stored.bytes).map_err(closed)?
            }
        };
        Ok(Some(OpenedDocument {
            name: name.to_string(),
            salt: *opened.salt.as_bytes(),
            content: opened.content,
        }))
    }
}

impl PageChecked {
    fn found(&mut self, level: Level, place: Place, problem: Problem) {
        self.findings.push(Finding { level, place, problem });
    }
}

impl Read {
    /// Whether everything is there but perhaps the identity, which goes first and which nothing is rebuilt from.
    fn is_whole(&self) -> bool {
        let opened = |name: &str| self.documents.iter().any(|document| document.name == name);
        let mut named = self.entry.documents().iter().map(|document| document.name.as_str());
        named.all(|name| name == "identity" || opened(name))
    }

    fn json(&self, name: &str) -> Option<Json> {
        let document = self.documents.iter().find(|document| document.name == name)?;
        Json::parse_canonical(&document.content).ok()
    }
}

/// The first stored document that does not stand where the entry has it.
fn out_of_place(entry: &Entry, stored: &[DocumentRow]) -> Option<String> {
    let is_stored = |document: &&DocumentCommitment| stored.iter().any(|row| row.name == document.name.as_str());
    let mut expected = entry.documents().iter().filter(is_stored);
    let differs = |row: &&DocumentRow| {
        expected
            .next()
            .is_none_or(|document| document.name.as_str() != row.name)
    };
    stored.iter().find(differs).map(|row| row.name.clone())
}

/// One record with its documents; none if they cannot all be read, which F6 has said or an erasure has done.
pub(super) async fn opened(app: &Arc<App>, log: &LogRow, record: &RecordRow) -> Result<Option<Opened>, AppError> {
    let plan = Arc::new(Plan {
        to: Level::Documents,
        ..Plan::default()
    });
    let index = record.index.get();
    let mut page = Page::read(Arc::clone(app), log.clone(), plan, Arc::default(), index, index + 1).await?;
    let Some(row) = std::mem::take(&mut page.entries).pop() else {
        return Ok(None);
    };
    let read = page.open(&row, Some(record));
    let Some(read) = read.filter(Read::is_whole) else {
        return Ok(None);
    };
    Ok(Some(Opened {
        log: log.clone(),
        row: record.clone(),
        acknowledged: Acknowledged {
            origin: log.origin.clone(),
            index: row.index,
            entry: row.entry,
            documents: read.documents,
            receipt: String::new(),
            logged_seconds: read.entry.logged_seconds(),
        },
        entry: read.entry,
        gone: Gone::Nothing,
    }))
}

/// Rows, or none where they are not what they should be; `unreadable` hears of it.
fn some<T>(read: Result<Vec<T>, StoreError>, unreadable: impl FnOnce(&'static str)) -> Result<Vec<T>, AppError> {
    match read {
        Ok(rows) => Ok(rows),
        Err(StoreError::Corrupt(what)) => {
            unreadable(what);
            Ok(Vec::new())
        }
        Err(error) => Err(error.into()),
    }
}
