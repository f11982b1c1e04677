//! What one commit writes to one log, table by table.

use super::StoreError;
use super::driver::{Insert, Transaction, exactly};
use super::rows::{
    AccessPlace, AccessRow, CaseHeadRow, CaseMarkRow, CheckpointRow, DataKeyRow, DocumentRow, EntryRow, ErasedKeyRow,
    HeadRow, LogId, PersonRow, PolicyRow, RecordRow, RequestRow, SpanRow, TileRow,
};
use super::value::{Column, Value};
use crate::area::AreaCode;
use crate::log::{Hash, LogIndex, TreeSize};

/// All rows of one commit.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The log.
    pub log_id: LogId,
    /// Its area.
    pub area: AreaCode,
    /// Size before the batch; the head must still have it.
    pub size_before: TreeSize,
    /// The head after the batch.
    pub head: HeadRow,
    /// The checkpoint of the new head.
    pub checkpoint: CheckpointRow,
    /// Entries, in order.
    pub entries: Vec<EntryRow>,
    /// Documents with their entry, in the entry's order.
    pub documents: Vec<(LogIndex, DocumentRow)>,
    /// Tiles that the batch fills.
    pub tiles: Vec<TileRow>,
    /// New data keys.
    pub data_keys: Vec<DataKeyRow>,
    /// Requests that are answered by these entries.
    pub requests: Vec<RequestRow>,
    /// Records of the entries.
    pub records: Vec<RecordRow>,
    /// Documents of law that come into use.
    pub policies: Vec<PolicyRow>,
    /// Case heads, each with its new version.
    pub cases: Vec<CaseHeadRow>,
    /// Cases whose spans are replaced by those in `spans`.
    pub span_cases: Vec<String>,
    /// Spans of those cases.
    pub spans: Vec<SpanRow>,
    /// Persons to register: the HMAC of an ID number and the person id, once for all cases.
    pub links: Vec<(String, String)>,
    /// Cases that met them for the first time.
    pub persons: Vec<PersonRow>,
    /// What erasures and restrictions make of cases.
    pub marks: Vec<CaseMarkRow>,
    /// Keys that ERASURE entries name.
    pub erased_keys: Vec<ErasedKeyRow>,
    /// What the entries themselves give to read.
    pub accesses: Vec<AccessRow>,
    /// Rows of accesses that stand under an ACCESS entry of this batch.
    pub access_places: Vec<(Hash, AccessPlace)>,
    /// Entries with the trace of the call that made each.
    pub traces: Vec<(LogIndex, String)>,
}

/// A column of integers, one from each row.
fn ints<T>(rows: &[T], of: impl Fn(&T) -> i64) -> Column {
    Column::Ints(rows.iter().map(of).collect())
}

/// A column of texts.
fn texts<T>(rows: &[T], of: impl Fn(&T) -> String) -> Column {
    Column::Texts(rows.iter().map(of).collect())
}

/// A column of texts that may be absent.
fn maybe_texts<T>(rows: &[T], of: impl Fn(&T) -> Option<String>) -> Column {
    Column::MaybeTexts(rows.iter().map(of).collect())
}

/// A column of bytes.
fn bytes<T>(rows: &[T], of: impl Fn(&T) -> Vec<u8>) -> Column {
    Column::Bytes(rows.iter().map(of).collect())
}

