//! Reads of the case projections: case heads, due lists, persons and what they hold.

use super::StoreError;
use super::civil::{CivilDate, CivilMonth};
use super::driver::Store;
use super::read_log::{count, every, log_index, one, page};
use super::rows::{CaseHeadRow, LogId, PersonRow, SpanRow};
use super::value::{Row, Value};
use crate::area::AreaCode;

const CASE_HEAD: &str = "SELECT area, case_id, version, last_log_id, last_idx, identity_key_ref, content_key_ref, \
                         state, next_due, grace_end_month, township, erased, restricted FROM case_head";
/// The same columns, for a join.
pub(super) const CASE_HEAD_COLUMNS: [&str; 13] = [
    "area",
    "case_id",
    "version",
    "last_log_id",
    "last_idx",
    "identity_key_ref",
    "content_key_ref",
    "state",
    "next_due",
    "grace_end_month",
    "township",
    "erased",
    "restricted",
];
/// A case whose processing is restricted stands in no list: to list it would be to process it.
const READABLE: &str = "AND coalesce(restricted, '') <> 'case'";
/// Of one township where one is named.
const OF_TOWNSHIP: &str = "AND ($6 = '' OR township = $6)";
pub(super) const SPAN: &str = "SELECT person_id, from_month, to_month, programme, area, case_id FROM person_span";
const PERSON: &str = "SELECT hmac, person_id, key_ref FROM person_map";

/// Where a page of due reviews begins, by the earliest date of a case and the case.
#[derive(Clone, Copy, Debug)]
pub enum DueBegin<'a> {
    /// With the most overdue.
    First,
    /// With this case: its dates were not all given.
    At(&'a CivilDate, &'a str),
    /// With the case after this one.
    After(&'a CivilDate, &'a str),
}

impl dyn Store {
    /// The newest state of a case.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn case_head(&self, area: AreaCode, case_id: &str) -> Result<Option<CaseHeadRow>, StoreError> {
        let sql = format!("{CASE_HEAD} WHERE area = $1 AND case_id = $2");
        let args = vec![Value::Text(area.to_string()), Value::Text(case_id.to_owned())];
        one(self.read(&sql, args).await?, case_head_row)
    }

    /// The cases of an area by case id, a page of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn case_heads(
        &self,
        area: AreaCode,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<CaseHeadRow>, StoreError> {
        let sql = format!("{CASE_HEAD} WHERE area = $1 AND case_id > $3 ORDER BY case_id LIMIT $2");
        let args = vec![
            Value::Text(area.to_string()),
            page(limit),
            Value::Text(after.unwrap_or_default().to_owned()),
        ];
        every(self.read(&sql, args).await?, case_head_row)
    }

    /// The cases whose review is due up to a date, the most overdue first, a page of them: of a county, or of a
    /// township of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_reviews(
        &self,
        area: AreaCode,
        until: &CivilDate,
        begin: DueBegin<'_>,
        limit: u32,
    ) -> Result<Vec<CaseHeadRow>, StoreError> {
        let (follows, date, case_id) = match begin {
            DueBegin::First => (">", "", ""),
            DueBegin::At(date, case_id) => (">=", date.as_str(), case_id),
            DueBegin::After(date, case_id) => (">", date.as_str(), case_id),
        };
        let sql = format!(
            "{CASE_HEAD} WHERE area = $1 AND next_due <= $3 AND (next_due, case_id) {follows} ($4, $5) {OF_TOWNSHIP} \
             {READABLE} ORDER BY next_due, case_id LIMIT $2"
        );
        let args = of_list(area, [until.as_str(), date, case_id], limit);
        every(self.read(&sql, args).await?, case_head_row)
    }

    /// The cases whose grace period ends in or after a month, the first to end first, a page of
    /// them: of a county, or of a township of it. `after` is month and case of the last row of the page before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn grace_periods(
        &self,
        area: AreaCode,
        from: &CivilMonth,
        after: Option<(&CivilMonth, &str)>,
        limit: u32,
    ) -> Result<Vec<CaseHeadRow>, StoreError> {
        let sql = format!(
            "{CASE_HEAD} WHERE area = $1 AND grace_end_month >= $3 AND (grace_end_month, case_id) > ($4, $5) \
             {OF_TOWNSHIP} {READABLE} ORDER BY grace_end_month, case_id LIMIT $2"
        );
        let (month, case_id) = after.map_or(("", ""), |(month, case_id)| (month.as_str(), case_id));
        let args = of_list(area, [from.as_str(), month, case_id], limit);
        every(self.read(&sql, args).await?, case_head_row)
    }

    /// The persons behind these HMACs of ID numbers; unknown ones are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn persons(&self, hmacs: &[String]) -> Result<Vec<PersonRow>, StoreError> {
        if hmacs.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!("{PERSON} WHERE hmac {}", self.dialect().among(1));
        every(self.read(&sql, vec![Value::Texts(hmacs.to_vec())]).await?, person_row)
    }

    /// The persons whom the case of this identity key met.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn persons_of_key(&self, key_ref: &str) -> Result<Vec<PersonRow>, StoreError> {
        let sql = format!("{PERSON} WHERE key_ref = $1 ORDER BY hmac");
        every(
            self.read(&sql, vec![Value::Text(key_ref.to_owned())]).await?,
            person_row,
        )
    }

    /// The months in which these persons hold a basic programme, in any case of this database.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn spans_of_persons(&self, person_ids: &[String]) -> Result<Vec<SpanRow>, StoreError> {
        let sql = format!(
            "{SPAN} WHERE person_id {} ORDER BY person_id, from_month",
            self.dialect().among(1)
        );
        every(
            self.read(&sql, vec![Value::Texts(person_ids.to_vec())]).await?,
            span_row,
        )
    }

    /// The months that the persons of a case hold in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn spans_of_case(&self, area: AreaCode, case_id: &str) -> Result<Vec<SpanRow>, StoreError> {
        let sql = format!("{SPAN} WHERE area = $1 AND case_id = $2 ORDER BY person_id, from_month");
        let args = vec![Value::Text(area.to_string()), Value::Text(case_id.to_owned())];
        every(self.read(&sql, args).await?, span_row)
    }
}

