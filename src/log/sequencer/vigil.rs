//! How far the witnesses have come with each log, and how long a log may go on without them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::clock::Clock;
use crate::log::{Origin, TreeSize};

/// Where cosignatures are required: how long a head may wait for them before nothing more is built upon it.
pub const WITNESS_LAG_MAX_MS: i64 = 60_000;

/// How a log stands with its witnesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The log.
    pub origin: Origin,
    /// The largest size that a quorum is known to have cosigned.
    pub witnessed: TreeSize,
    /// How long the oldest head beyond it has waited.
    pub lag_ms: Option<i64>,
}

#[derive(Clone, Copy)]
struct Waiting {
    witnessed: TreeSize,
    size: TreeSize,
    since_ms: Option<i64>,
}

/// What is known of every log's cosignatures.
pub struct Vigil {
    required: bool,
    clock: Arc<dyn Clock>,
    logs: Mutex<BTreeMap<Origin, Waiting>>,
}

impl Vigil {
    pub(super) fn new(required: bool, clock: Arc<dyn Clock>) -> Vigil {
        Vigil {
            required,
            clock,
            logs: Mutex::default(),
        }
    }

    fn of_log<T>(&self, origin: &Origin, act: impl FnOnce(&mut Waiting, i64) -> T) -> T {
        let now_ms = self.clock.monotonic_ms();
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = logs.entry(origin.clone()).or_insert(Waiting {
            witnessed: TreeSize::EMPTY,
            size: TreeSize::EMPTY,
            since_ms: None,
        });
        act(waiting, now_ms)
    }

    /// A head of this size is there.
    pub(super) fn grew(&self, origin: &Origin, size: TreeSize) {
        self.of_log(origin, |log, now_ms| {
            log.size = log.size.max(size);
            if log.size > log.witnessed {
                log.since_ms.get_or_insert(now_ms);
            }
        });
    }

    /// A quorum has cosigned this size.
    pub fn witnessed(&self, origin: &Origin, size: TreeSize) {
        self.of_log(origin, |log, now_ms| {
            if size > log.witnessed {
                log.witnessed = size;
                // What came after it was signed a moment ago at most.
                log.since_ms = (log.size > size).then_some(now_ms);
            }
        });
    }

    /// Whether a head of this size may be built upon.
    pub(super) fn admits(&self, origin: &Origin, size: TreeSize) -> bool {
        if !self.required {
            return true;
        }
        self.grew(origin, size);
        self.of_log(origin, |log, now_ms| {
            log.since_ms
                .is_none_or(|since_ms| now_ms - since_ms <= WITNESS_LAG_MAX_MS)
        })
    }

    /// How every log stands.
    #[must_use]
    pub fn states(&self) -> Vec<Watched> {
        let now_ms = self.clock.monotonic_ms();
        let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let state = |(origin, log): (&Origin, &Waiting)| Watched {
            origin: origin.clone(),
            witnessed: log.witnessed,
            lag_ms: log.since_ms.map(|since_ms| now_ms - since_ms),
        };
        logs.iter().map(state).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[derive(Default)]
    struct At(AtomicI64);

    impl Clock for At {
        fn now_ms(&self) -> i64 {
            0
        }

        fn monotonic_ms(&self) -> i64 {
            self.0.load(Ordering::SeqCst)
        }
    }

    fn size(size: u64) -> TreeSize {
        TreeSize::new(size).expect("small")
    }

    fn origin() -> Origin {
        "doudi.example/340321/1".parse().expect("an origin")
    }

    #[test]
    fn a_head_waits_a_minute_for_its_witnesses_and_no_longer() {
        let clock = Arc::new(At::default());
        let vigil = Vigil::new(true, clock.clone());
        assert!(vigil.admits(&origin(), size(0)), "an empty log needs no witness");
        vigil.grew(&origin(), size(1));
        clock.0.store(WITNESS_LAG_MAX_MS, Ordering::SeqCst);
        assert!(vigil.admits(&origin(), size(1)));
        clock.0.store(WITNESS_LAG_MAX_MS + 1, Ordering::SeqCst);
        assert!(!vigil.admits(&origin(), size(1)));
        assert_eq!(vigil.states()[0].lag_ms, Some(WITNESS_LAG_MAX_MS + 1));
        vigil.witnessed(&origin(), size(1));
        assert!(vigil.admits(&origin(), size(1)));
        assert_eq!((vigil.states()[0].witnessed, vigil.states()[0].lag_ms), (size(1), None));
    }

    #[test]
    fn a_quiet_log_that_is_witnessed_takes_an_entry_after_any_time() {
        let clock = Arc::new(At::default());
        let vigil = Vigil::new(true, clock.clone());
        vigil.grew(&origin(), size(3));
        vigil.witnessed(&origin(), size(3));
        clock.0.store(10 * WITNESS_LAG_MAX_MS, Ordering::SeqCst);
        assert!(vigil.admits(&origin(), size(3)));
        vigil.grew(&origin(), size(4));
        assert!(vigil.admits(&origin(), size(4)), "the new head has just begun to wait");
    }

    #[test]
    fn without_the_setting_nothing_waits() {
        let clock = Arc::new(At::default());
        let vigil = Vigil::new(false, clock.clone());
        vigil.grew(&origin(), size(1));
        clock.0.store(100 * WITNESS_LAG_MAX_MS, Ordering::SeqCst);
        assert!(vigil.admits(&origin(), size(1)));
    }
}
