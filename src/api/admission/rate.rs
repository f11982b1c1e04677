//! How many calls one caller may make: a bucket each, as the time at which it is full again (GCRA).
//!
//! A call that finds its bucket empty is refused. An item of a stream counts as a call and waits instead: a stream can
//! be slowed down, and an item that is refused would only come back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::outcome::Outcomes;
use crate::app::caller::Principal;

/// Buckets before full ones are let go. A table of principals has fewer; names on the same machine can be any.
const BUCKET_COUNT_MAX: usize = 32_768;

/// What one caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls and items of streams a second, at least 1.
    pub calls_per_second: u32,
    /// Calls at once after a quiet time, at least 1.
    pub burst: u32,
    /// Refuse nothing, only count what would be refused.
    pub dry_run: bool,
}

/// The buckets of all callers.
#[derive(Debug)]
pub struct Buckets {
    rate: Rate,
    full_at: Mutex<HashMap<Principal, Instant>>,
}

impl Buckets {
    /// Every bucket is full.
    #[must_use]
    pub fn new(rate: Rate) -> Buckets {
        Buckets {
            rate,
            full_at: Mutex::default(),
        }
    }

    /// Takes one call of the caller's; or says when there will be one.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take(&self, caller: &Principal) -> Result<(), Duration> {
        let now = Instant::now();
        let each = Duration::from_secs(1) / self.rate.calls_per_second.max(1);
        let depth = each * self.rate.burst.max(1);
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= BUCKET_COUNT_MAX {
            full_at.retain(|_, at| *at > now);
        }
        let next = full_at.get(caller).map_or(now, |at| (*at).max(now)) + each;
        match next.checked_duration_since(now + depth) {
            Some(wait) if !wait.is_zero() => Err(wait),
            Some(_) | None => {
                full_at.insert(caller.clone(), next);
                Ok(())
            }
        }
    }
}

/// The bucket of a call, from which the call takes and then the items of its stream.
#[derive(Clone, Debug)]
pub struct Pace {
    buckets: Arc<Buckets>,
    caller: Principal,
    outcomes: Arc<Outcomes>,
}

impl Pace {
    /// The caller's bucket; what a dry run would hold back is counted there.
    #[must_use]
    pub fn new(buckets: Arc<Buckets>, caller: Principal, outcomes: Arc<Outcomes>) -> Pace {
        Pace {
            buckets,
            caller,
            outcomes,
        }
    }

    /// Takes one call; or says when there will be one. A dry run only counts that there is none.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take(&self) -> Result<(), Duration> {
        let taken = self.buckets.take(&self.caller);
        if taken.is_err() && self.buckets.rate.dry_run {
            self.outcomes.limited(true);
            return Ok(());
        }
        taken
    }

    /// Waits until the next item may begin.
    pub async fn next(&self) {
        while let Err(wait) = self.take() {
            sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(name: &str) -> Principal {
        name.parse().expect("a name")
    }

    fn buckets() -> Buckets {
        Buckets::new(Rate {
            calls_per_second: 10,
            burst: 3,
            dry_run: false,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_let_through_then_the_rate_and_a_refusal_says_when() {
        let buckets = buckets();
        let a = caller("a");
        for _ in 0..3 {
            assert_eq!(buckets.take(&a), Ok(()));
        }
        assert_eq!(buckets.take(&a), Err(Duration::from_millis(100)));
        tokio::time::advance(Duration::from_millis(99)).await;
        assert_eq!(buckets.take(&a), Err(Duration::from_millis(1)));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!((buckets.take(&a), buckets.take(&a).is_err()), (Ok(()), true));
        tokio::time::advance(Duration::from_secs(60)).await;
        let again = (0..5).filter(|_| buckets.take(&a).is_ok()).count();
        assert_eq!(again, 3, "a quiet minute fills no more than the burst");
    }

    #[tokio::test(start_paused = true)]
    async fn one_callers_flood_leaves_anothers_bucket_full() {
        let buckets = buckets();
        while buckets.take(&caller("flood")).is_ok() {}
        assert_eq!(buckets.take(&caller("other")), Ok(()));
    }
}
