//! When calls are due: one schedule that all callers share.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How far calls may lie behind their schedule; what was due earlier is skipped and counted.
///
/// After an outage this much is made up for. At 80 % of capacity a fifth of it is free: a quarter of a second takes one
/// second to make up for, so that the soak's two quiet seconds after a kill are enough.
const BEHIND_MAX: Duration = Duration::from_millis(250);

const SECOND: Duration = Duration::from_secs(1);

/// A schedule, or none: then a call is due as soon as a caller is free.
pub struct Pace {
    interval: Option<Duration>,
    state: Mutex<State>,
}

struct State {
    next: Instant,
    skipped: u64,
}

impl Pace {
    /// So many calls a second; none: without a schedule.
    pub fn new(per_second: u32) -> Self {
        let next = Instant::now();
        Self {
            interval: SECOND.checked_div(per_second),
            state: Mutex::new(State { next, skipped: 0 }),
        }
    }

    /// When the next call is due.
    pub fn next(&self) -> Instant {
        let now = Instant::now();
        let Some(interval) = self.interval else {
            return now;
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while now.saturating_duration_since(state.next) > BEHIND_MAX {
            state.next += interval;
            state.skipped += 1;
        }
        let due = state.next;
        state.next += interval;
        due
    }

    /// How many calls were due and never made.
    pub fn skipped(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).skipped
    }
}