/// Positions and counts are far below 2^63 (`POSITION_MAX`).
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl Batch {
    /// Writes every table, the head last.
    pub(super) async fn write(self, tx: &mut dyn Transaction) -> Result<(), StoreError> {
        let log_id = self.log_id.0;
        self.forget_spans(tx).await?;
        let mut inserts = self.log_rows();
        inserts.extend(self.projection_rows());
        inserts.retain(|insert| !insert.is_empty());
        tx.insert(inserts).await?;
        self.mark_cases(tx).await?;
        let head = "UPDATE log_head SET size = $1, compact = $2, root = $3, last_time_ms = $4 \
                    WHERE log_id = $5 AND size = $6";
        let args = vec![
            Value::Int(signed(self.head.size.get())),
            Value::Bytes(self.head.compact),
            Value::Bytes(self.head.root.as_bytes().to_vec()),
            Value::Int(self.head.last_time_ms),
            Value::Int(log_id),
            Value::Int(signed(self.size_before.get())),
        ];
        exactly(tx.change(head, args).await?, 1)
    }

    /// What the log itself is made of.
    fn log_rows(&self) -> Vec<Insert> {
        let log_id = self.log_id.0;
        let mut inserts = Vec::new();
        let rows = &self.entries;
        let columns = vec![
            ints(rows, |_| log_id),
            ints(rows, |row| signed(row.index.get())),
            bytes(rows, |row| row.entry.clone()),
            bytes(rows, |row| row.leaf_hash.as_bytes().to_vec()),
        ];
        inserts.push(Insert::new("log_entry (log_id, idx, entry, leaf_hash)", columns));
        let rows = &self.documents;
        // The ordinal counts within one entry; the rows of an entry stand together.
        let ordinals = rows
            .chunk_by(|a, b| a.0 == b.0)
            .flat_map(|of_entry| (0_i64..).take(of_entry.len()));
        let columns = vec![
            ints(rows, |_| log_id),
            ints(rows, |(index, _)| signed(index.get())),
            Column::Ints(ordinals.collect()),
            texts(rows, |(_, row)| row.name.clone()),
            maybe_texts(rows, |(_, row)| row.key_ref.clone()),
            bytes(rows, |(_, row)| row.bytes.clone()),
        ];
        inserts.push(Insert::new(
            "document (log_id, idx, ordinal, name, key_ref, bytes)",
            columns,
        ));
        let rows = &self.tiles;
        let columns = vec![
            ints(rows, |_| log_id),
            ints(rows, |row| i64::from(row.level)),
            ints(rows, |row| signed(row.n)),
            bytes(rows, |row| row.hashes.clone()),
            bytes(rows, |row| row.root.as_bytes().to_vec()),
        ];
        inserts.push(Insert::new("log_tile (log_id, level, n, hashes, root)", columns));
        let rows = std::slice::from_ref(&self.checkpoint);
        let columns = vec![
            ints(rows, |_| log_id),
            ints(rows, |row| signed(row.size.get())),
            bytes(rows, |row| row.root.as_bytes().to_vec()),
            texts(rows, |row| row.note.clone()),
            ints(rows, |row| row.signed_ms),
        ];
        inserts.push(Insert::new(
            "log_checkpoint (log_id, size, root, note, signed_ms)",
            columns,
        ));
        let rows = &self.data_keys;
        let columns = vec![
            texts(rows, |row| row.key_ref.clone()),
            bytes(rows, |row| row.wrapped.clone().unwrap_or_default()),
            texts(rows, |row| row.kek_id.clone()),
            maybe_texts(rows, |row| row.retain_until.as_ref().map(ToString::to_string)),
        ];
        inserts.push(Insert::new(
            "data_key (key_ref, wrapped, kek_id, retain_until)",
            columns,
        ));
        let rows = &self.requests;
        let columns = vec![
            texts(rows, |row| row.key.area.to_string()),
            texts(rows, |row| row.key.caller.clone()),
            texts(rows, |row| row.key.request_id.clone()),
            bytes(rows, |row| row.digest.clone()),
            ints(rows, |row| row.log_id.0),
            ints(rows, |row| signed(row.index.get())),
            ints(rows, |row| signed(row.first_size.get())),
        ];
        let table = "request (area, caller, request_id, request_digest, log_id, idx, first_size)";
        inserts.push(Insert::new(table, columns));
        inserts
    }

    /// What is read out of entries so that it is found.
    fn projection_rows(&self) -> Vec<Insert> {
        let mut inserts = Vec::new();
        let rows = &self.records;
        let columns = vec![
            ints(rows, |row| row.log_id.0),
            ints(rows, |row| signed(row.index.get())),
            texts(rows, |row| row.area.to_string()),
            texts(rows, |row| row.record_id.to_string()),
            maybe_texts(rows, |row| row.case_id.clone()),
            texts(rows, |row| row.kind.clone()),
        ];
        inserts.push(Insert::new(
            "record (log_id, idx, area, record_id, case_id, kind)",
            columns,
        ));
        let rows = &self.traces;
        let columns = vec![
            ints(rows, |_| self.log_id.0),
            ints(rows, |(index, _)| signed(index.get())),
            texts(rows, |(_, trace_id)| trace_id.clone()),
        ];
        inserts.push(Insert::new("record_trace (log_id, idx, trace_id)", columns));
        let rows = &self.policies;
        let columns = vec![
            ints(rows, |row| row.log_id.0),
            ints(rows, |row| signed(row.index.get())),
            texts(rows, |row| row.policy_id.clone()),
            texts(rows, |row| row.document_area.to_string()),
            texts(rows, |row| row.kind.clone()),
            bytes(rows, |row| row.digest.as_bytes().to_vec()),
        ];
        inserts.push(Insert::new(
            "policy_document (log_id, idx, policy_id, document_area, kind, digest)",
            columns,
        ));
        inserts.push(self.case_rows());
        inserts.extend(self.person_rows());
        inserts.push(access_rows(&self.accesses));
        inserts.extend(self.erasure_rows());
        inserts
    }

    /// Case heads, each guarded by the version before.
    fn case_rows(&self) -> Insert {
        let rows = &self.cases;
        let columns = vec![
            texts(rows, |row| row.area.to_string()),
            texts(rows, |row| row.case_id.clone()),
            ints(rows, |row| signed(row.version)),
            ints(rows, |row| row.last_log_id.0),
            ints(rows, |row| signed(row.last_index.get())),
            texts(rows, |row| row.identity_key_ref.clone()),
            texts(rows, |row| row.content_key_ref.clone()),
            bytes(rows, |row| row.state.clone()),
            maybe_texts(rows, |row| row.next_due.as_ref().map(ToString::to_string)),
            maybe_texts(rows, |row| row.grace_end_month.as_ref().map(ToString::to_string)),
            maybe_texts(rows, |row| row.township.as_ref().map(ToString::to_string)),
        ];
        let table = "case_head (area, case_id, version, last_log_id, last_idx, identity_key_ref, content_key_ref, \
                     state, next_due, grace_end_month, township)";
        let tail = "ON CONFLICT (area, case_id) DO UPDATE SET version = excluded.version, \
                    last_log_id = excluded.last_log_id, last_idx = excluded.last_idx, \
                    identity_key_ref = excluded.identity_key_ref, content_key_ref = excluded.content_key_ref, \
                    state = excluded.state, next_due = excluded.next_due, \
                    grace_end_month = excluded.grace_end_month, township = excluded.township \
                    WHERE case_head.version = excluded.version - 1";
        Insert { table, columns, tail }
    }

    /// Takes away the spans of the cases that set theirs anew.
    async fn forget_spans(&self, tx: &mut dyn Transaction) -> Result<(), StoreError> {
        if self.span_cases.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "DELETE FROM person_span WHERE area = $1 AND case_id {}",
            tx.dialect().among(2)
        );
        let args = vec![
            Value::Text(self.area.to_string()),
            Value::Texts(self.span_cases.clone()),
        ];
        tx.change(&sql, args).await.map(drop)
    }

    fn person_rows(&self) -> Vec<Insert> {
        let mut inserts = Vec::new();
        // Of two that register one person at once the second meets the first one's row here.
        let rows = &self.links;
        let columns = vec![
            texts(rows, |(hmac, _)| hmac.clone()),
            texts(rows, |(_, person_id)| person_id.clone()),
        ];
        inserts.push(Insert::new("person_link (hmac, person_id)", columns));
        let rows = &self.persons;
        let columns = vec![
            texts(rows, |row| row.hmac.clone()),
            texts(rows, |row| row.person_id.clone()),
            texts(rows, |row| row.key_ref.clone()),
        ];
        inserts.push(Insert::new("person_map (hmac, person_id, key_ref)", columns));
        let rows = &self.spans;
        let columns = vec![
            texts(rows, |row| row.person_id.clone()),
            texts(rows, |row| row.from.to_string()),
            maybe_texts(rows, |row| row.to.as_ref().map(ToString::to_string)),
            texts(rows, |row| row.programme.clone()),
            texts(rows, |row| row.area.to_string()),
            texts(rows, |row| row.case_id.clone()),
        ];
        inserts.push(Insert::new(
            "person_span (person_id, from_month, to_month, programme, area, case_id)",
            columns,
        ));
        inserts
    }

    fn erasure_rows(&self) -> Vec<Insert> {
        let mut inserts = Vec::new();
        let rows = &self.access_places;
        let columns = vec![
            bytes(rows, |(leaf, _)| leaf.as_bytes().to_vec()),
            ints(rows, |(_, place)| place.log_id.0),
            ints(rows, |(_, place)| signed(place.index.get())),
            ints(rows, |(_, place)| signed(place.ordinal)),
        ];
        inserts.push(Insert::new("access_place (leaf_hash, log_id, idx, ordinal)", columns));
        let rows = &self.erased_keys;
        let columns = vec![
            texts(rows, |row| row.key_ref.clone()),
            ints(rows, |row| row.log_id.0),
            ints(rows, |row| signed(row.index.get())),
        ];
        inserts.push(Insert::new("erased_key (key_ref, log_id, idx)", columns));
        inserts
    }

    /// What erasures and restrictions make of cases.
    async fn mark_cases(&self, tx: &mut dyn Transaction) -> Result<(), StoreError> {
        // A row each: few batches hold one, hardly any holds two.
        for mark in &self.marks {
            let none_or = |scope: Option<super::rows::CaseScope>| {
                Value::Text(scope.map_or("", super::rows::CaseScope::code).to_owned())
            };
            let sql = "UPDATE case_head SET erased = nullif($3, ''), restricted = nullif($4, '') \
                       WHERE area = $1 AND case_id = $2";
            let args = vec![
                Value::Text(mark.area.to_string()),
                Value::Text(mark.case_id.clone()),
                none_or(mark.erased),
                none_or(mark.restricted),
            ];
            exactly(tx.change(sql, args).await?, 1)?;
        }
        Ok(())
    }
}

/// Rows of accesses.
pub(super) fn access_rows(rows: &[AccessRow]) -> Insert {
    let columns = vec![
        bytes(rows, |row| row.leaf_hash.as_bytes().to_vec()),
        texts(rows, |row| row.area.to_string()),
        texts(rows, |row| row.case_id.clone()),
        ints(rows, |row| row.at_ms),
        bytes(rows, |row| row.content.clone()),
    ];
    Insert::new("access (leaf_hash, area, case_id, at_ms, content)", columns)
}
