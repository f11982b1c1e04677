//! The names of all metrics, what each says and in which unit, and the page that shows them.

use std::fmt;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::{Metrics, text};

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0, with units and exemplars.
    OpenMetrics,
    /// Prometheus text 0.0.4, which older readers and `promtool check metrics` take; it has no exemplars.
    Text,
}

impl Format {
    /// What a reader asks for by `Accept`.
    #[must_use]
    pub fn asked(accept: &str) -> Format {
        if accept.contains("application/openmetrics-text") {
            Format::OpenMetrics
        } else {
            Format::Text
        }
    }

    /// The content type of a page.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// All metrics under their names.
pub struct Page(Registry);

impl Page {
    /// The page of these metrics.
    #[must_use]
    pub fn new(metrics: &Metrics) -> Page {
        let mut registry = Registry::default();
        calls(&mut registry, metrics);
        decisions(&mut registry, metrics);
        log(&mut registry, metrics);
        service(&mut registry, metrics);
        Page(registry)
    }

    /// The page as it is now.
    ///
    /// # Errors
    /// Only if memory is short.
    pub fn write(&self, format: Format) -> Result<String, fmt::Error> {
        let mut page = String::new();
        encode(&mut page, &self.0)?;
        Ok(match format {
            Format::OpenMetrics => page,
            Format::Text => text::classic(&page),
        })
    }
}

fn unit(name: &str) -> Unit {
    Unit::Other(name.to_owned())
}

fn calls(registry: &mut Registry, metrics: &Metrics) {
    registry.register_with_unit(
        "rpc_server_call_duration",
        "Time of a call from its headers to the last byte of its answer, by method and status",
        Unit::Seconds,
        metrics.calls.clone(),
    );
    registry.register(
        "doudi_calls_in_flight",
        "Calls under way, streams among them",
        metrics.calls_in_flight.clone(),
    );
    registry.register(
        "doudi_calls_denied",
        "Calls and items of streams that were denied: credentials unknown, role missing, place out of scope",
        metrics.calls_denied.clone(),
    );
    registry.register(
        "doudi_calls_rate_limited",
        "Calls over the rate of their caller: refused, or in a dry run only counted, \
         as items of streams are that would have waited",
        metrics.calls_limited.clone(),
    );
}

fn decisions(registry: &mut Registry, metrics: &Metrics) {
    registry.register(
        "doudi_determinations",
        "Determinations that this process put into the log, by kind of decision and outcome",
        metrics.determinations.clone(),
    );
    registry.register_with_unit(
        "doudi_rules_decide_duration",
        "Time in which the rules decided one household, dry runs included",
        Unit::Seconds,
        metrics.decide_seconds.clone(),
    );
    registry.register(
        "doudi_cases_due",
        "Cases whose review falls due within 30 days, or whose grace period ends this month, by county",
        metrics.cases_due.clone(),
    );
    registry.register(
        "doudi_cases_overdue",
        "Cases whose review was due before today, or whose grace period ended before this month, by county",
        metrics.cases_overdue.clone(),
    );
    registry.register_with_unit(
        "doudi_cases_counted_timestamp",
        "When the cases that are due and the heads of the logs were last counted, Unix time",
        Unit::Seconds,
        metrics.looked_seconds.clone(),
    );
}

fn log(registry: &mut Registry, metrics: &Metrics) {
    registry.register_with_unit(
        "doudi_sequencer_queue",
        "Items that wait for a place in the log, in all queues",
        unit("items"),
        metrics.queue_items.clone(),
    );
    registry.register_with_unit(
        "doudi_sequencer_longest_queue",
        "Items that wait in the longest queue; at 1024 callers are told to come later",
        unit("items"),
        metrics.queue_longest_items.clone(),
    );
    registry.register_with_unit(
        "doudi_sequencer_wait_duration",
        "Time that an item waited in its queue",
        Unit::Seconds,
        metrics.wait_seconds.clone(),
    );
    registry.register_with_unit(
        "doudi_sequencer_batch",
        "Items of one transaction",
        unit("items"),
        metrics.batch_items.clone(),
    );
    registry.register_with_unit(
        "doudi_sequencer_commit_duration",
        "Time of one transaction, from its begin to COMMIT, signing included",
        Unit::Seconds,
        metrics.commit_seconds.clone(),
    );
    registry.register(
        "doudi_sequencer_commits",
        "Transactions of the sequencer: committed, empty because nothing stood, or failed",
        metrics.commits.clone(),
    );
    registry.register_with_unit(
        "doudi_log",
        "Entries of the open log of a county",
        unit("entries"),
        metrics.log_entries.clone(),
    );
    registry.register_with_unit(
        "doudi_log_checkpoint_age",
        "Time since the newest checkpoint of a county's log was signed; a quiet log has an old one",
        Unit::Seconds,
        metrics.checkpoint_age_seconds.clone(),
    );
    registry.register_with_unit(
        "doudi_log_witness_lag",
        "How long the oldest head of a county's log waits for its witnesses; 0 where none waits",
        Unit::Seconds,
        metrics.witness_lag_seconds.clone(),
    );
    registry.register(
        "doudi_log_read_only",
        "1 where the database does not hold the log that was signed: nothing is appended",
        metrics.read_only.clone(),
    );
}

fn service(registry: &mut Registry, metrics: &Metrics) {
    registry.register(
        "doudi_store_connections",
        "Connections to the database, by pool and whether they work",
        metrics.connections.clone(),
    );
    registry.register(
        "doudi_store_connections_max",
        "The most connections that a pool may have",
        metrics.connections_max.clone(),
    );
    registry.register(
        "doudi_ready",
        "1 while the database answers and the server does not drain",
        metrics.ready.clone(),
    );
    registry.register(
        "doudi_draining",
        "1 while the server shuts down",
        metrics.draining.clone(),
    );
    registry.register_with_unit(
        "doudi_start_timestamp",
        "When the server began to serve, Unix time",
        Unit::Seconds,
        metrics.started_seconds.clone(),
    );
    registry.register(
        "doudi_build",
        "The version of the running build",
        Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]),
    );
}
