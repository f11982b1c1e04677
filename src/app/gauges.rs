//! What is measured without an event: queues, gates and pools when somebody asks, logs and due cases now and then.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

use super::App;
use super::civil::{civil_date, civil_month};
use super::error::AppError;
use crate::area::AreaCode;
use crate::store::{DueCount, Pool};
use crate::telemetry::metrics::{ClockState, LogState, Metrics, PoolState};

/// How often logs and due cases are counted.
const LOOK_INTERVAL: Duration = Duration::from_secs(15);

/// A count that takes long is made less often: at most a twentieth of the time goes into it.
const LOOK_SHARE: u32 = 20;

/// Areas that are shown one by one: more than any province has counties. The rest is one row.
const AREA_COUNT_MAX: u32 = 512;

/// The row of all further areas.
const AREA_OTHER: &str = "other";

/// Reviews that fall due within so many days are shown as due.
const DUE_DAYS: i64 = 30;

impl App {
    /// Where everything is counted.
    #[must_use]
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// The logs to which nothing is appended, because the database does not hold what was signed.
    #[must_use]
    pub fn read_only(&self) -> Vec<String> {
        let closed = self.sequencer.rolled_back();
        closed.iter().map(|log| log.seen.origin.to_string()).collect()
    }

    /// Brings up to the moment what costs nothing to read.
    pub fn measure(&self) {
        let (queued, longest) = self.sequencer.queued();
        self.metrics.queued(queued as u64, longest as u64);
        let pools: Vec<PoolState> = self.store.pools().into_iter().map(used).collect();
        self.metrics.pools(&pools);
        let closed: Vec<AreaCode> = self
            .sequencer
            .rolled_back()
            .iter()
            .map(|log| log.seen.origin.area())
            .collect();
        let marks = self.sequencer.marks();
        let mut gates: Vec<(String, bool)> = marks
            .iter()
            .map(|mark| mark.checkpoint.origin.area())
            .map(|area| (area.to_string(), closed.contains(&area)))
            .collect();
        gates.truncate(AREA_COUNT_MAX as usize);
        self.metrics.gates(gates);
        if self.witnesses.is_some() {
            let states = self.sequencer.vigil().states();
            let lag = |ms: Option<i64>| u64::try_from(ms.unwrap_or_default()).unwrap_or_default() / 1000;
            let lags = states
                .iter()
                .map(|log| (log.origin.area().to_string(), lag(log.lag_ms)));
            self.metrics.witness_lags(lags.take(AREA_COUNT_MAX as usize));
        }
    }

    /// Counts logs and due cases again and again.
    pub async fn follow_gauges(&self) {
        loop {
            let began = Instant::now();
            if let Err(cause) = self.look().await {
                self.met(&cause);
                warn!(%cause, "what is due could not be counted: trying again");
            }
            tokio::time::sleep(LOOK_INTERVAL.max(began.elapsed() * LOOK_SHARE)).await;
        }
    }

    /// Counts logs and due cases once.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn look(&self) -> Result<(), AppError> {
        let now_ms = self.clock.now_ms();
        let logs: Vec<LogState> = self
            .store
            .open_logs(AREA_COUNT_MAX)
            .await?
            .into_iter()
            .map(|log| LogState {
                area: log.area.to_string(),
                size: log.size,
                age: Duration::from_millis(u64::try_from(now_ms - log.last_time_ms).unwrap_or_default()),
            })
            .collect();
        self.metrics.logs(&logs);
        let today = self.today()?;
        let until = today
            .plus_days(DUE_DAYS)
            .ok_or_else(|| AppError::internal(&"the clock is beyond the calendar"))?;
        let mut clocks = Vec::new();
        let reviews = self.store.reviews_due(&civil_date(today)?, &civil_date(until)?).await?;
        clocks.extend(by_area("review", reviews));
        clocks.extend(by_area(
            "grace",
            self.store.graces_due(&civil_month(today.month())?).await?,
        ));
        let now = Duration::from_millis(u64::try_from(now_ms).unwrap_or_default());
        self.metrics.clocks(&clocks, now);
        Ok(())
    }
}

fn used(pool: Pool) -> PoolState {
    PoolState {
        pool: pool.name,
        used: pool.open.saturating_sub(pool.idle).into(),
        idle: pool.idle.into(),
        max: pool.max.into(),
    }
}

/// One row an area up to the limit, and one for all the others.
fn by_area(clock: &'static str, counts: Vec<DueCount>) -> Vec<ClockState> {
    let mut states: Vec<ClockState> = Vec::new();
    for (count, at) in counts.into_iter().zip(0_u32..) {
        match states.last_mut() {
            Some(last) if at > AREA_COUNT_MAX => {
                last.due += count.due;
                last.overdue += count.overdue;
            }
            Some(_) | None => states.push(ClockState {
                area: if at == AREA_COUNT_MAX {
                    AREA_OTHER.to_owned()
                } else {
                    count.area.to_string()
                },
                clock,
                due: count.due,
                overdue: count.overdue,
            }),
        }
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_limit_areas_are_one_row_and_nothing_is_lost() {
        let counts = |areas: u32| {
            (0..areas)
                .map(|at| DueCount {
                    area: (340_301 + at).to_string().parse().expect("an area"),
                    due: 1,
                    overdue: 2,
                })
                .collect::<Vec<_>>()
        };
        let at_limit = by_area("review", counts(AREA_COUNT_MAX));
        assert_eq!(at_limit.len(), AREA_COUNT_MAX as usize);
        assert!(at_limit.iter().all(|state| state.area != AREA_OTHER));
        let beyond = by_area("review", counts(AREA_COUNT_MAX + 3));
        assert_eq!(beyond.len(), AREA_COUNT_MAX as usize + 1);
        let other = beyond.last().expect("a row");
        assert_eq!((other.area.as_str(), other.due, other.overdue), (AREA_OTHER, 3, 6));
    }
}
