//! What stands before every call and hears of every failure. The order, from outside in, each with its reason:
//!
//! 1. the call's id, so that everything after it can be found again ([`call_id`]);
//! 2. what came of the call ([`outcome`]), outside everything that can refuse it;
//! 3. a panic becomes an error with an id;
//! 4. health is let through: load balancers learn by it that the server drains. Its watches end with the drain, as the
//!    streams of reflection do ([`ending`]): their clients would hold the server otherwise;
//! 5. draining refuses;
//! 6. who calls, and whether they may call this at all: before they can take anything of others;
//! 7. the caller's rate ([`rate`]): before the places, so that one caller's flood does not take them; items of its
//!    streams wait for it;
//! 8. a place: so many calls at one time and no more, refused at once;
//! 9. the deadline (`deadline`).
//!
//! tonic's own limits sit outside the layers that are given to it and answer with other codes and without a reason, so
//! none of them is used.

pub mod call_id;
mod deadline;
mod ending;
pub mod outcome;
pub mod rate;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::Instrument as _;

use self::call_id::{CALL_ID_HEADER, CallId};
use self::outcome::{Denied, Outcomes, Watch, watched};
use self::rate::{Buckets, Pace, Rate};
use super::rpcs::{self, Rpc};
use super::{auth, status};
use crate::app::AppError;
use crate::app::damage::DamageMark;
use crate::identity::watch::Identity;
use crate::shutdown::Drain;
use crate::telemetry::context::Inbound;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::span;

/// Calls in flight at one time, unless a setting says otherwise. Each waits at most for its place in a sequencer's queue, which is shorter: beyond this
/// number callers would only wait for each other.
pub const CALL_COUNT_MAX: u32 = 1_024;

/// Longest time of a call, whatever deadline the caller sets.
pub const CALL_TIME_MAX: Duration = Duration::from_secs(30);

/// When a caller should come back who found every place taken.
const OVERLOADED_RETRY: Duration = Duration::from_millis(250);

/// Answered also while draining, and to everybody.
const HEALTH_PREFIX: &str = "/grpc.health.v1.Health/";

/// Where the contracts are read from, if that is switched on.
const REFLECTION_PREFIX: &str = "/grpc.reflection.";

/// The layer.
#[derive(Clone)]
pub struct Admission {
    drain: Drain,
    identity: Option<Arc<Identity>>,
    buckets: Option<Arc<Buckets>>,
    outcomes: Arc<Outcomes>,
    places: Arc<Semaphore>,
    time_max: Duration,
}

impl Admission {
    /// Admits so many calls at one time until the server drains, from callers on the same machine.
    #[must_use]
    pub fn new(drain: Drain, call_count_max: u32) -> Admission {
        Admission::with_limits(drain, call_count_max, CALL_TIME_MAX)
    }

    /// The same for callers with certificates, if there is an identity.
    #[must_use]
    pub fn asking(mut self, identity: Option<Arc<Identity>>) -> Admission {
        self.identity = identity;
        self
    }

    /// The same with a rate for each caller, if there is one.
    #[must_use]
    pub fn at_rate(mut self, rate: Option<Rate>) -> Admission {
        self.buckets = rate.map(|rate| Arc::new(Buckets::new(rate)));
        self
    }

    /// The same, counted there; damage that a caller is told of is marked there.
    #[must_use]
    pub fn measured(mut self, metrics: Arc<Metrics>, damage: Arc<DamageMark>) -> Admission {
        self.outcomes = Arc::new(Outcomes::counted(metrics, damage));
        self
    }

    /// What came of the calls.
    #[must_use]
    pub fn outcomes(&self) -> Arc<Outcomes> {
        Arc::clone(&self.outcomes)
    }

    fn with_limits(drain: Drain, call_count_max: u32, time_max: Duration) -> Admission {
        Admission {
            drain,
            identity: None,
            buckets: None,
            outcomes: Arc::default(),
            // Tokio counts places as usize, which is no smaller on the machines that this runs on.
            places: Arc::new(Semaphore::new(call_count_max as usize)),
            time_max,
        }
    }

