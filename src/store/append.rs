//! The transaction that appends a batch to one log, or to several: lock the head, look up, write, commit.
//!
//! The order of calls is the sequencer's; here is only what each step reads and writes.

use std::collections::BTreeMap;

use super::StoreError;
use super::batch::Batch;
use super::driver::{Dialect, Insert, Store, Transaction};
use super::read_case::{SPAN, person_row, span_row};
use super::read_log::{HEAD, LEAVES, TILE_ROOTS, blocks, count, every, hash, head_row, int, log_index, one, tree_size};
use super::read_record::{NEWEST_POLICY, REQUEST_COLUMNS, RecordCursor, request_row};
use super::rows::{CheckpointRow, HeadRow, LogId, LogRow, PersonRow, RequestRow, SpanRow};
use super::value::{Column, Value};
use crate::area::AreaCode;
use crate::log::Hash;
use crate::log::merkle::NodeId;

/// A transaction that appends. Dropped without commit it leaves nothing behind.
pub struct Append {
    tx: Box<dyn Transaction>,
}

/// The head of a log, locked until commit, and what it is checked against.
#[derive(Clone, Debug)]
pub struct Locked {
    /// The head.
    pub head: HeadRow,
    /// The newest checkpoint; nothing only in a log without entries.
    pub checkpoint: Option<CheckpointRow>,
    /// The database's own clock, Unix milliseconds; nothing for SQLite, which runs in our process.
    pub database_ms: Option<i64>,
    /// The open log of the area. Another one than ours: ours was closed by a new epoch.
    pub open_log: LogId,
}

/// What a batch wants to know before it decides which of its items stand.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Caller and request id of each item.
    pub requests: Vec<(String, String)>,
    /// Cases that the items change.
    pub case_ids: Vec<String>,
    /// HMACs of ID numbers that the items register.
    pub hmacs: Vec<String>,
    /// Persons whose spans the items set.
    pub person_ids: Vec<String>,
    /// The log whose newest document of law is asked for, if an item adds one.
    pub policies_of: Option<LogId>,
}

/// What the database has of it.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Requests that have appended before.
    pub requests: Vec<RequestRow>,
    /// Cases that exist, with their versions.
    pub case_versions: Vec<(String, u64)>,
    /// Persons that are registered.
    pub persons: Vec<PersonRow>,
    /// Spans of those persons in any case.
    pub spans: Vec<SpanRow>,
    /// The newest POLICY entry of the log that was asked for.
    pub newest_policy: Option<RecordCursor>,
}

impl dyn Store {
    /// Begins a transaction that will append.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn append(&self) -> Result<Append, StoreError> {
        Ok(Append {
            tx: self.begin().await?,
        })
    }
}

