//! The gRPC server: the five services, health and reflection behind one admission, from a listener to its shutdown.

pub(crate) mod incoming;
pub(crate) mod plain;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tracing::{error, info, warn};

use crate::api::admission::rate::Rate;
use crate::api::admission::{Admission, CALL_COUNT_MAX};
use crate::api::pb::audit_service_server::AuditServiceServer;
use crate::api::pb::determination_service_server::DeterminationServiceServer;
use crate::api::pb::exit_service_server::ExitServiceServer;
use crate::api::pb::policy_service_server::PolicyServiceServer;
use crate::api::pb::review_service_server::ReviewServiceServer;
use crate::api::{Edge, POLICY_REQUEST_SIZE_MAX_BYTES, REQUEST_SIZE_MAX_BYTES, pb};
use crate::app::App;
use crate::identity::watch::Identity;
use crate::server::incoming::CONNECTION_COUNT_MAX;
use crate::shutdown::{self, Bounds, DrainSwitch, Steps};
use crate::telemetry::probe::Probes;

const KIB: usize = 1024;

/// Largest answer: a thousand entries of a usual size, or one policy in three forms. Clients accept 4 MiB unless they
/// are told otherwise.
pub const RESPONSE_SIZE_MAX_BYTES: usize = 4 * KIB * KIB;

/// Streams of one connection, each a call.
const CONNECTION_STREAM_COUNT_MAX: u32 = 256;

/// Largest headers of a call.
const HEADERS_SIZE_MAX_BYTES: u32 = 16 * 1024;

/// How often a silent connection is asked whether it lives, and how long it may take to answer.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection takes new calls: then its client opens another, which spreads channels over replicas and
/// asks for the certificate again, by the authorities as they are then.
const CONNECTION_AGE_MAX: Duration = Duration::from_secs(30 * 60);

/// How long calls of an old connection may go on: a stream of many thousand items. A longer one is resumed by its
/// request ids.
const CONNECTION_GRACE_MAX: Duration = Duration::from_secs(60 * 60);

/// How often readiness is looked at.
const READINESS_INTERVAL: Duration = Duration::from_secs(2);

/// How often the service's own entries are looked for: an hour of reads is in the log a minute after its end.
const OWN_ENTRIES_INTERVAL: Duration = Duration::from_secs(60);

/// Names of the services in health; the empty one is the server as a whole.
const HEALTH_NAMES: [&str; 6] = [
    "",
    "doudi.v1.DeterminationService",
    "doudi.v1.ReviewService",
    "doudi.v1.ExitService",
    "doudi.v1.PolicyService",
    "doudi.v1.AuditService",
];

/// Who may call, how often, and who is told how the server stands.
#[derive(Clone)]
pub struct Access {
    /// Certificates and principals; none: callers on the same machine alone, by name.
    pub identity: Option<Arc<Identity>>,
    /// Calls at one time, of all callers together.
    pub calls_at_once: u32,
    /// Calls of one caller; none: as many as there are places.
    pub rate: Option<Rate>,
    /// Whether the contracts can be read by reflection.
    pub reflection: bool,
    /// What probes are told.
    pub probes: Arc<Probes>,
}

impl Default for Access {
    fn default() -> Self {
        Access {
            identity: None,
            calls_at_once: CALL_COUNT_MAX,
            rate: None,
            reflection: true,
            probes: Arc::default(),
        }
    }
}

