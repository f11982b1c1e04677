//! What came of each call: the one place where call, caller, status and duration are known together.
//!
//! Denied calls are counted and logged here, by caller, call and reason and nothing else of them. Whatever measures
//! calls begins in [`Outcomes::ended`].

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tracing::{Span, warn};

use super::super::status::tells_damage;
use super::call_id::CallId;
use crate::app::AppError;
use crate::app::caller::{Principal, TraceContext};
use crate::app::damage::DamageMark;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::span;

/// Why a call was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Nobody knows the certificate, or it does not hold any more.
    Credentials,
    /// The caller has none of the roles.
    Role,
    /// The area, the grant of identities, or the side of a sample is not the caller's.
    Scope,
}

impl Denied {
    /// The word in log lines and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Denied::Credentials => "credentials",
            Denied::Role => "role",
            Denied::Scope => "scope",
        }
    }
}

/// One call that ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Path of the call; none for one that is not ours, whose path may hold anything.
    pub rpc: Option<&'static str>,
    /// Who called, once known.
    pub principal: Option<Principal>,
    /// Its id.
    pub call_id: CallId,
    /// How it ended. A stream that its reader left is CANCELLED.
    pub code: Code,
    /// From its headers to the last byte of its answer.
    pub duration: Duration,
    /// Its place in a trace.
    pub trace: TraceContext,
}

/// What came of all calls so far.
#[derive(Debug, Default)]
pub struct Outcomes {
    metrics: Arc<Metrics>,
    damage: Arc<DamageMark>,
}

impl Outcomes {
    /// Counted there; damage that a caller is told of is marked there.
    #[must_use]
    pub fn counted(metrics: Arc<Metrics>, damage: Arc<DamageMark>) -> Outcomes {
        Outcomes { metrics, damage }
    }

    /// An item of a stream was refused, which its call goes on after.
    pub fn item_refused(&self, error: &AppError) {
        self.damage.met(error);
    }

    /// A call ended.
    pub fn ended(&self, outcome: &Outcome) {
        self.metrics.call_ended(
            span::method(outcome.rpc),
            code_name(outcome.code),
            outcome.duration,
            outcome.trace.is_sampled().then_some(outcome.trace.trace_id.as_str()),
        );
        tracing::debug!(
            rpc.method = outcome.rpc.unwrap_or("unknown"),
            rpc.code = ?outcome.code,
            call.id = %outcome.call_id,
            call.caller = outcome.principal.as_ref().map_or("unknown", Principal::as_str),
            call.duration_us = u64::try_from(outcome.duration.as_micros()).unwrap_or(u64::MAX),
            "a call ended"
        );
    }

    /// A call, or an item of its stream, was denied.
    pub fn denied(&self, why: Denied, rpc: Option<&'static str>, principal: Option<&Principal>, call_id: CallId) {
        self.metrics.call_denied(why.word());
        warn!(
            denied.reason = why.word(),
            rpc.method = rpc.unwrap_or("unknown"),
            call.caller = principal.map_or("unknown", Principal::as_str),
            call.id = %call_id,
            "a call was denied"
        );
    }

    /// A caller's bucket was empty.
    pub fn limited(&self, dry_run: bool) {
        self.metrics.call_limited(dry_run);
    }

    /// How many calls were denied for a reason.
    #[must_use]
    pub fn denied_count(&self, why: Denied) -> u64 {
        self.metrics.denied_count(why.word())
    }

    /// How many calls were refused by rate, and how many would have been in a dry run.
    #[must_use]
    pub fn limited_counts(&self) -> (u64, u64) {
        (self.metrics.limited_count(false), self.metrics.limited_count(true))
    }
}

/// A call under way; its end is told once, at the latest when it is dropped.
#[derive(Debug)]
pub struct Watch {
    outcomes: Arc<Outcomes>,
    began: Instant,
    told: bool,
    /// Path of the call, if it is ours.
    pub rpc: Option<&'static str>,
    /// Who calls, once known.
    pub principal: Option<Principal>,
    /// Its id.
    pub call_id: CallId,
    /// Its place in a trace.
    pub trace: TraceContext,
    /// Its span, which ends with it.
    span: Span,
    /// Denied at the gate, which has told it.
    refused: bool,
}

impl Watch {
    /// A call began.
    pub fn new(
        outcomes: Arc<Outcomes>,
        rpc: Option<&'static str>,
        call_id: CallId,
        (span, trace): (Span, TraceContext),
    ) -> Watch {
        outcomes.metrics.call_began();
        Watch {
            outcomes,
            began: Instant::now(),
            told: false,
            rpc,
            principal: None,
            call_id,
            trace,
            span,
            refused: false,
        }
    }

    /// The gate denied the call.
    pub fn denied(&mut self, why: Denied) {
        self.refused = true;
        self.outcomes
            .denied(why, self.rpc, self.principal.as_ref(), self.call_id);
    }

    /// The call ended with a status.
    fn answered(&mut self, status: &Status) {
        if tells_damage(status) {
            self.outcomes.damage.set();
        }
        self.ended(status.code());
    }

    fn ended(&mut self, code: Code) {
        if self.told {
            return;
        }
        self.told = true;
        if code == Code::PermissionDenied && !self.refused {
            self.denied(Denied::Scope);
        }
        span::ended(&self.span, code_name(code), is_server_error(code));
        self.outcomes.ended(&Outcome {
            rpc: self.rpc,
            principal: self.principal.clone(),
            call_id: self.call_id,
            code,
            duration: self.began.elapsed(),
            trace: self.trace.clone(),
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ended(Code::Cancelled);
    }
}

/// An answer that is watched to its end: its status stands in its headers, or in the trailers of its body.
pub fn watched(mut watch: Watch, response: http::Response<Body>) -> http::Response<Body> {
    if let Some(status) = Status::from_header_map(response.headers()) {
        watch.answered(&status);
        return response;
    }
    response.map(|inner| Body::new(Watched { inner, watch }))
}

struct Watched {
    inner: Body,
    watch: Watch,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    match Status::from_header_map(trailers) {
                        Some(status) => self.watch.answered(&status),
                        None => self.watch.ended(Code::Unknown),
                    }
                }
            }
            Poll::Ready(Some(Err(status))) => {
                let watch = &mut self.watch;
                watch.answered(status);
            }
            Poll::Ready(None) => self.watch.ended(Code::Unknown),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Whether a code says that the server failed, and not its caller.
fn is_server_error(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

/// The name of a code, as the gRPC specification writes it.
const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_mistake_is_no_error_of_the_server() {
        let errors: Vec<&str> = (0..17)
            .map(Code::from)
            .filter(|code| is_server_error(*code))
            .map(code_name)
            .collect();
        let expected = [
            "UNKNOWN",
            "DEADLINE_EXCEEDED",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
        ];
        assert_eq!(errors, expected);
    }
}
