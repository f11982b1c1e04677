//! The spans of a call: the server's own, and under it what the rules, the sequencer and the database do.
//!
//! Names follow the semantic conventions of OpenTelemetry for RPC and databases ([`super::otlp::SCHEMA_URL`]). No span
//! holds a value of a request, nor of a statement. All spans have one target, so that what exports them is filtered by
//! it; those under the server's are of level DEBUG, so that where nothing is exported they are not made at all.

use std::cell::OnceCell;
use std::fmt;

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::field::Empty;
use tracing::{Span, debug_span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan as _;

use super::context::{Inbound, TraceContext};

/// The target of every span.
pub const TARGET: &str = "doudi::span";

/// The method of a call that is not ours, whose path may hold anything.
pub const METHOD_OTHER: &str = "_OTHER";

/// What log lines say of the trace that they belong to.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    pub(super) trace_id: String,
    pub(super) span_id: String,
}

/// A call as conventions name its method: `doudi.v1.AuditService/GetEntry`.
#[must_use]
pub fn method(path: Option<&'static str>) -> &'static str {
    path.map_or(METHOD_OTHER, |path| path.trim_start_matches('/'))
}

/// The span of a call, and its place in the trace: that of the exported span if there is one, else of the caller's
/// header, else a new one.
#[must_use]
pub fn server(
    path: Option<&'static str>,
    call_id: impl fmt::Display,
    inbound: Option<Inbound>,
) -> (Span, TraceContext) {
    let method = method(path);
    let span = info_span!(
        target: TARGET, "call",
        otel.name = method, otel.kind = "server", call.id = %call_id, rpc.method = method,
        rpc.response.status_code = Empty, error.type = Empty, otel.status_code = Empty,
    );
    if let Some(inbound) = inbound {
        let parent = SpanContext::new(
            TraceId::from_bytes(inbound.trace_id),
            SpanId::from_bytes(inbound.span_id),
            TraceFlags::new(inbound.flags),
            true,
            TraceState::default(),
        );
        // Before the span is entered, and once: a later parent would be ignored. It fails where nothing is exported.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent));
    }
    span.set_attribute("rpc.system.name", "grpc");
    let exported = span.context();
    let exported = exported.span().span_context().clone();
    let mut place = TraceContext::begin(inbound);
    if exported.is_valid() {
        place.trace_id = exported.trace_id().to_string();
        place.span_id = exported.span_id().to_string();
        place.flags = exported.trace_flags().to_u8();
    }
    remember(&span, &place);
    (span, place)
}

/// Leaves the ids where the writer of log lines finds them.
fn remember(span: &Span, place: &TraceContext) {
    span.with_subscriber(|(id, dispatch)| {
        let kept = dispatch
            .downcast_ref::<Registry>()
            .and_then(|registry| registry.span(id));
        if let Some(kept) = kept {
            kept.extensions_mut().insert(Ids {
                trace_id: place.trace_id.clone(),
                span_id: place.span_id.clone(),
            });
        }
    });
}

/// Says how a call ended: with which code, and whether the server failed. Of a caller's mistake its span is no error.
pub fn ended(span: &Span, code: &'static str, server_failed: bool) {
    span.record("rpc.response.status_code", code);
    if server_failed {
        failed(span, code);
    }
}

/// One item of a stream.
#[must_use]
pub fn item() -> Span {
    debug_span!(target: TARGET, "stream item")
}

/// The rules decide.
#[must_use]
pub fn decide() -> Span {
    debug_span!(target: TARGET, "rules decide")
}

/// An item waits for its place in the log and for the commit that gives it.
#[must_use]
pub fn append() -> Span {
    debug_span!(target: TARGET, "log append")
}

/// A commit of items that waited. It stands under the first of them and is linked to the others.
pub fn commit<'a>(mut waiting: impl Iterator<Item = &'a Span>, item_count: usize) -> Span {
    let Some(first) = waiting.next() else {
        return Span::none();
    };
    let commit = debug_span!(target: TARGET, parent: first, "log commit", log.items = item_count);
    if !commit.is_disabled() {
        for other in waiting.take(LINK_COUNT_MAX) {
            commit.follows_from(other);
        }
    }
    commit
}