/// The server stopped without being asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The descriptors of our own contracts cannot be served.
    #[error("the contracts cannot be served by reflection: the build is broken")]
    Reflection(#[source] tonic_reflection::server::Error),
    /// The transport gave up.
    #[error("the server stopped: see its cause")]
    Transport(#[source] tonic::transport::Error),
    /// The task of the server was lost.
    #[error("the server's task ended: see its cause")]
    Task(#[source] tokio::task::JoinError),
}

/// Serves until `stop` is done, then shuts down by the list of [`shutdown`]. Whether every step kept its bound.
///
/// # Errors
/// [`ServeError`] if the server ends by itself.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    access: Access,
    bounds: Bounds,
    stop: impl Future<Output = ()>,
    telemetry_flushed: impl Future<Output = ()>,
) -> Result<bool, ServeError> {
    let (switch, drain) = DrainSwitch::new();
    let metrics = app.metrics();
    metrics.started();
    let admission = Admission::new(drain.clone(), access.calls_at_once)
        .measured(Arc::clone(&metrics), app.damage())
        .asking(access.identity.clone())
        .at_rate(access.rate);
    let edge = Arc::new(Edge::new(Arc::clone(&app), drain.clone(), admission.outcomes()));
    let (health, health_service) = tonic_health::server::health_reporter();
    // The reporter starts as SERVING; until the first look at readiness that would be a guess.
    report(&health, ServingStatus::NotServing).await;
    let (v1, v1alpha) = if access.reflection {
        let v1 = reflection().build_v1().map_err(ServeError::Reflection)?;
        // Python's and Go's published clients still ask for the older name of the same service.
        (
            Some(v1),
            Some(reflection().build_v1alpha().map_err(ServeError::Reflection)?),
        )
    } else {
        (None, None)
    };
    let router = Server::builder()
        .layer(admission)
        .max_concurrent_streams(CONNECTION_STREAM_COUNT_MAX)
        .http2_max_header_list_size(HEADERS_SIZE_MAX_BYTES)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .max_connection_age(CONNECTION_AGE_MAX)
        .max_connection_age_grace(CONNECTION_GRACE_MAX)
        .add_service(health_service)
        .add_optional_service(v1)
        .add_optional_service(v1alpha)
        .add_service(
            DeterminationServiceServer::from_arc(Arc::clone(&edge))
                .max_decoding_message_size(REQUEST_SIZE_MAX_BYTES)
                .max_encoding_message_size(RESPONSE_SIZE_MAX_BYTES),
        )
        .add_service(
            ReviewServiceServer::from_arc(Arc::clone(&edge))
                .max_decoding_message_size(REQUEST_SIZE_MAX_BYTES)
                .max_encoding_message_size(RESPONSE_SIZE_MAX_BYTES),
        )
        .add_service(
            ExitServiceServer::from_arc(Arc::clone(&edge))
                .max_decoding_message_size(REQUEST_SIZE_MAX_BYTES)
                .max_encoding_message_size(RESPONSE_SIZE_MAX_BYTES),
        )
        .add_service(
            PolicyServiceServer::from_arc(Arc::clone(&edge))
                .max_decoding_message_size(POLICY_REQUEST_SIZE_MAX_BYTES)
                .max_encoding_message_size(RESPONSE_SIZE_MAX_BYTES),
        )
        .add_service(
            AuditServiceServer::from_arc(edge)
                .max_decoding_message_size(REQUEST_SIZE_MAX_BYTES)
                .max_encoding_message_size(RESPONSE_SIZE_MAX_BYTES),
        );
    let mut refusing = drain.clone();
    let following = access.identity.clone().map(|identity| tokio::spawn(identity.follow()));
    let incoming = incoming::links(listener, CONNECTION_COUNT_MAX, access.identity);
    let mut serving: JoinHandle<Result<(), tonic::transport::Error>> =
        tokio::spawn(router.serve_with_incoming_shutdown(incoming, async move { refusing.begun().await }));
    let probes = access.probes;
    let readiness = tokio::spawn(watch_readiness(Arc::clone(&app), health.clone(), Arc::clone(&probes)));
    let entries = tokio::spawn(write_own_entries(Arc::clone(&app)));
    let counting = Arc::clone(&app);
    let gauges = tokio::spawn(async move { counting.follow_gauges().await });

    tokio::select! {
        ended = &mut serving => {
            readiness.abort();
            entries.abort();
            gauges.abort();
            following.inspect(JoinHandle::abort);
            return ended.map_err(ServeError::Task)?.map_err(ServeError::Transport).map(|()| true);
        }
        () = stop => {}
    }

    let abort = serving.abort_handle();
    let steps = Steps {
        not_serving: async {
            readiness.abort();
            probes.draining();
            metrics.readiness(false, true);
            report(&health, ServingStatus::NotServing).await;
        },
        calls_finished: async {
            match serving.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => warn!(%error, "the transport ended with an error"),
                Err(error) => warn!(%error, "the server's task was lost"),
            }
        },
        log_flushed: async {
            // Calls that did not finish in time end here; their callers retry with the same request id.
            abort.abort();
            entries.abort();
            gauges.abort();
            following.inspect(JoinHandle::abort);
            app.close().await;
        },
        telemetry_flushed,
    };
    Ok(shutdown::run(steps, switch, bounds).await)
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

/// Reports what readiness says, and says it in the log when it changes.
async fn watch_readiness(app: Arc<App>, health: HealthReporter, probes: Arc<Probes>) {
    let mut before = None;
    loop {
        let looked = app.ready().await;
        let ready = looked.is_ok();
        probes.looked(looked.as_ref().err().map(ToString::to_string), app.read_only());
        app.metrics().readiness(ready, false);
        if before != Some(ready) {
            match looked {
                Ok(()) => {
                    report(&health, ServingStatus::Serving).await;
                    info!("serving");
                }
                Err(cause) => {
                    report(&health, ServingStatus::NotServing).await;
                    error!(%cause, "not ready: health says NOT_SERVING");
                }
            }
            before = Some(ready);
        }
        tokio::time::sleep(READINESS_INTERVAL).await;
    }
}

/// Writes the service's own entries, looking again and again: the reads of each hour that ended, and the keys in use
/// where a log took no entries when the server started. Destroys what a failed erasure left.
async fn write_own_entries(app: Arc<App>) {
    loop {
        if let Err(cause) = app.record_key_events_left().await {
            app.met(&cause);
            warn!(%cause, "the keys in use are not in every log yet: trying again");
        }
        if let Err(cause) = app.close_access_hours().await {
            app.met(&cause);
            warn!(%cause, "the reads of an hour are not in the log yet: trying again");
        }
        if let Err(cause) = app.finish_erasures().await {
            app.met(&cause);
            warn!(%cause, "keys of erased cases are not destroyed yet: trying again");
        }
        tokio::time::sleep(OWN_ENTRIES_INTERVAL).await;
    }
}

async fn report(health: &HealthReporter, status: ServingStatus) {
    for name in HEALTH_NAMES {
        health.set_service_status(name, status).await;
    }
}

/// Logs where a panic was and never its message, which may hold a value of a request.
pub fn log_panics_by_place() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        error!(panic.place = %place, "a panic: this is a bug, tell who maintains doudi");
    }));
}

#[cfg(test)]
mod tests;