impl Append {
    /// Marks a place to which one log's part of the transaction can go back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mark(&mut self) -> Result<(), StoreError> {
        self.tx.change("SAVEPOINT share", Vec::new()).await.map(drop)
    }

    /// Keeps what was written since the mark, or takes it back. An error ends the transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle(&mut self, keep: bool) -> Result<(), StoreError> {
        if !keep {
            self.tx.change("ROLLBACK TO SAVEPOINT share", Vec::new()).await?;
        }
        self.tx.change("RELEASE SAVEPOINT share", Vec::new()).await.map(drop)
    }

    /// Opens a log without entries. The first of two replicas wins; the other meets
    /// [`StoreError::Conflict`] and finds the log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_log(&mut self, log: &LogRow, head: &HeadRow) -> Result<(), StoreError> {
        let columns = vec![
            Column::Ints(vec![log.log_id.0]),
            Column::Texts(vec![log.origin.area().to_string()]),
            Column::Ints(vec![i64::from(log.origin.epoch())]),
            Column::Texts(vec![log.origin.to_string()]),
            Column::Ints(vec![log.opened_ms]),
        ];
        let known = "SELECT log_id FROM log WHERE log_id = $1";
        if !self.tx.read(known, vec![Value::Int(log.log_id.0)]).await?.is_empty() {
            return Err(StoreError::Conflict);
        }
        let log_row = Insert::new("log (log_id, area, epoch, origin, opened_ms)", columns);
        let columns = vec![
            Column::Ints(vec![log.log_id.0]),
            Column::Ints(vec![0]),
            Column::Bytes(vec![head.compact.clone()]),
            Column::Bytes(vec![head.root.as_bytes().to_vec()]),
            Column::Ints(vec![head.last_time_ms]),
        ];
        let empty_head = Insert::new("log_head (log_id, size, compact, root, last_time_ms)", columns);
        self.tx.insert(vec![log_row, empty_head]).await
    }

    /// Locks the head of a log until commit. Waits for another replica's batch, and so also for
    /// the end of a transaction whose outcome is unknown to us.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Corrupt`] for a log without head.
    pub async fn lock(&mut self, log_id: LogId, area: AreaCode) -> Result<Locked, StoreError> {
        let dialect = self.tx.dialect();
        let sql = format!("{HEAD}{}", dialect.for_update());
        let head = one(self.tx.read(&sql, vec![Value::Int(log_id.0)]).await?, head_row)?
            .ok_or(StoreError::Corrupt("a log has no head"))?;
        // After the lock and not with it: the clock must not be read before a wait.
        let sql = format!(
            "SELECT {}, (SELECT log_id FROM log WHERE area = $2 ORDER BY epoch DESC LIMIT 1), \
             c.size, c.root, c.note, c.signed_ms \
             FROM (SELECT 1 AS one) AS always LEFT JOIN (SELECT size, root, note, signed_ms FROM log_checkpoint \
             WHERE log_id = $1 ORDER BY size DESC LIMIT 1) AS c ON true",
            dialect.now_ms()
        );
        let rows = self
            .tx
            .read(&sql, vec![Value::Int(log_id.0), Value::Text(area.to_string())])
            .await?;
        let mut row = rows.into_iter().next().ok_or(StoreError::Corrupt("a log has no row"))?;
        let database_ms = row.maybe_int(0)?;
        let open_log = LogId(row.int(1)?);
        let checkpoint = match row.maybe_text(4)? {
            None => None,
            Some(note) => Some(CheckpointRow {
                size: tree_size(&mut row, 2)?,
                root: hash(&mut row, 3)?,
                note,
                signed_ms: row.int(5)?,
            }),
        };
        Ok(Locked {
            head,
            checkpoint,
            database_ms,
            open_log,
        })
    }

    /// Looks up what the batch asks. In PostgreSQL it locks the persons until commit, because one
    /// person's spans may be written from two areas at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn look_up(&mut self, area: AreaCode, ask: &Ask) -> Result<Known, StoreError> {
        let args = vec![
            Value::Text(area.to_string()),
            Value::Texts(ask.requests.iter().map(|(caller, _)| caller.clone()).collect()),
            Value::Texts(ask.requests.iter().map(|(_, id)| id.clone()).collect()),
            Value::Texts(ask.case_ids.clone()),
            Value::Texts(ask.hmacs.clone()),
        ];
        let dialect = self.tx.dialect();
        let mut known = Known::default();
        for mut row in self.tx.read(&asked(dialect), args).await? {
            let kind = row.part(1).map(|mut kind| kind.text(0)).transpose()?;
            match kind.as_deref() {
                Some(REQUEST) => known.requests.push(request_row(&mut row)?),
                Some(CASE) => known.case_versions.push((row.text(0)?, count(&mut row, 4)?)),
                Some(PERSON) => known.persons.push(person_row(&mut row)?),
                Some(_) | None => return Err(StoreError::Corrupt("a row is of no kind that was asked for")),
            }
        }
        if !ask.person_ids.is_empty() {
            self.lock_persons(&ask.person_ids).await?;
            // After the lock and not with it: a statement sees what stood when it began.
            let sql = format!("{SPAN} WHERE person_id {}", dialect.among(1));
            let rows = self.tx.read(&sql, vec![Value::Texts(ask.person_ids.clone())]).await?;
            known.spans = every(rows, span_row)?;
        }
        if let Some(log_id) = ask.policies_of {
            // Under the head's lock no other POLICY entry comes into this log.
            let rows = self.tx.read(NEWEST_POLICY, vec![Value::Int(log_id.0)]).await?;
            known.newest_policy = one(rows, |row| Ok((log_id, log_index(row, 0)?)))?;
        }
        Ok(known)
    }

    async fn lock_persons(&mut self, person_ids: &[String]) -> Result<(), StoreError> {
        match self.tx.dialect() {
            // The transaction is the only writer.
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => {
                // In order, so that two batches do not wait for each other.
                let mut ordered = person_ids.to_vec();
                ordered.sort();
                ordered.dedup();
                let turns = vec![1; ordered.len()];
                let columns = vec![Column::Texts(ordered), Column::Ints(turns)];
                let turns = Insert {
                    table: "person_lock (person_id, turns)",
                    columns,
                    tail: "ON CONFLICT (person_id) DO UPDATE SET turns = person_lock.turns + 1",
                };
                self.tx.insert(vec![turns]).await
            }
        }
    }

    /// The complete subtrees of a proof's plan, as `dyn Store` gives them; without a second connection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn nodes(&mut self, log_id: LogId, plan: &[NodeId]) -> Result<BTreeMap<NodeId, Hash>, StoreError> {
        let mut found = BTreeMap::new();
        for block in blocks(plan) {
            let (sql, args) = block.query(log_id);
            found.extend(block.nodes_of(self.tx.read(sql, args).await?)?);
        }
        Ok(found)
    }

    /// The leaf hashes `from..to`, for a tile that this batch completes.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Corrupt`] if one is missing.
    pub async fn leaf_hashes(&mut self, log_id: LogId, from: u64, to: u64) -> Result<Vec<Hash>, StoreError> {
        let rows = self
            .tx
            .read(LEAVES, vec![Value::Int(log_id.0), int(from), int(to)])
            .await?;
        complete(every(rows, |row| hash(row, 0))?, to - from)
    }

    /// The hashes `from..to` of tile level `level`, which is above 0, for a tile that this batch
    /// completes.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Corrupt`] if one is missing.
    pub async fn tile_roots(&mut self, log_id: LogId, level: u8, from: u64, to: u64) -> Result<Vec<Hash>, StoreError> {
        let args = vec![Value::Int(log_id.0), Value::Int(i64::from(level)), int(from), int(to)];
        complete(
            every(self.tx.read(TILE_ROOTS, args).await?, |row| hash(row, 0))?,
            to - from,
        )
    }

    /// Writes the whole batch; the head last, guarded by its old size.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Conflict`] if the head or a case moved.
    pub async fn write(&mut self, batch: Batch) -> Result<(), StoreError> {
        batch.write(self.tx.as_mut()).await
    }

    /// Commits. [`StoreError::Unknown`]: read again under the lock before writing anything.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }
}

