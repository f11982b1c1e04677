//! What is counted and timed, for Prometheus. The table of all of it is `deploy/operate/METRICS.md`, made by a test.
//!
//! Each room tells what happened by a method here; no name of a metric stands anywhere else. Labels are words of ours,
//! calls, statuses and county-level areas: never a case, a caller or a person. What is not counted by its event is read
//! when it is asked for, or looked at now and then (`app::gauges`).

mod register;
mod text;

#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::hash::Hash;
use std::time::{Duration, SystemTime};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

pub use register::{Format, Page};

/// Seconds of a call: the boundaries that the conventions advise, with finer ones around our objective of 50 ms.
const CALL_SECONDS: [f64; 15] = [
    0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Seconds of a commit, and of the wait for it.
const COMMIT_SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 10.0];

/// Items of a commit, up to the most that one takes.
const BATCH_ITEMS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    rpc_system_name: &'static str,
    rpc_method: &'static str,
    rpc_response_status_code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TraceLabel {
    trace_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitedLabel {
    action: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    kind: String,
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AreaLabel {
    area: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClockLabels {
    area: String,
    clock: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PoolLabel {
    pool: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PoolLabels {
    pool: &'static str,
    state: &'static str,
}

type Calls = Family<CallLabels, HistogramWithExemplars<TraceLabel>, fn() -> HistogramWithExemplars<TraceLabel>>;

fn call_histogram() -> HistogramWithExemplars<TraceLabel> {
    HistogramWithExemplars::new(CALL_SECONDS.into_iter())
}

/// How one log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogState {
    /// County-level area.
    pub area: String,
    /// Entries.
    pub size: u64,
    /// Since the newest checkpoint was signed.
    pub age: Duration,
}

/// How many cases of an area are due by one of the clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockState {
    /// County-level area.
    pub area: String,
    /// `review` or `grace`.
    pub clock: &'static str,
    /// Cases that fall due soon.
    pub due: u64,
    /// Cases whose day is over.
    pub overdue: u64,
}

/// How a pool of connections is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// Its name.
    pub pool: &'static str,
    /// Connections that work.
    pub used: u64,
    /// Connections that wait for work.
    pub idle: u64,
    /// The most that it may have.
    pub max: u64,
}

/// Everything that is counted and timed.
#[derive(Clone, Debug)]
pub struct Metrics {
    calls: Calls,
    calls_in_flight: Gauge,
    calls_denied: Family<ReasonLabel, Counter>,
    calls_limited: Family<LimitedLabel, Counter>,
    determinations: Family<OutcomeLabels, Counter>,
    decide_seconds: Histogram,
    queue_items: Gauge,
    queue_longest_items: Gauge,
    wait_seconds: Histogram,
    batch_items: Histogram,
    commit_seconds: Histogram,
    commits: Family<ResultLabel, Counter>,
    log_entries: Family<AreaLabel, Gauge>,
    checkpoint_age_seconds: Family<AreaLabel, Gauge>,
    witness_lag_seconds: Family<AreaLabel, Gauge>,
    read_only: Family<AreaLabel, Gauge>,
    cases_due: Family<ClockLabels, Gauge>,
    cases_overdue: Family<ClockLabels, Gauge>,
    looked_seconds: Gauge,
    connections: Family<PoolLabels, Gauge>,
    connections_max: Family<PoolLabel, Gauge>,
    ready: Gauge,
    draining: Gauge,
    started_seconds: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Metrics {
            calls: Family::new_with_constructor(call_histogram),
            calls_in_flight: Gauge::default(),
            calls_denied: Family::default(),
            calls_limited: Family::default(),
            determinations: Family::default(),
            decide_seconds: Histogram::new(COMMIT_SECONDS),
            queue_items: Gauge::default(),
            queue_longest_items: Gauge::default(),
            wait_seconds: Histogram::new(COMMIT_SECONDS),
            batch_items: Histogram::new(BATCH_ITEMS),
            commit_seconds: Histogram::new(COMMIT_SECONDS),
            commits: Family::default(),
            log_entries: Family::default(),
            checkpoint_age_seconds: Family::default(),
            witness_lag_seconds: Family::default(),
            read_only: Family::default(),
            cases_due: Family::default(),
            cases_overdue: Family::default(),
            looked_seconds: Gauge::default(),
            connections: Family::default(),
            connections_max: Family::default(),
            ready: Gauge::default(),
            draining: Gauge::default(),
            started_seconds: Gauge::default(),
        };
        // What never happened is 0 and not absent: a rate over it is a number, and its first rise is seen.
        for reason in ["credentials", "role", "scope"] {
            drop(metrics.calls_denied.get_or_create(&ReasonLabel { reason }));
        }
        for dry_run in [false, true] {
            drop(metrics.calls_limited.get_or_create(&limited(dry_run)));
        }
        for result in ["committed", "empty", "failed"] {
            drop(metrics.commits.get_or_create(&ResultLabel { result }));
        }
        metrics
    }
}

/// As a gauge holds it: what is counted is far below 2^63.
fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Puts the values of now in the place of those before; what is not there any more is forgotten.
fn replace<L>(family: &Family<L, Gauge>, values: impl IntoIterator<Item = (L, u64)>)
where
    L: Clone + Debug + Hash + Eq,
{
    family.clear();
    for (labels, value) in values {
        family.get_or_create(&labels).set(gauge(value));
    }
}

impl Metrics {
    /// The process began to serve.
    pub fn started(&self) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        self.started_seconds.set(gauge(now.unwrap_or_default().as_secs()));
    }

    /// A call began.
    pub fn call_began(&self) {
        self.calls_in_flight.inc();
    }

    /// A call ended. `trace_id`: of a trace that is kept, as an example of its duration.
    pub fn call_ended(&self, method: &'static str, code: &'static str, duration: Duration, trace_id: Option<&str>) {
        self.calls_in_flight.dec();
        let labels = CallLabels {
            rpc_system_name: "grpc",
            rpc_method: method,
            rpc_response_status_code: code,
        };
        let exemplar = trace_id.map(|trace_id| TraceLabel {
            trace_id: trace_id.to_owned(),
        });
        let at = exemplar.is_some().then(SystemTime::now);
        self.calls
            .get_or_create(&labels)
            .observe(duration.as_secs_f64(), exemplar, at);
    }

    /// A call, or an item of its stream, was denied.
    pub fn call_denied(&self, reason: &'static str) {
        self.calls_denied.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// How many were denied for a reason.
    #[must_use]
    pub fn denied_count(&self, reason: &'static str) -> u64 {
        self.calls_denied.get_or_create(&ReasonLabel { reason }).get()
    }

    /// A caller was over its rate.
    pub fn call_limited(&self, dry_run: bool) {
        self.calls_limited.get_or_create(&limited(dry_run)).inc();
    }

    /// How many calls were over their caller's rate.
    #[must_use]
    pub fn limited_count(&self, dry_run: bool) -> u64 {
        self.calls_limited.get_or_create(&limited(dry_run)).get()
    }

    /// A determination stands in the log.
    pub fn determined(&self, kind: &str, outcome: &str) {
        let (kind, outcome) = (kind.to_owned(), outcome.to_owned());
        self.determinations
            .get_or_create(&OutcomeLabels { kind, outcome })
            .inc();
    }

    /// The rules decided, whether it was recorded or not.
    pub fn decided(&self, duration: Duration) {
        self.decide_seconds.observe(duration.as_secs_f64());
    }

    /// Items wait in the queues: in all, and in the longest.
    pub fn queued(&self, items: u64, longest: u64) {
        self.queue_items.set(gauge(items));
        self.queue_longest_items.set(gauge(longest));
    }

    /// An item left its queue.
    pub fn waited(&self, duration: Duration) {
        self.wait_seconds.observe(duration.as_secs_f64());
    }

    /// A transaction of so many items ended: `committed`, `empty` or `failed`.
    pub fn committed(&self, items: u32, duration: Duration, result: &'static str) {
        self.batch_items.observe(f64::from(items));
        self.commit_seconds.observe(duration.as_secs_f64());
        self.commits.get_or_create(&ResultLabel { result }).inc();
    }

    /// How every log stands.
    pub fn logs(&self, logs: &[LogState]) {
        let of = |value: fn(&LogState) -> u64| {
            logs.iter().map(move |log| {
                let area = log.area.clone();
                (AreaLabel { area }, value(log))
            })
        };
        replace(&self.log_entries, of(|log| log.size));
        replace(&self.checkpoint_age_seconds, of(|log| log.age.as_secs()));
    }

    /// How long the oldest uncosigned head of each log has waited, in seconds.
    pub fn witness_lags(&self, lags: impl IntoIterator<Item = (String, u64)>) {
        let lags = lags.into_iter().map(|(area, lag)| (AreaLabel { area }, lag));
        replace(&self.witness_lag_seconds, lags);
    }

    /// Which logs are read-only.
    pub fn gates(&self, logs: impl IntoIterator<Item = (String, bool)>) {
        let logs = logs
            .into_iter()
            .map(|(area, closed)| (AreaLabel { area }, u64::from(closed)));
        replace(&self.read_only, logs);
    }

    /// How many cases are due, and that they were counted now.
    pub fn clocks(&self, clocks: &[ClockState], now: Duration) {
        let of = |value: fn(&ClockState) -> u64| {
            clocks.iter().map(move |state| {
                let (area, clock) = (state.area.clone(), state.clock);
                (ClockLabels { area, clock }, value(state))
            })
        };
        replace(&self.cases_due, of(|state| state.due));
        replace(&self.cases_overdue, of(|state| state.overdue));
        self.looked_seconds.set(gauge(now.as_secs()));
    }

    /// How the pools of connections are used.
    pub fn pools(&self, pools: &[PoolState]) {
        for state in pools {
            let pool = state.pool;
            let set = |state, value| {
                let labels = PoolLabels { pool, state };
                self.connections.get_or_create(&labels).set(gauge(value));
            };
            set("used", state.used);
            set("idle", state.idle);
            self.connections_max
                .get_or_create(&PoolLabel { pool })
                .set(gauge(state.max));
        }
    }

    /// Whether the server is ready, and whether it drains.
    pub fn readiness(&self, ready: bool, draining: bool) {
        self.ready.set(i64::from(ready));
        self.draining.set(i64::from(draining));
    }
}

fn limited(dry_run: bool) -> LimitedLabel {
    LimitedLabel {
        action: if dry_run { "counted" } else { "refused" },
    }
}
