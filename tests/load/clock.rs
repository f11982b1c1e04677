//! Times that another program can compare with its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Microseconds since 1970 that never step back: the wall clock is read once, at the start.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started: Instant,
    started_us: u64,
}

impl Clock {
    /// A clock that agrees with the wall clock now.
    pub fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            started: Instant::now(),
            started_us: micros(since.unwrap_or_default()),
        }
    }

    /// Microseconds since 1970 at a moment that is not before the start.
    pub fn at(&self, moment: Instant) -> u64 {
        self.started_us + micros(moment.duration_since(self.started))
    }
}

/// A duration in whole microseconds.
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
