//! Who read what: a row before each answer, the root of each hour's rows in the log, and the list for one case.

use std::collections::{BTreeMap, BTreeSet};

use super::App;
use super::caller::Caller;
use super::case_file::CaseFile;
use super::command::ListAccesses;
use super::damage::Damage;
use super::error::AppError;
use super::hour::{StatedHour, is_as_hashed};
use super::paging::{rows, text};
use super::record::{About, Asked};
use super::result::{AccessProof, AccessSeen, Listed};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::merkle::{Appended, CompactTree, leaf_hash, prove_inclusion, verify_inclusion};
use crate::log::record::EntryKind;
use crate::log::sequencer::Effects;
use crate::log::{Hash, LogIndex, RecordId};
use crate::store::{AccessCursor, AccessPlace, AccessRow, CaseHeadRow, LogId, RecordRow, RequestKey};

/// An hour, whose rows have one root.
const HOUR_MS: i64 = 3_600_000;

/// How far back a closing looks for rows that came late; the first of a process looks at everything. No insert waits
/// for longer than a lock may be held, which is seconds.
const LATE_MS: i64 = 2 * HOUR_MS;

/// Rows of one root: a tree of them is built in memory for a proof. More in an hour have several roots.
const ACCESS_ROW_COUNT_MAX: i64 = 65_536;

/// Who the service itself is among callers: no caller's name has brackets.
pub(super) const SERVICE: &str = "(service)";

/// The trees of one page of a list, so that neighbours do not read a tree twice.
type Trees = Option<((LogId, LogIndex), Appended)>;

crate::rules::outcome::codes! {
    /// What a record was read for: the call that read it.
    Purpose {
        /// GetDetermination.
        GetDetermination = "get_determination",
        /// ListDeterminations.
        ListDeterminations = "list_determinations",
        /// ListDueReviews.
        ListDueReviews = "list_due_reviews",
        /// ListGracePeriods.
        ListGracePeriods = "list_grace_periods",
        /// ListFindings.
        ListFindings = "list_findings",
        /// GetEntry with documents.
        GetEntry = "get_entry",
        /// Replay.
        Replay = "replay",
        /// A decision of a named case with `validate_only`: it shows what would come out of what the case knows.
        DryRun = "dry_run",
        /// OpenDocuments.
        OpenDocuments = "open_documents",
        /// OpenDocuments with the identity.
        OpenIdentity = "open_identity",
    }
}

/// How far the hours of accesses are closed. It begins with everything open: rows of an earlier process may be.
#[derive(Default)]
pub(super) struct HoursClosed {
    /// What was there of the time before is closed, Unix milliseconds, in every area but those that are behind.
    until_ms: i64,
    /// Areas that still have open rows, each with the time from which it may have them.
    behind: BTreeMap<AreaCode, i64>,
}

/// What came of closing one hour.
enum HourClosing {
    /// It is closed; there may be another one.
    Closed,
    /// None was open.
    NoneOpen,
    /// Another replica closed rows first: the next call sees what is left.
    Raced,
}

/// One read of one case.
pub(super) struct Read<'a> {
    pub(super) case_id: &'a str,
    pub(super) record: Option<RecordId>,
    pub(super) opening: Option<RecordId>,
}

