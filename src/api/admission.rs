//! What stands before every call: draining, the number of calls, the deadline, a panic, and errors that are not ours.
//!
//! tonic's own limits sit outside the layers that are given to it and answer with other codes and without a reason, so
//! none of them is used.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use tokio::sync::Semaphore;
use tonic::{Code, Status};
use tower::{Layer, Service};

use super::status;
use crate::app::AppError;
use crate::shutdown::Drain;

/// Calls in flight at one time. Each waits at most for its place in a sequencer's queue, which is shorter: beyond this
/// number callers would only wait for each other.
pub const CALL_COUNT_MAX: usize = 1_024;

/// Longest time of a call, whatever deadline the caller sets.
pub const CALL_TIME_MAX: Duration = Duration::from_secs(30);

/// How much earlier than the caller's deadline we answer, so that the answer arrives and the transport's own timeout,
/// which says CANCELLED, comes second.
const DEADLINE_MARGIN: Duration = Duration::from_millis(10);

/// When a caller should come back who found every place taken.
const OVERLOADED_RETRY: Duration = Duration::from_millis(250);

/// Answered also while draining: it is how load balancers learn of it.
const HEALTH_PREFIX: &str = "/grpc.health.v1.Health/";

/// The layer.
#[derive(Clone, Debug)]
pub struct Admission {
    drain: Drain,
    places: Arc<Semaphore>,
    time_max: Duration,
}

impl Admission {
    /// Admits up to [`CALL_COUNT_MAX`] calls until the server drains.
    #[must_use]
    pub fn new(drain: Drain) -> Admission {
        Admission::with_limits(drain, CALL_COUNT_MAX, CALL_TIME_MAX)
    }

    fn with_limits(drain: Drain, call_count_max: usize, time_max: Duration) -> Admission {
        Admission {
            drain,
            places: Arc::new(Semaphore::new(call_count_max)),
            time_max,
        }
    }
}

impl<S> Layer<S> for Admission {
    type Service = Admitted<S>;

    fn layer(&self, inner: S) -> Admitted<S> {
        Admitted {
            inner,
            admission: self.clone(),
        }
    }
}

/// A service behind the layer.
#[derive(Clone, Debug)]
pub struct Admitted<S> {
    inner: S,
    admission: Admission,
}

impl<S, B, R> Service<Request<B>> for Admitted<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
    B: Send + 'static,
    R: Default + Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<R>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call; its clone stays for the next call.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        if request.uri().path().starts_with(HEALTH_PREFIX) {
            return inner.call(request).boxed();
        }
        if self.admission.drain.refuses() {
            return refuse(&AppError::ShuttingDown);
        }
        let Ok(place) = Arc::clone(&self.admission.places).try_acquire_owned() else {
            return refuse(&AppError::Overloaded {
                retry_after: OVERLOADED_RETRY,
            });
        };
        let time = time_of(request.headers(), self.admission.time_max);
        let work = AssertUnwindSafe(async move { inner.call(request).await }).catch_unwind();
        async move {
            let answer = match tokio::time::timeout(time, work).await {
                Ok(Ok(Ok(response))) => Ok(ours(response)),
                Ok(Ok(Err(error))) => Err(error),
                // The panic's own message may hold a value of the request; the hook has logged where it was.
                Ok(Err(_panic)) => Ok(status::status(&AppError::internal(&"a call panicked")).into_http()),
                Err(_elapsed) => Ok(status::status(&AppError::DeadlineExceeded).into_http()),
            };
            drop(place);
            answer
        }
        .boxed()
    }
}

fn refuse<R: Default + Send + 'static, E: Send + 'static>(
    error: &AppError,
) -> BoxFuture<'static, Result<Response<R>, E>> {
    let response = status::status(error).into_http();
    async move { Ok(response) }.boxed()
}

/// How long a call may take: until shortly before its caller's deadline, and never longer than our own.
fn time_of(headers: &HeaderMap, time_max: Duration) -> Duration {
    let asked = headers
        .get("grpc-timeout")
        .and_then(|value| value.to_str().ok())
        .and_then(timeout);
    asked.map_or(time_max, |asked| asked.saturating_sub(DEADLINE_MARGIN).min(time_max))
}

/// A `grpc-timeout`: at most eight digits and a unit.
fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3_600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

