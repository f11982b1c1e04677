//! What operators watch: how large the open logs are, and how many cases are due. Counts alone, no rows of any case.

use super::StoreError;
use super::driver::Store;
use super::read_log::{count, every};
use super::value::{Row, Value};
use super::{CivilDate, CivilMonth};
use crate::area::AreaCode;

/// The open log of an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLog {
    /// Its area.
    pub area: AreaCode,
    /// Entries.
    pub size: u64,
    /// Time of its newest entry, Unix milliseconds.
    pub last_time_ms: i64,
}

/// Cases of an area by one clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueCount {
    /// The area.
    pub area: AreaCode,
    /// Cases that are due and not overdue.
    pub due: u64,
    /// Cases that are overdue.
    pub overdue: u64,
}

impl dyn Store {
    /// The open log of every area, by area.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_logs(&self, limit: u32) -> Result<Vec<OpenLog>, StoreError> {
        let sql = "SELECT log.area, log_head.size, log_head.last_time_ms FROM log \
                   JOIN log_head ON log_head.log_id = log.log_id \
                   WHERE log.epoch = (SELECT max(newer.epoch) FROM log AS newer WHERE newer.area = log.area) \
                   ORDER BY log.area LIMIT $1";
        every(self.read(sql, vec![Value::Int(limit.into())]).await?, |row| {
            Ok(OpenLog {
                area: row.parse(0)?,
                size: count(row, 1)?,
                last_time_ms: row.int(2)?,
            })
        })
    }

    /// How many cases of every area are due for review up to a day, and how many were before today.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reviews_due(&self, today: &CivilDate, until: &CivilDate) -> Result<Vec<DueCount>, StoreError> {
        let sql = "SELECT area, count(CASE WHEN next_due >= $1 THEN 1 END), count(CASE WHEN next_due < $1 THEN 1 END) \
                   FROM case_head WHERE next_due <= $2 AND coalesce(restricted, '') <> 'case' GROUP BY area ORDER BY area";
        let args = vec![text(today.as_str()), text(until.as_str())];
        every(self.read(sql, args).await?, due_count)
    }

    /// How many grace periods of every area end this month, and how many ended before it and were not decided.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn graces_due(&self, month: &CivilMonth) -> Result<Vec<DueCount>, StoreError> {
        let sql = "SELECT area, count(CASE WHEN grace_end_month = $1 THEN 1 END), \
                   count(CASE WHEN grace_end_month < $1 THEN 1 END) \
                   FROM case_head WHERE grace_end_month <= $1 AND coalesce(restricted, '') <> 'case' \
                   GROUP BY area ORDER BY area";
        every(self.read(sql, vec![text(month.as_str())]).await?, due_count)
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn due_count(row: &mut Row) -> Result<DueCount, StoreError> {
    Ok(DueCount {
        area: row.parse(0)?,
        due: count(row, 1)?,
        overdue: count(row, 2)?,
    })
}
