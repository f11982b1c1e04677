//! What a decision reads before it decides: the request, the open log, the case and the persons, by one statement
//! and so of one moment.

use super::StoreError;
use super::driver::{Dialect, Store};
use super::read_case::{CASE_HEAD_COLUMNS, case_head_row, person_row, span_row};
use super::read_log::{hash, log_index, log_row};
use super::read_record::{REQUEST_COLUMNS, data_key_row, request_row};
use super::rows::{CaseHeadRow, DataKeyRow, LogRow, PersonRow, RequestKey, RequestRow, SpanRow};
use super::value::{Cell, Row, Value};
use crate::area::AreaCode;
use crate::log::{Hash, LogIndex, Origin};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct DecisionAsk {
    /// The request, whose area is the deciding one.
    pub request: RequestKey,
    /// The case, if the caller names one.
    pub case_id: Option<String>,
    /// HMACs of ID numbers.
    pub hmacs: Vec<String>,
    /// Persons that the caller names.
    pub person_ids: Vec<String>,
}

/// What is there.
#[derive(Clone, Debug)]
pub struct DecisionView {
    /// The request, if it has appended before.
    pub request: Option<RequestRow>,
    /// The open log of the area.
    pub log: Option<LogRow>,
    /// The newest POLICY entry of that log.
    pub newest_policy: Option<LogIndex>,
    /// The case.
    pub case: Option<CaseView>,
    /// The persons behind the HMACs.
    pub persons: Vec<PersonRow>,
    /// The months that they and the named persons hold, in any case, by person and month.
    pub spans: Vec<SpanRow>,
}

/// A case with what opens it and where its newest entry stands.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// The newest state.
    pub head: CaseHeadRow,
    /// Data key of the identity documents, and that of everything else.
    pub keys: [DataKeyRow; 2],
    /// Log of the newest entry.
    pub origin: Origin,
    /// Leaf hash of the newest entry.
    pub leaf_hash: Hash,
}

/// A case and what belongs to it; joined to `always` by a condition on `c`.
const CASE_COLUMNS: &str = "i.key_ref, i.wrapped, i.kek_id, i.retain_until, i.destroyed_ms, \
                            k.key_ref, k.wrapped, k.kek_id, k.retain_until, k.destroyed_ms, o.origin, e.leaf_hash";
const CASE_JOINS: &str = "LEFT JOIN data_key AS i ON i.key_ref = c.identity_key_ref \
                          LEFT JOIN data_key AS k ON k.key_ref = c.content_key_ref \
                          LEFT JOIN log AS o ON o.log_id = c.last_log_id \
                          LEFT JOIN log_entry AS e ON e.log_id = c.last_log_id AND e.idx = c.last_idx";
const PERSON_COLUMNS: [&str; 3] = ["hmac", "person_id", "key_ref"];
const SPAN_COLUMNS: [&str; 6] = ["person_id", "from_month", "to_month", "programme", "area", "case_id"];

impl dyn Store {
    /// Everything that a decision needs to begin.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn decision_view(&self, ask: &DecisionAsk) -> Result<DecisionView, StoreError> {
        let sql = sql(self.dialect());
        let args = vec![
            Value::Text(ask.request.area.to_string()),
            Value::Text(ask.request.caller.clone()),
            Value::Text(ask.request.request_id.clone()),
            // No case has an empty id.
            Value::Text(ask.case_id.clone().unwrap_or_default()),
            Value::Texts(ask.hmacs.clone()),
            Value::Texts(ask.person_ids.clone()),
        ];
        let rows = self.read(&sql, args).await?;
        let mut row = rows
            .into_iter()
            .next()
            .ok_or(StoreError::Corrupt("a read gave no row"))?;
        let request = row
            .part(REQUEST_COLUMNS.len())
            .map(|mut row| request_row(&mut row))
            .transpose()?;
        let log = row.part(3).map(|mut row| log_row(&mut row)).transpose()?;
        let newest_policy = row.part(1).map(|mut row| log_index(&mut row, 0)).transpose()?;
        let case = case_view(&mut row)?;
        let persons = lists(row.part(1), person_row)?;
        let mut spans = lists(row.part(1), span_row)?;
        spans.sort_by(|a, b| (&a.person_id, &a.from).cmp(&(&b.person_id, &b.from)));
        Ok(DecisionView {
            request,
            log,
            newest_policy,
            case,
            persons,
            spans,
        })
    }

    /// One case.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn case_view(&self, area: AreaCode, case_id: &str) -> Result<Option<CaseView>, StoreError> {
        let head = columns("c", &CASE_HEAD_COLUMNS);
        let sql = format!(
            "SELECT {head}, {CASE_COLUMNS} FROM case_head AS c {CASE_JOINS} WHERE c.area = $1 AND c.case_id = $2"
        );
        let args = vec![Value::Text(area.to_string()), Value::Text(case_id.to_owned())];
        match self.read(&sql, args).await?.into_iter().next() {
            Some(mut row) => case_view(&mut row),
            None => Ok(None),
        }
    }
}

