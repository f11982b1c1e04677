//! Time for the log: our clock, the database's clock and the log's last entry must agree.

use std::sync::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Most that our clock may differ from the database's, and go back behind the log's last entry.
pub const CLOCK_DIFFERENCE_MAX_MS: i64 = 5_000;

/// Most that may lie between two entries without anybody vouching for the clock: a clock that
/// jumped ahead would stamp entries that cannot be taken back.
pub const CLOCK_GAP_MAX_MS: i64 = 24 * 60 * 60 * 1000;

/// Where the sequencer reads time, so that tests can move it.
pub trait Clock: Send + Sync + 'static {
    /// Unix time in milliseconds; may jump.
    fn now_ms(&self) -> i64;
    /// Milliseconds since some start; never jumps.
    fn monotonic_ms(&self) -> i64;
}

/// The clock of the machine.
pub struct SystemClock(Instant);

impl SystemClock {
    /// The clock of the machine.
    #[must_use]
    pub fn new() -> SystemClock {
        SystemClock(Instant::now())
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock::new()
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        // Before 1970 or after the year 292,000,000 the clock is broken: 0 is refused as gone back.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or_default()
    }

    fn monotonic_ms(&self) -> i64 {
        i64::try_from(self.0.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// Why the clock is not believed. Nothing is appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// Our clock and the database's differ.
    #[error("the clocks of this machine and of the database differ by more than 5 s: synchronise them")]
    Differs,
    /// Our clock is behind the log's last entry.
    #[error("the clock is more than 5 s behind the log's last entry: correct it")]
    WentBack,
    /// Our clock is far ahead of the log's last entry, and nobody vouched for it.
    #[error(
        "the clock is more than 24 h ahead of the log's last entry: check it, \
         then confirm it by starting with --confirm-clock"
    )]
    Ahead,
}

/// The two clocks at one moment: the database's, and ours as soon as that was known. Later, a wait between the two
/// readings would be taken for a difference.
#[derive(Clone, Copy, Debug)]
pub(super) struct Readings {
    database_ms: i64,
    our_ms: i64,
}

impl Readings {
    /// With our clock as it is now; nothing where the database has no clock of its own.
    pub(super) fn now(clock: &dyn Clock, database_ms: Option<i64>) -> Option<Readings> {
        let our_ms = clock.now_ms();
        database_ms.map(|database_ms| Readings { database_ms, our_ms })
    }

    fn differ(self) -> bool {
        (self.our_ms - self.database_ms).abs() > CLOCK_DIFFERENCE_MAX_MS
    }
}

/// A moment at which the clock was right: an entry was stamped, or an operator said so.
/// From there real time is known without trusting the clock again.
#[derive(Debug, Default)]
pub(super) struct Trust(Mutex<Option<Anchor>>);

#[derive(Clone, Copy, Debug)]
struct Anchor {
    wall_ms: i64,
    monotonic_ms: i64,
}

impl Trust {
    /// The clock is right now.
    pub(super) fn confirm(&self, clock: &dyn Clock) {
        let anchor = Anchor {
            wall_ms: clock.now_ms(),
            monotonic_ms: clock.monotonic_ms(),
        };
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(anchor);
    }

    fn expected_ms(&self, clock: &dyn Clock) -> Option<i64> {
        let anchor = *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        anchor.map(|anchor| anchor.wall_ms + (clock.monotonic_ms() - anchor.monotonic_ms))
    }