/// What a row of [`asked`] is.
const REQUEST: &str = "request";
const CASE: &str = "case";
const PERSON: &str = "person";

/// Requests, cases and persons by one statement: each kind in the columns of a request.
fn asked(dialect: Dialect) -> String {
    let columns = format!("'{REQUEST}', {}", REQUEST_COLUMNS.join(", "));
    let requests = dialect.of_keys(
        &columns,
        "request",
        "area = $1",
        &["caller", "request_id"],
        &dialect.pairs(2, 3),
    );
    let (text, bytes, int) = ("CAST(NULL AS text)", "CAST(NULL AS bytea)", "CAST(NULL AS bigint)");
    let columns = format!("'{CASE}', case_id, {text}, {text}, {bytes}, version, {int}, {int}");
    let cases = dialect.of_keys(&columns, "case_head", "area = $1", &["case_id"], &dialect.values(4));
    let columns = format!("'{PERSON}', hmac, person_id, key_ref, {bytes}, {int}, {int}, {int}");
    let persons = dialect.of_keys(&columns, "person_map", "true", &["hmac"], &dialect.values(5));
    format!("{requests} UNION ALL {cases} UNION ALL {persons}")
}

fn complete(hashes: Vec<Hash>, expected: u64) -> Result<Vec<Hash>, StoreError> {
    if hashes.len() as u64 == expected {
        Ok(hashes)
    } else {
        Err(StoreError::Corrupt("hashes of a tile are missing"))
    }
}