    /// Steps 5 to 8. The caller is left in the request for the handlers.
    fn admit<B>(
        &self,
        request: &mut Request<B>,
        rpc: Option<&Rpc>,
        watch: &mut Watch,
    ) -> Result<OwnedSemaphorePermit, AppError> {
        if self.drain.refuses() {
            return Err(AppError::ShuttingDown);
        }
        let holder = auth::holder(self.identity.as_deref(), request.extensions(), request.headers())
            .inspect_err(|_| watch.denied(Denied::Credentials))?;
        let proof = auth::Proof::of(self.identity.as_ref(), request.extensions());
        let known = auth::Known::new(holder, proof, watch);
        watch.principal = Some(known.principal().clone());
        if rpc.is_some_and(|rpc| !known.roles().has_any(rpc.roles)) {
            watch.denied(Denied::Role);
            return Err(AppError::PermissionDenied);
        }
        if let Some(buckets) = &self.buckets {
            let pace = Pace::new(Arc::clone(buckets), known.principal().clone(), self.outcomes());
            pace.take().map_err(|retry_after| {
                self.outcomes.limited(false);
                AppError::RateLimited { retry_after }
            })?;
            request.extensions_mut().insert(pace);
        }
        request.extensions_mut().insert(known);
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_err(|_| AppError::Overloaded {
            retry_after: OVERLOADED_RETRY,
        })
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
#[derive(Clone)]
pub struct Admitted<S> {
    inner: S,
    admission: Admission,
}

impl<S, B> Service<Request<B>> for Admitted<S>
where
    S: Service<Request<B>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
    B: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call; its clone stays for the next call.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let path = request.uri().path();
        if path.starts_with(HEALTH_PREFIX) {
            let (drain, answer) = (self.admission.drain.clone(), inner.call(request));
            return async move { Ok(ending::until_drained(drain, answer.await?)) }.boxed();
        }
        let rpc = rpcs::rpc(path);
        let reflection = path.starts_with(REFLECTION_PREFIX).then_some("/grpc.reflection");
        let call_id = CallId::of(request.headers());
        let rpc_path = rpc.map(|rpc| rpc.path).or(reflection);
        let (span, place) = span::server(rpc_path, call_id, Inbound::of(request.headers()));
        let mut watch = Watch::new(self.admission.outcomes(), rpc_path, call_id, (span.clone(), place));
        let admission = self.admission.clone();
        let work = async move {
            let call = async {
                let place = match admission.admit(&mut request, rpc, &mut watch) {
                    Ok(place) => place,
                    Err(error) => return Ok(status::status(&error).into_http()),
                };
                let time = deadline::time_of(request.headers(), admission.time_max);
                let answer = tokio::time::timeout(time, inner.call(request)).await;
                drop(place);
                match answer {
                    Ok(answer) if reflection.is_some() => {
                        answer.map(|answer| ending::until_drained(admission.drain.clone(), ours(answer)))
                    }
                    Ok(answer) => answer.map(ours),
                    Err(_elapsed) => Ok(status::status(&AppError::DeadlineExceeded).into_http()),
                }
            };
            // The panic's own message may hold a value of the request; the hook has logged where it was.
            let answer = AssertUnwindSafe(call)
                .catch_unwind()
                .await
                .unwrap_or_else(|_panic| Ok(status::status(&AppError::internal(&"a call panicked")).into_http()));
            answer.map(|mut response| {
                let id = call_id.header().map(|id| (CALL_ID_HEADER, id));
                response
                    .headers_mut()
                    .extend(id.map(|(name, id)| (http::HeaderName::from_static(name), id)));
                watched(watch, response)
            })
        };
        work.instrument(span).boxed()
    }
}