    /// The time of the next entry: now, and never before the last entry. `last_ms` is nothing in a
    /// log without entries.
    pub(super) fn next_time_ms(
        &self,
        clock: &dyn Clock,
        readings: Option<Readings>,
        last_ms: Option<i64>,
    ) -> Result<i64, ClockError> {
        let now_ms = clock.now_ms();
        if readings.is_some_and(Readings::differ) {
            return Err(ClockError::Differs);
        }
        let Some(last_ms) = last_ms else { return Ok(now_ms) };
        if now_ms < last_ms - CLOCK_DIFFERENCE_MAX_MS {
            return Err(ClockError::WentBack);
        }
        let known_ms = self.expected_ms(clock).unwrap_or(last_ms).max(last_ms);
        if now_ms - known_ms > CLOCK_GAP_MAX_MS {
            return Err(ClockError::Ahead);
        }
        Ok(now_ms.max(last_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct At {
        now_ms: i64,
        monotonic_ms: i64,
    }

    impl Clock for At {
        fn now_ms(&self) -> i64 {
            self.now_ms
        }

        fn monotonic_ms(&self) -> i64 {
            self.monotonic_ms
        }
    }

    const LAST: i64 = 1_800_000_000_000;

    fn next(now_ms: i64, database_ms: Option<i64>) -> Result<i64, ClockError> {
        Trust::default().next_time_ms(
            &At {
                now_ms,
                monotonic_ms: 0,
            },
            database_ms.map(|database_ms| Readings {
                database_ms,
                our_ms: now_ms,
            }),
            Some(LAST),
        )
    }

    #[test]
    fn a_wait_after_both_clocks_were_read_is_no_difference() {
        let at = |now_ms| At {
            now_ms,
            monotonic_ms: 0,
        };
        let together = Readings::now(&at(LAST), Some(LAST));
        let later = at(LAST + 2 * CLOCK_DIFFERENCE_MAX_MS);
        assert_eq!(
            Trust::default().next_time_ms(&later, together, Some(LAST)),
            Ok(later.now_ms)
        );
        let apart = Readings::now(&later, Some(LAST));
        let refused = Trust::default().next_time_ms(&later, apart, Some(LAST));
        assert_eq!(refused, Err(ClockError::Differs));
    }

    #[test]
    fn the_database_clock_may_differ_by_five_seconds_and_no_more() {
        assert_eq!(next(LAST, Some(LAST + 5_000)), Ok(LAST));
        assert_eq!(next(LAST, Some(LAST + 5_001)), Err(ClockError::Differs));
        assert_eq!(next(LAST, Some(LAST - 5_001)), Err(ClockError::Differs));
    }

    #[test]
    fn a_clock_slightly_behind_takes_the_time_of_the_last_entry() {
        assert_eq!(next(LAST - 5_000, None), Ok(LAST));
        assert_eq!(next(LAST - 5_001, None), Err(ClockError::WentBack));
    }

    #[test]
    fn a_day_may_lie_between_two_entries_and_no_more() {
        assert_eq!(next(LAST + CLOCK_GAP_MAX_MS, None), Ok(LAST + CLOCK_GAP_MAX_MS));
        assert_eq!(next(LAST + CLOCK_GAP_MAX_MS + 1, None), Err(ClockError::Ahead));
    }

    #[test]
    fn a_quiet_week_that_we_have_seen_pass_is_no_jump() {
        let week_ms = 7 * CLOCK_GAP_MAX_MS;
        let trust = Trust::default();
        trust.confirm(&At {
            now_ms: LAST,
            monotonic_ms: 50,
        });
        let later = At {
            now_ms: LAST + week_ms,
            monotonic_ms: 50 + week_ms,
        };
        assert_eq!(trust.next_time_ms(&later, None, Some(LAST)), Ok(LAST + week_ms));
        let jumped = At {
            now_ms: LAST + week_ms,
            monotonic_ms: 60,
        };
        assert_eq!(trust.next_time_ms(&jumped, None, Some(LAST)), Err(ClockError::Ahead));
    }

    #[test]
    fn the_first_entry_of_a_log_takes_the_clock_as_it_is() {
        let at = At {
            now_ms: LAST,
            monotonic_ms: 0,
        };
        assert_eq!(Trust::default().next_time_ms(&at, None, None), Ok(LAST));
    }
}
