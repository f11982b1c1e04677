//! Spans and log lines to a collector, over OTLP and gRPC. Off where no endpoint is set.

use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{
    Compression, ExporterBuildError, LogExporter, SpanExporter, WithExportConfig, WithTonicConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tracing::warn;

/// The conventions after which spans and their attributes are named.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.40.0";

/// How long one export may take; what waits longer is dropped, and the service goes on.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where spans and lines go, which calls are kept, and who sends them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// `http://HOST:PORT` or `https://HOST:PORT`.
    pub endpoint: String,
    /// Of a million traces that begin here, so many are kept; a caller's own decision is followed.
    pub sampled_per_million: u32,
    /// The name of the service.
    pub service: String,
}

impl Export {
    /// The share of traces that is kept.
    #[expect(
        clippy::float_arithmetic,
        reason = "the sampler's own measure; nothing is decided by it"
    )]
    fn ratio(&self) -> f64 {
        f64::from(self.sampled_per_million) / PER_MILLION
    }
}

/// What sends, until it is shut down.
#[derive(Clone, Debug)]
pub struct Providers {
    spans: SdkTracerProvider,
    lines: SdkLoggerProvider,
}

impl Providers {
    /// Sets the exporters up, inside the runtime that will carry them. Nothing is connected yet: a collector that is
    /// away does not keep the service from starting.
    pub(super) fn start(export: &Export) -> Result<Providers, ExporterBuildError> {
        let resource = Resource::builder()
            .with_service_name(export.service.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let spans = addressed(SpanExporter::builder().with_tonic(), export).build()?;
        let lines = addressed(LogExporter::builder().with_tonic(), export).build()?;
        Ok(Providers {
            spans: SdkTracerProvider::builder()
                .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(
                    export.ratio(),
                ))))
                .with_resource(resource.clone())
                .with_batch_exporter(spans)
                .build(),
            lines: SdkLoggerProvider::builder()
                .with_resource(resource)
                .with_batch_exporter(lines)
                .build(),
        })
    }

    /// What makes spans.
    pub(super) fn tracer(&self) -> SdkTracer {
        let scope = InstrumentationScope::builder("doudi")
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(SCHEMA_URL)
            .build();
        self.spans.tracer_with_scope(scope)
    }

    /// What takes lines.
    pub(super) fn lines(&self) -> &SdkLoggerProvider {
        &self.lines
    }

    /// Sends what is left, spans and lines each within the bound. Blocks: call it where a thread may wait.
    pub fn shut_down(&self, bound: Duration) {
        for ended in [
            self.spans.shutdown_with_timeout(bound),
            self.lines.shutdown_with_timeout(bound),
        ] {
            if let Err(error) = ended {
                warn!(%error, "spans or lines of the last moment did not reach the collector");
            }
        }
    }
}

/// An exporter's builder with what holds for spans and lines alike.
fn addressed<B: WithExportConfig + WithTonicConfig>(builder: B, export: &Export) -> B {
    builder
        .with_endpoint(&export.endpoint)
        .with_timeout(EXPORT_TIMEOUT)
        .with_compression(Compression::Gzip)
}

const PER_MILLION: f64 = 1_000_000.0;