/// Gives the transport's own errors a reason as well: a message too large, malformed or compressed, an unknown method.
fn ours(response: Response<Body>) -> Response<Body> {
    let Some(found) = Status::from_header_map(response.headers()) else {
        return response;
    };
    if found.code() == Code::Ok || !found.details().is_empty() {
        return response;
    }
    status::of_transport(&found).map_or(response, Status::into_http)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tonic_types::StatusExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::identity::Peer;
    use crate::shutdown::DrainSwitch;

    /// What a service behind the layer answers.
    async fn answer<F>(admission: Admission, request: Request<()>, work: F) -> (Code, String)
    where
        F: Future<Output = Response<Body>> + Send + 'static,
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

    /// A call from the same machine.
    fn call(path: &str) -> Request<()> {
        let peer = Peer {
            address: Some(([127, 0, 0, 1], 1).into()),
            certificate: None,
        };
        Request::builder()
            .uri(path)
            .extension(peer)
            .body(())
            .expect("a request")
    }

    fn admission() -> (DrainSwitch, Admission) {
        let (switch, drain) = DrainSwitch::new();
        (switch, Admission::with_limits(drain, 1, Duration::from_secs(5)))
    }

    #[tokio::test]
    async fn a_draining_server_refuses_calls_and_still_answers_health() {
        let (switch, admission) = admission();
        switch.refuse_new_calls();
        let ok = || async { Response::new(Body::empty()) };
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
        let ok = || async { Response::new(Body::empty()) };
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

    fn from(address: [u8; 4]) -> Request<()> {
        let peer = Peer {
            address: Some((address, 1).into()),
            certificate: None,
        };
        let path = "/doudi.v1.AuditService/GetEntry";
        Request::builder()
            .uri(path)
            .extension(peer)
            .body(())
            .expect("a request")
    }

    #[tokio::test]
    async fn a_denied_call_is_counted_by_its_reason_wherever_it_was_denied() {
        let (_switch, admission) = admission();
        let counted = |admission: &Admission| {
            [Denied::Credentials, Denied::Role, Denied::Scope].map(|why| admission.outcomes().denied_count(why))
        };
        let ok = async { Response::new(Body::empty()) };
        let answered = answer(admission.clone(), from([192, 0, 2, 1]), ok).await;
        assert_eq!(answered, (Code::Unauthenticated, "CREDENTIALS_INVALID".to_owned()));
        assert_eq!(counted(&admission), [1, 0, 0]);
        let denied = async { status::status(&AppError::PermissionDenied).into_http() };
        let answered = answer(admission.clone(), from([127, 0, 0, 1]), denied).await;
        assert_eq!(answered, (Code::PermissionDenied, "PERMISSION_DENIED".to_owned()));
        assert_eq!(counted(&admission), [1, 0, 1]);
    }

    #[tokio::test]
    async fn damage_that_a_caller_is_told_of_is_marked_and_entries_that_are_lost_are_none() {
        let (_switch, admission) = admission();
        let damage = Arc::<DamageMark>::default();
        let admission = admission.measured(Arc::default(), Arc::clone(&damage));
        let told = async |error: AppError| {
            let call = call("/doudi.v1.AuditService/GetEntry");
            let answered = async move { status::status(&error).into_http() };
            answer(admission.clone(), call, answered).await.0
        };
        assert_eq!(told(AppError::EntriesLost).await, Code::DataLoss);
        assert!(!damage.is_set());
        assert_eq!(told(AppError::corrupt("a test")).await, Code::DataLoss);
        assert!(damage.is_set());
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_over_its_rate_is_refused_or_only_counted() {
        let rate = |dry_run| Rate {
            calls_per_second: 1,
            burst: 1,
            dry_run,
        };
        for (dry_run, expected, counts) in [(false, Code::ResourceExhausted, (1, 0)), (true, Code::Ok, (0, 1))] {
            let (_switch, admission) = admission();
            let admission = admission.at_rate(Some(rate(dry_run)));
            let ok = || async { Response::new(Body::empty()) };
            assert_eq!(answer(admission.clone(), call("/x"), ok()).await.0, Code::Ok);
            assert_eq!(answer(admission.clone(), call("/x"), ok()).await.0, expected);
            assert_eq!(admission.outcomes().limited_counts(), counts);
        }
    }

    #[tokio::test]
    async fn every_answer_but_that_of_health_carries_the_id_of_its_call() {
        let (_switch, admission) = admission();
        let id = |path| {
            let work = tower::service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
            let service = admission.layer(work);
            async move {
                let response = service.oneshot(call(path)).await.expect("infallible");
                response.headers().contains_key(CALL_ID_HEADER)
            }
        };
        assert!(id("/doudi.v1.AuditService/GetEntry").await);
        assert!(!id("/grpc.health.v1.Health/Check").await);
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
    #[tokio::test]
    async fn a_compressed_request_is_told_that_compression_is_not_read() {
        let (_switch, admission) = admission();
        let mut theirs = Status::unimplemented("Content is compressed with `gzip` which isn't supported");
        let identity = tonic::metadata::MetadataValue::from_static("identity");
        theirs.metadata_mut().insert("grpc-accept-encoding", identity);
        let answered = answer(admission, call("/x"), async move { theirs.into_http() }).await;
        assert_eq!(answered, (Code::Unimplemented, "ENCODING_UNSUPPORTED".to_owned()));
    }
}