fn sql(dialect: Dialect) -> String {
    let request = columns("r", &REQUEST_COLUMNS);
    let head = columns("c", &CASE_HEAD_COLUMNS);
    let (persons, spans) = (dialect.lists(&PERSON_COLUMNS), dialect.lists(&SPAN_COLUMNS));
    let (of_hmacs, of_ids) = (dialect.among(5), dialect.values(6));
    let asked = format!("SELECT person_id FROM person_map WHERE hmac {of_hmacs} UNION {of_ids}");
    let held = dialect.of_keys(&SPAN_COLUMNS.join(", "), "person_span", "true", &["person_id"], &asked);
    format!(
        "SELECT {request}, l.log_id, l.origin, l.opened_ms, \
         (SELECT max(idx) FROM policy_document WHERE log_id = l.log_id), {head}, {CASE_COLUMNS}, \
         (SELECT {persons} FROM person_map WHERE hmac {of_hmacs}), \
         (SELECT {spans} FROM ({held}) AS held) \
         FROM (SELECT 1 AS one) AS always \
         LEFT JOIN request AS r ON r.area = $1 AND r.caller = $2 AND r.request_id = $3 \
         LEFT JOIN log AS l ON l.log_id = (SELECT log_id FROM log WHERE area = $1 ORDER BY epoch DESC LIMIT 1) \
         LEFT JOIN case_head AS c ON c.area = $1 AND c.case_id = $4 {CASE_JOINS}"
    )
}

fn columns(table: &str, names: &[&str]) -> String {
    let named: Vec<String> = names.iter().map(|name| format!("{table}.{name}")).collect();
    named.join(", ")
}

/// The next columns of a row as a case.
fn case_view(row: &mut Row) -> Result<Option<CaseView>, StoreError> {
    let incomplete = StoreError::Corrupt("a case head names a key, a log or an entry that is not there");
    let head = row.part(CASE_HEAD_COLUMNS.len());
    let keys = (row.part(5), row.part(5));
    let (origin, leaf_hash) = (row.part(1), row.part(1));
    let Some(mut head) = head else { return Ok(None) };
    let (Some(mut identity), Some(mut content)) = keys else {
        return Err(incomplete);
    };
    let (Some(mut origin), Some(mut leaf_hash)) = (origin, leaf_hash) else {
        return Err(incomplete);
    };
    Ok(Some(CaseView {
        head: case_head_row(&mut head)?,
        keys: [data_key_row(&mut identity)?, data_key_row(&mut content)?],
        origin: origin.parse(0)?,
        leaf_hash: hash(&mut leaf_hash, 0)?,
    }))
}

/// Rows that came as one JSON list of lists of texts.
fn lists<T>(row: Option<Row>, read: impl Fn(&mut Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    let Some(mut row) = row else { return Ok(Vec::new()) };
    let rows: Vec<Vec<Option<String>>> =
        serde_json::from_str(&row.text(0)?).map_err(|_| StoreError::Corrupt("a list of rows is malformed"))?;
    let cell = |text: Option<String>| text.map_or(Cell::Absent, Cell::Text);
    rows.into_iter()
        .map(|cells| read(&mut Row::new(cells.into_iter().map(cell).collect())))
        .collect()
}