/// The arguments county, limit, bound, the two of the cursor, and the township; an empty one for the whole county.
fn of_list(area: AreaCode, [bound, at, case_id]: [&str; 3], limit: u32) -> Vec<Value> {
    let county = area.without_township();
    let township = if area == county {
        String::new()
    } else {
        area.to_string()
    };
    let text = |text: &str| Value::Text(text.to_owned());
    vec![
        text(&county.to_string()),
        page(limit),
        text(bound),
        text(at),
        text(case_id),
        Value::Text(township),
    ]
}

pub(super) fn case_head_row(row: &mut Row) -> Result<CaseHeadRow, StoreError> {
    Ok(CaseHeadRow {
        area: row.parse(0)?,
        case_id: row.text(1)?,
        version: count(row, 2)?,
        last_log_id: LogId(row.int(3)?),
        last_index: log_index(row, 4)?,
        identity_key_ref: row.text(5)?,
        content_key_ref: row.text(6)?,
        state: row.bytes(7)?,
        next_due: row.maybe_parse(8)?,
        grace_end_month: row.maybe_parse(9)?,
        township: row.maybe_parse(10)?,
        erased: row.maybe_parse(11)?,
        restricted: row.maybe_parse(12)?,
    })
}

pub(super) fn person_row(row: &mut Row) -> Result<PersonRow, StoreError> {
    Ok(PersonRow {
        hmac: row.text(0)?,
        person_id: row.text(1)?,
        key_ref: row.text(2)?,
    })
}

pub(super) fn span_row(row: &mut Row) -> Result<SpanRow, StoreError> {
    Ok(SpanRow {
        person_id: row.text(0)?,
        from: row.parse(1)?,
        to: row.maybe_parse(2)?,
        programme: row.text(3)?,
        area: row.parse(4)?,
        case_id: row.text(5)?,
    })
}