impl App {
    /// Records that records were read, before they are shown. What concerns no case needs no row.
    pub(super) async fn accessed<'a>(
        &self,
        caller: &Caller,
        purpose: Purpose,
        records: impl IntoIterator<Item = &'a RecordRow>,
    ) -> Result<(), AppError> {
        let mut made = Vec::new();
        for row in records {
            let Some(case_id) = &row.case_id else { continue };
            let read = Read {
                case_id,
                record: Some(row.record_id),
                opening: None,
            };
            made.push(self.access_row(caller, purpose, row.area, &read)?);
        }
        Ok(self.store.record_accesses(&made).await?)
    }

    /// Records that the states of cases were read, before they are shown.
    pub(super) async fn heads_accessed(
        &self,
        caller: &Caller,
        purpose: Purpose,
        heads: &[CaseHeadRow],
    ) -> Result<(), AppError> {
        let mut made = Vec::with_capacity(heads.len());
        for head in heads {
            let read = Read {
                case_id: &head.case_id,
                record: None,
                opening: None,
            };
            made.push(self.access_row(caller, purpose, head.area, &read)?);
        }
        Ok(self.store.record_accesses(&made).await?)
    }

    /// Records that a case was tried on, before what would be decided of it is shown. A case that does not exist yet has
    /// nothing that is read.
    pub(super) async fn tried(&self, caller: &Caller, file: &CaseFile) -> Result<(), AppError> {
        if file.version == 0 {
            return Ok(());
        }
        let read = Read {
            case_id: &file.name.case.to_string(),
            record: None,
            opening: None,
        };
        let row = self.access_row(caller, Purpose::DryRun, file.name.area, &read)?;
        Ok(self.store.record_accesses(&[row]).await?)
    }

    /// A row, unlike any other by its nonce: the neighbours in a proof tell nothing of what they are.
    pub(super) fn access_row(
        &self,
        caller: &Caller,
        purpose: Purpose,
        area: AreaCode,
        read: &Read<'_>,
    ) -> Result<AccessRow, AppError> {
        let at_ms = self.clock.now_ms();
        let mut members = vec![
            ("v", Json::Int(1)),
            ("at", Json::Int(at_ms)),
            ("by", caller.principal.as_str().into()),
            ("case", read.case_id.into()),
            ("purpose", purpose.code().into()),
            ("nonce", hex::encode(self.vault.random_id()?).into()),
        ];
        members.extend(read.record.map(|record| ("record", record.to_string().into())));
        members.extend(read.opening.map(|opening| ("opening", opening.to_string().into())));
        let content = Json::object(members).to_bytes();
        Ok(AccessRow {
            leaf_hash: leaf_hash(&content),
            area,
            case_id: read.case_id.to_owned(),
            at_ms,
            content,
        })
    }

    /// Puts the root of every hour that ended into the log of its area. Says how many entries were written.
    ///
    /// # Errors
    /// [`AppError`], the first of all areas; the rows stay, and the next call closes their hours. Other areas are closed
    /// all the same.
    pub async fn close_access_hours(&self) -> Result<u64, AppError> {
        self.close_access_hours_before(self.clock.now_ms()).await
    }

    /// The same for the hours that ended before `now_ms`.
    pub(crate) async fn close_access_hours_before(&self, now_ms: i64) -> Result<u64, AppError> {
        let until = now_ms.div_euclid(HOUR_MS) * HOUR_MS;
        let mut closed = self.hours_closed.lock().await;
        let from = closed.until_ms.min(until) - HOUR_MS - LATE_MS;
        let found = self.store.areas_with_open_accesses(from, until).await?;
        let areas: BTreeSet<AreaCode> = found.into_iter().chain(closed.behind.keys().copied()).collect();
        let mut written = 0;
        let mut failed = None;
        for area in areas {
            let from = closed.behind.get(&area).copied().unwrap_or(from);
            // Behind until it is done, so that nothing is lost where this ends half-way.
            closed.behind.insert(area, from);
            match self.close_hours(area, from, until, &mut written).await {
                Ok(true) => {
                    closed.behind.remove(&area);
                }
                Ok(false) => {}
                // One log that takes nothing must not keep the others open.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        closed.until_ms = until;
        failed.map_or(Ok(written), Err)
    }

    /// Closes the open hours of an area; whether none is left.
    async fn close_hours(&self, area: AreaCode, from: i64, until: i64, written: &mut u64) -> Result<bool, AppError> {
        loop {
            match self.close_hour(area, from, until).await? {
                HourClosing::Closed => *written += 1,
                HourClosing::NoneOpen => return Ok(true),
                HourClosing::Raced => return Ok(false),
            }
        }
    }

    /// Closes the first open hour of an area.
    async fn close_hour(&self, area: AreaCode, from: i64, until: i64) -> Result<HourClosing, AppError> {
        let log = self.log_of(area, crate::log::TreeSize::EMPTY).await?;
        // Read before the rows: whoever closes in between takes the request id that follows from it.
        let previous = self.store.newest_access_entry(log.log_id).await?;
        let open = self
            .store
            .open_accesses(area, from, until, ACCESS_ROW_COUNT_MAX)
            .await?;
        let Some(first) = open.first() else {
            return Ok(HourClosing::NoneOpen);
        };
        let hour = first.at_ms.div_euclid(HOUR_MS) * HOUR_MS;
        let leaves: Vec<Hash> = open
            .iter()
            .take_while(|row| row.at_ms < hour + HOUR_MS)
            .map(|row| row.leaf_hash)
            .collect();
        let mut members = vec![
            ("v", Json::Int(1)),
            ("from", Json::Int(hour / 1000)),
            ("to", Json::Int((hour + HOUR_MS) / 1000)),
            ("count", Json::integer(leaves.len() as i128)),
            ("root", tree(&leaves).tree().root().to_string().into()),
        ];
        members.extend(previous.map(|index| ("previous", Json::integer(index.get().into()))));
        let document = Json::object(members).to_bytes();
        let after = previous.map_or_else(|| "none".to_owned(), |index| index.get().to_string());
        let asked = Asked {
            key: RequestKey {
                area,
                caller: SERVICE.to_owned(),
                request_id: format!("access/{}/{after}", log.origin.epoch()),
            },
            command: document.clone(),
            trace_id: None,
        };
        let about = About {
            effects: Effects {
                access_leaves: leaves,
                ..Effects::default()
            },
            ..About::default()
        };
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let documents = [("access", document)];
        match self
            .append_about(&asked, record_id, EntryKind::Access, &documents, about)
            .await
        {
            Ok(Ok(_)) => Ok(HourClosing::Closed),
            // Another replica closed other rows first.
            Ok(Err(_)) | Err(AppError::RequestIdReused) => Ok(HourClosing::Raced),
            Err(error) => Err(error),
        }
    }

    /// Lists who read a case, oldest first, with the proof of each row whose hour is closed.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn list_accesses(&self, command: ListAccesses) -> Result<Listed<AccessSeen>, AppError> {
        let case = command.case;
        self.case_row(case).await?;
        let scope = Json::object([("list", Json::from("accesses")), ("case", case.to_string().into())]);
        let after = match self.cursor(&scope, &command.page)? {
            None => None,
            Some(cursor) => Some(cursor_of(&cursor)?),
        };
        let case_id = case.case.to_string();
        let limit = rows(&command.page);
        let found = self.store.accesses_of_case(case.area, &case_id, after, limit).await?;
        let cursor = |(row, _): &(AccessRow, Option<AccessPlace>)| {
            let (at, leaf) = (row.at_ms.to_string(), row.leaf_hash.to_string());
            Json::object([("at", Json::from(at)), ("leaf", leaf.into())])
        };
        let listed = self.page(&scope, &command.page, found, cursor, |row| row)?;
        let mut items = Vec::with_capacity(listed.items.len());
        let mut trees: Trees = None;
        for (row, place) in listed.items {
            let proof = match place {
                None => None,
                Some(place) => Some(self.access_proof(&row, place, &mut trees).await?),
            };
            items.push(AccessSeen {
                at_ms: row.at_ms,
                content: row.content,
                leaf_hash: row.leaf_hash,
                proof,
            });
        }
        Ok(Listed {
            items,
            next: listed.next,
        })
    }

    /// The proof of a row under the root that its ACCESS entry states; damage where the entry states another one.
    async fn access_proof(
        &self,
        row: &AccessRow,
        place: AccessPlace,
        trees: &mut Trees,
    ) -> Result<AccessProof, AppError> {
        let key = (place.log_id, place.index);
        let damaged = || AppError::from(Damage::of_accesses(place.log_id, place.index));
        if trees.as_ref().is_none_or(|(held, _)| *held != key) {
            *trees = Some((key, self.stated_tree(place).await?));
        }
        let (_, tree) = trees.as_ref().ok_or_else(damaged)?;
        let (size, root) = (tree.tree().size(), tree.tree().root());
        let ordinal = LogIndex::new(place.ordinal).map_err(|_| damaged())?;
        let hashes = prove_inclusion(tree, ordinal, size).map_err(|_| damaged())?;
        verify_inclusion(&row.leaf_hash, ordinal, size, &hashes, &root).map_err(|_| damaged())?;
        if !is_as_hashed(row) {
            return Err(damaged());
        }
        Ok(AccessProof {
            origin: self.log_row(place.log_id).await?.origin,
            entry: place.index,
            position: place.ordinal,
            count: size.get(),
            hashes,
            root,
        })
    }

    /// The tree over the rows that stand under an ACCESS entry. The rows are beside the log: only where they give the
    /// number and the root that the entry states do they prove anything.
    async fn stated_tree(&self, place: AccessPlace) -> Result<Appended, AppError> {
        let damaged = || AppError::from(Damage::of_accesses(place.log_id, place.index));
        let entry = self.record_at(place.log_id, place.index).await?;
        if entry.entry.kind().known() != Some(EntryKind::Access) {
            return Err(damaged());
        }
        let stated = StatedHour::of(&entry.json("access")?).ok_or_else(damaged)?;
        let built = tree(&self.store.access_leaves(place.log_id, place.index).await?);
        if (built.tree().size().get(), built.tree().root()) != (stated.count, stated.root) {
            return Err(damaged());
        }
        Ok(built)
    }
}

/// The tree over the rows of an hour: RFC 9162, as the log's own.
fn tree(leaves: &[Hash]) -> Appended {
    let mut tree = Appended::after(CompactTree::empty());
    for leaf in leaves {
        tree.append(*leaf);
    }
    tree
}

fn cursor_of(cursor: &Json) -> Result<AccessCursor, AppError> {
    let at = text(cursor, "at")?.parse().map_err(|_| AppError::PageToken)?;
    Ok((at, text(cursor, "leaf")?.parse().map_err(|_| AppError::PageToken)?))
}