/// Links of a commit's span: the SDK's own limit.
const LINK_COUNT_MAX: usize = 128;

/// A statement sent to a database: what it does to which table, and nothing of its text or values.
#[must_use]
pub fn statement(system: &'static str, sql: &str) -> Span {
    client(system, || Summary::of(sql))
}

/// Rows that are inserted into tables, each `name (columns)`, by one statement.
#[must_use]
pub fn insert<'a, T: Iterator<Item = &'a str>>(system: &'static str, tables: impl Fn() -> T) -> Span {
    client(system, || Summary {
        operation: "INSERT",
        collections: tables().map(name_at).collect(),
    })
}

/// The span of a statement. Its summary is made only where somebody keeps the span, and once.
fn client<'a>(system: &'static str, make: impl Fn() -> Summary<'a>) -> Span {
    let made = OnceCell::new();
    let summary = || made.get_or_init(&make);
    debug_span!(
        target: TARGET, "statement",
        otel.name = %summary(), otel.kind = "client",
        db.system.name = system, db.operation.name = summary().operation,
        db.collection.name = summary().collection(), db.query.summary = %summary(),
        error.type = Empty, otel.status_code = Empty,
    )
}

/// The name with which a text begins.
fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// What the span stands for failed.
pub fn failed(span: &Span, kind: &'static str) {
    span.record("error.type", kind);
    span.record("otel.status_code", "ERROR");
}

/// The first word of a statement and the tables that it is about: of a SELECT or a change the first that it names.
struct Summary<'a> {
    operation: &'a str,
    collections: Vec<&'a str>,
}

impl<'a> Summary<'a> {
    fn of(sql: &'a str) -> Summary<'a> {
        let mut words = sql.split_ascii_whitespace();
        let operation = words.next().unwrap_or_default();
        let mut before = operation;
        for word in words {
            if matches!(before, "FROM" | "INTO" | "UPDATE") && !word.starts_with('(') {
                let collections = vec![name_at(word)];
                return Summary { operation, collections };
            }
            before = word.trim_start_matches('(');
        }
        Summary {
            operation,
            collections: Vec::new(),
        }
    }

    fn collection(&self) -> &'a str {
        self.collections.first().copied().unwrap_or_default()
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation)?;
        self.collections
            .iter()
            .try_for_each(|collection| write!(f, " {collection}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_named_by_its_operation_and_its_first_table() {
        for (sql, expected) in [
            ("SELECT area, size FROM log_head WHERE log_id = $1", "SELECT log_head"),
            ("INSERT INTO document (log_id, idx) VALUES (1, 2)", "INSERT document"),
            ("INSERT INTO document(log_id)", "INSERT document"),
            ("UPDATE log_head SET size = $1", "UPDATE log_head"),
            ("SELECT 1, (SELECT log_id FROM log WHERE area = $2)", "SELECT log"),
            ("SELECT x FROM (SELECT y FROM case_head) AS z", "SELECT case_head"),
            ("COMMIT", "COMMIT"),
            ("SAVEPOINT share", "SAVEPOINT"),
        ] {
            assert_eq!(Summary::of(sql).to_string(), expected, "{sql}");
        }
    }

    #[test]
    fn without_a_subscriber_a_call_still_has_a_place_in_a_trace() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let (_, place) = server(Some("/doudi.v1.AuditService/GetEntry"), "x", Inbound::read(header));
        assert_eq!(place.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(place.parent_span_id.as_deref(), Some("00f067aa0ba902b7"));
        let (_, place) = server(None, "x", None);
        assert!(super::super::context::is_trace_id(&place.trace_id));
    }
}