/// Gives the transport's own errors a reason as well: a message too large or malformed, an unknown method.
fn ours<R: Default>(response: Response<R>) -> Response<R> {
    let Some(found) = Status::from_header_map(response.headers()) else {
        return response;
    };
    if found.code() == Code::Ok || !found.details().is_empty() {
        return response;
    }
    status::of_transport(found.code()).map_or(response, Status::into_http)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tonic_types::StatusExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::shutdown::DrainSwitch;

    /// What a service behind the layer answers.
    async fn answer<F>(admission: Admission, request: Request<()>, work: F) -> (Code, String)
    where
        F: Future<Output = Response<()>> + Send + 'static,
    {
        let work = Arc::new(std::sync::Mutex::new(Some(work)));
        let service = tower::service_fn(move |_: Request<()>| {
            let work = work.lock().expect("not poisoned").take().expect("called once");
            async move { Ok::<_, Infallible>(work.await) }
        });
        let response = admission.layer(service).oneshot(request).await.expect("infallible");
        let status = Status::from_header_map(response.headers()).unwrap_or_else(|| Status::ok(""));
        (
            status.code(),
            status
                .get_details_error_info()
                .map(|info| info.reason)
                .unwrap_or_default(),
        )
    }

    fn call(path: &str) -> Request<()> {
        Request::builder().uri(path).body(()).expect("a request")
    }

    fn admission() -> (DrainSwitch, Admission) {
        let (switch, drain) = DrainSwitch::new();
        (switch, Admission::with_limits(drain, 1, Duration::from_secs(5)))
    }

    #[tokio::test]
    async fn a_draining_server_refuses_calls_and_still_answers_health() {
        let (switch, admission) = admission();
        switch.refuse_new_calls();
        let ok = || async { Response::new(()) };
        let refused = answer(admission.clone(), call("/doudi.v1.AuditService/GetEntry"), ok()).await;
        assert_eq!(refused, (Code::Unavailable, "SHUTTING_DOWN".to_owned()));
        assert_eq!(
            answer(admission, call("/grpc.health.v1.Health/Check"), ok()).await.0,
            Code::Ok
        );
    }

    #[tokio::test]
    async fn beyond_its_places_the_server_refuses_at_once() {
        let (_switch, admission) = admission();
        let held = Arc::clone(&admission.places)
            .try_acquire_owned()
            .expect("the only place");
        let ok = || async { Response::new(()) };
        assert_eq!(
            answer(admission.clone(), call("/x"), ok()).await,
            (Code::ResourceExhausted, "OVERLOADED".to_owned())
        );
        drop(held);
        assert_eq!(answer(admission, call("/x"), ok()).await.0, Code::Ok);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_ends_before_the_callers_deadline_and_says_that_the_outcome_is_unknown() {
        let (_switch, admission) = admission();
        let mut request = call("/x");
        request
            .headers_mut()
            .insert("grpc-timeout", "200m".parse().expect("ASCII"));
        let began = tokio::time::Instant::now();
        let answered = answer(admission, request, std::future::pending()).await;
        assert_eq!(answered, (Code::DeadlineExceeded, "DEADLINE_EXCEEDED".to_owned()));
        assert_eq!(began.elapsed(), Duration::from_millis(190));
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_and_frees_the_place() {
        let (_switch, admission) = admission();
        for _ in 0..2 {
            let answered = answer(admission.clone(), call("/x"), async { panic!("in a call") }).await;
            assert_eq!(answered, (Code::Internal, "INTERNAL".to_owned()));
        }
    }

    #[tokio::test]
    async fn errors_of_the_transport_get_a_reason_too() {
        for (code, expected) in [
            (Code::OutOfRange, (Code::InvalidArgument, "REQUEST_INVALID")),
            (Code::Internal, (Code::InvalidArgument, "REQUEST_INVALID")),
            (Code::Unimplemented, (Code::Unimplemented, "METHOD_UNKNOWN")),
        ] {
            let (_switch, admission) = admission();
            let answered = answer(
                admission,
                call("/x"),
                async move { Status::new(code, "theirs").into_http() },
            )
            .await;
            assert_eq!(answered, (expected.0, expected.1.to_owned()));
        }
    }

    #[test]
    fn timeouts_are_read_as_the_protocol_writes_them() {
        assert_eq!(timeout("99999999S"), Some(Duration::from_secs(99_999_999)));
        assert_eq!(timeout("1m"), Some(Duration::from_millis(1)));
        for other in ["", "S", "1", "1s", "-1S", "999999999S", "1é"] {
            assert_eq!(timeout(other), None, "{other}");
        }
    }
}
