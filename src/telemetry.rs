//! What is told of the service while it works: log lines, spans, metrics and probes, never with personal data.
//!
//! | file | what it tells, and to whom |
//! |---|---|
//! | this, [`lines`](self) | log lines to the error stream, as text or JSON; each JSON line names the trace |
//! | [`context`], [`span`] | the place of a call in a trace, and the spans under it |
//! | [`otlp`] | spans and lines to a collector, if one is set |
//! | [`metrics`] | counts and times, for Prometheus |
//! | [`probe`], [`http`] | the plain listener of operations: `/metrics`, `/livez`, `/readyz`, `/startupz` |
//!
//! An event names what happened by stable field names; facts, names and documents are never fields. Only the layers
//! that write lines are filtered by the setting: a global filter would also switch off the spans that carry the trace.

pub mod context;
pub mod http;
mod lines;
pub mod metrics;
pub mod otlp;
pub mod probe;
pub mod span;

use std::io::IsTerminal as _;
use std::time::Duration;

use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use serde::{Deserialize, Serialize};
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, ParseError, Targets, filter_fn};
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use self::otlp::{Export, Providers};

/// Our own events, and of the libraries only what is wrong: their finer events may name bind values and paths.
pub const FILTER_DEFAULT: &str = "warn,doudi=info";

/// How log lines look.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line of text an event.
    Text,
    /// One JSON object an event.
    Json,
}

/// Telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not in the syntax of `RUST_LOG`.
    #[error("log filter: {0}: write it like `{FILTER_DEFAULT}`")]
    Filter(#[from] ParseError),
    /// The collector cannot be addressed.
    #[error("otlp_endpoint: {0}: write it like `http://127.0.0.1:4317`")]
    Endpoint(#[from] opentelemetry_otlp::ExporterBuildError),
    /// Something else in this process has already set it up.
    #[error("logging is already set up in this process")]
    Twice,
}

/// Reads a filter.
///
/// # Errors
/// [`TelemetryError::Filter`].
pub fn filter(text: &str) -> Result<EnvFilter, TelemetryError> {
    Ok(EnvFilter::try_new(text)?)
}

/// What was set up, and is to be shut down last.
#[derive(Debug)]
pub struct Telemetry(Option<Providers>);

impl Telemetry {
    /// Sends what is left to the collector: spans within the bound, and then lines within the bound.
    pub async fn flush(self, bound: Duration) {
        let Some(providers) = self.0 else { return };
        // The exporters wait on threads of their own: never on one of the runtime's, which they need.
        let waiting = tokio::task::spawn_blocking(move || providers.shut_down(bound));
        let _ = tokio::time::timeout(2 * bound, waiting).await;
    }
}

/// Sets up log lines and, with an export, spans and lines to a collector, for the rest of the process. With an export
/// it is called inside the runtime.
///
/// # Errors
/// [`TelemetryError`].
pub fn start(format: LogFormat, filter: &str, export: Option<&Export>) -> Result<Telemetry, TelemetryError> {
    let providers = export.map(Providers::start).transpose()?;
    // A call's span is always made, whatever lines are written: it carries the ids of the trace.
    let calls = || filter_fn(|metadata| metadata.is_span() && is_call(metadata));
    let written = self::filter(filter)?.or(calls());
    // A file or a collector reads plain lines.
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines
            .fmt_fields(JsonFields::new())
            .event_format(lines::JsonLines)
            .boxed(),
    };
    let spans = providers.as_ref().map(|providers| {
        tracing_opentelemetry::layer()
            .with_tracer(providers.tracer())
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_target(span::TARGET, LevelFilter::DEBUG))
    });
    // Only our own lines: an exporter's complaint about the collector must not be sent to the collector.
    let sent = self::filter(filter)?.and(filter_fn(|metadata| metadata.target().starts_with("doudi")));
    let sent = providers
        .as_ref()
        .map(|providers| OpenTelemetryTracingBridge::new(providers.lines()).with_filter(sent));
    registry()
        .with(lines.with_filter(written))
        .with(spans)
        .with(sent)
        .try_init()
        .map_err(|_| TelemetryError::Twice)?;
    Ok(Telemetry(providers))
}

fn is_call(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.target() == span::TARGET && *metadata.level() == Level::INFO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_refused_with_an_example() {
        let error = start(LogFormat::Text, "doudi=loudly", None).unwrap_err();
        assert!(error.to_string().contains(FILTER_DEFAULT), "{error}");
    }
}
