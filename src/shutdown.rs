//! Shutdown: a list read from top to bottom, every step bounded, evidence last to close.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{info, warn};

/// The bounds of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How long the server goes on accepting calls after it reports NOT_SERVING, so that load balancers notice.
    pub drain: Duration,
    /// How long calls in flight may take.
    pub finish: Duration,
    /// How long what was acknowledged may take to be flushed.
    pub flush: Duration,
    /// How long log lines and spans may take to leave.
    pub telemetry: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            // Two rounds of a usual readiness probe.
            drain: Duration::from_secs(4),
            // As long as a call may take, see CALL_TIME_MAX; together below the 60 s that orchestrators grant.
            finish: Duration::from_secs(30),
            flush: Duration::from_secs(10),
            telemetry: Duration::from_secs(5),
        }
    }
}

/// Tells every part of the server that it drains.
#[derive(Debug)]
pub struct DrainSwitch(watch::Sender<bool>);

/// What the parts look at.
#[derive(Clone, Debug)]
pub struct Drain(watch::Receiver<bool>);

impl DrainSwitch {
    /// A switch that is off, and its first reader.
    #[must_use]
    pub fn new() -> (DrainSwitch, Drain) {
        let (sender, receiver) = watch::channel(false);
        (DrainSwitch(sender), Drain(receiver))
    }

    /// From now on new calls are refused.
    pub fn refuse_new_calls(&self) {
        self.0.send_replace(true);
    }
}

impl Drain {
    /// Whether new calls are refused.
    #[must_use]
    pub fn refuses(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until new calls are refused; also if the switch is gone, because then the server is.
    pub async fn begun(&mut self) {
        if self.0.wait_for(|refuses| *refuses).await.is_err() {
            warn!("the drain switch was dropped, treating it as thrown");
        }
    }
}

/// The steps, in the order in which they run.
pub struct Steps<Health, Calls, Log, Telemetry> {
    /// Reports NOT_SERVING.
    pub not_serving: Health,
    /// Waits until the calls in flight are answered.
    pub calls_finished: Calls,
    /// Waits until everything acknowledged is durable and signed, then closes the store.
    pub log_flushed: Log,
    /// Sends what is left of log lines and spans.
    pub telemetry_flushed: Telemetry,
}

/// Shuts down. Whether every step kept its bound.
pub async fn run<Health, Calls, Log, Telemetry>(
    steps: Steps<Health, Calls, Log, Telemetry>,
    switch: DrainSwitch,
    bounds: Bounds,
) -> bool
where
    Health: Future<Output = ()>,
    Calls: Future<Output = ()>,
    Log: Future<Output = ()>,
    Telemetry: Future<Output = ()>,
{
    info!("shutting down: not serving any more");
    let mut in_time = within("report NOT_SERVING", bounds.flush, steps.not_serving).await;
    tokio::time::sleep(bounds.drain).await;
    switch.refuse_new_calls();
    in_time &= within("finish calls in flight", bounds.finish, steps.calls_finished).await;
    // After the calls: what they appended last is in this flush.
    in_time &= within("flush the log", bounds.flush, steps.log_flushed).await;
    info!(shutdown.in_time = in_time, "shut down");
    in_time & within("flush telemetry", bounds.telemetry, steps.telemetry_flushed).await
}

async fn within(step: &'static str, bound: Duration, work: impl Future<Output = ()>) -> bool {
    let done = tokio::time::timeout(bound, work).await.is_ok();
    if !done {
        warn!(
            shutdown.step = step,
            shutdown.bound_ms = bound.as_millis() as u64,
            "a step of the shutdown was cut off"
        );
    }
    done
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const BOUNDS: Bounds = Bounds {
        drain: Duration::from_secs(4),
        finish: Duration::from_secs(30),
        flush: Duration::from_secs(10),
        telemetry: Duration::from_secs(5),
    };

    #[tokio::test(start_paused = true)]
    async fn the_steps_run_in_order_and_new_calls_are_refused_only_after_the_drain() {
        let (switch, drain) = DrainSwitch::new();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let note = |name: &'static str| {
            let (seen, drain) = (Arc::clone(&seen), drain.clone());
            async move { seen.lock().expect("not poisoned").push((name, drain.refuses())) }
        };
        let steps = Steps {
            not_serving: note("health"),
            calls_finished: note("calls"),
            log_flushed: note("log"),
            telemetry_flushed: note("telemetry"),
        };
        assert!(run(steps, switch, BOUNDS).await);
        let seen = seen.lock().expect("not poisoned").clone();
        assert_eq!(
            seen,
            [("health", false), ("calls", true), ("log", true), ("telemetry", true)]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_never_ends_does_not_keep_the_log_from_closing() {
        let (switch, _drain) = DrainSwitch::new();
        let flushed = Arc::new(Mutex::new(false));
        let flush = Arc::clone(&flushed);
        let steps = Steps {
            not_serving: async {},
            calls_finished: std::future::pending(),
            log_flushed: async move { *flush.lock().expect("not poisoned") = true },
            telemetry_flushed: async {},
        };
        let began = tokio::time::Instant::now();
        assert!(!run(steps, switch, BOUNDS).await);
        assert_eq!(began.elapsed(), BOUNDS.drain + BOUNDS.finish);
        assert!(*flushed.lock().expect("not poisoned"));
    }
}
