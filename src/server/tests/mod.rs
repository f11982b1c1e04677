//! The server over a real port: health, reflection, and errors of the transport with a reason of ours.

mod access;
mod bundle;
mod bundle_tampered;
mod cases;
mod closed_log;
mod contradicted;
mod disclosure;
mod epochs;
mod erasure;
mod findings;
mod flow;
mod identity;
mod impact;
mod lost_key;
mod opening;
mod persons;
mod publishing;
mod rates;
mod restored;
mod restriction;
mod rotation;
mod round_trips;
mod sample_faults;
mod samples;
mod transfer;

use std::net::SocketAddr;

use prost::Message as _;
use tokio::sync::oneshot;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_health::pb::health_check_response::ServingStatus as Health;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
use tonic_types::StatusExt as _;

use super::*;
use crate::api::pb::audit_service_client::AuditServiceClient;
use crate::api::pb::determination_service_client::DeterminationServiceClient;
use crate::app::AreaRegister;
use crate::app::entropy::OsEntropy;
use crate::app::vault::Vault;
use crate::log::keys::KeyRing;
use crate::log::sequencer::{Clock, SystemClock};

const BOUNDS: Bounds = Bounds {
    drain: Duration::from_millis(200),
    finish: Duration::from_secs(5),
    flush: Duration::from_secs(5),
    telemetry: Duration::from_secs(5),
};

struct Running {
    channel: Channel,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<bool, ServeError>>,
    _folder: Option<tempfile::TempDir>,
}

async fn start() -> Running {
    let folder = tempfile::tempdir().expect("a folder");
    let app = app(&folder).await;
    serving(app, folder).await
}

/// A server on a migrated database.
async fn start_on(url: &str) -> Running {
    let app = app_on(url, Arc::new(SystemClock::new())).await;
    answering(app, None).await
}

/// Serves these use cases; `folder` is kept until the server is dropped.
async fn serving(app: Arc<App>, folder: tempfile::TempDir) -> Running {
    answering(app, Some(folder)).await
}

async fn answering(app: Arc<App>, folder: Option<tempfile::TempDir>) -> Running {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(async move {
        let stop = async { drop(stopped.await) };
        serve(listener, app, Access::default(), BOUNDS, stop, async {}).await
    });
    let endpoint = Channel::from_shared(format!("http://{address}")).expect("an address");
    Running {
        channel: endpoint.connect().await.expect("a connection"),
        stop,
        server,
        _folder: folder,
    }
}

/// The use cases over a database of its own in `folder`, which the caller keeps.
async fn app(folder: &tempfile::TempDir) -> Arc<App> {
    let url = format!("sqlite:{}", folder.path().join("doudi.sqlite").display());
    crate::store::migrate(&url).await.expect("migrations run");
    app_on(&url, Arc::new(SystemClock::new())).await
}

/// The use cases over a migrated database.
async fn app_on(url: &str, clock: Arc<dyn Clock>) -> Arc<App> {
    let store = crate::store::open(url).await.expect("the store opens");
    let keys = KeyRing::generate(&mut OsEntropy).expect("the system has random bytes");
    app_of(store, keys, clock, crate::app::Watch::default())
}

fn app_over(store: Arc<dyn crate::store::Store>) -> Arc<App> {
    let keys = KeyRing::generate(&mut OsEntropy).expect("the system has random bytes");
    app_of(store, keys, Arc::new(SystemClock::new()), crate::app::Watch::default())
}

fn app_of(
    store: Arc<dyn crate::store::Store>,
    keys: KeyRing,
    clock: Arc<dyn Clock>,
    watch: crate::app::Watch,
) -> Arc<App> {
    let areas = AreaRegister::read("areas.yaml", include_str!("../../../policy/areas.yaml")).expect("no mistakes");
    let texts = vec![include_str!("../../../policy/texts/huaimin-2021-142.txt").to_owned()];
    let vault = Vault::new(keys);
    Arc::new(App::guarded(store, vault, clock, "test.doudi", areas, texts, watch))
}

fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

async fn health(channel: &Channel) -> Health {
    let request = tonic_health::pb::HealthCheckRequest {
        service: "doudi.v1.AuditService".to_owned(),
    };
    let answer = HealthClient::new(channel.clone())
        .check(request)
        .await
        .expect("health answers");
    answer.into_inner().status()
}

#[tokio::test]
async fn health_follows_readiness_and_a_shutdown_refuses_then_ends_in_time() {
    let running = start().await;
    while health(&running.channel).await != Health::Serving {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.stop.send(()).expect("the server listens");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(health(&running.channel).await, Health::NotServing);
    let ended = tokio::time::timeout(Duration::from_secs(5), running.server)
        .await
        .expect("in time");
    assert!(
        ended.expect("no panic").expect("no error"),
        "every step keeps its bound"
    );
}

#[tokio::test]
async fn bad_requests_come_back_with_every_violation() {
    let running = start().await;
    let error = DeterminationServiceClient::new(running.channel)
        .determine(pb::DetermineRequest::default())
        .await
        .expect_err("must be refused");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::InvalidArgument, "REQUEST_INVALID")
    );
    let fields: Vec<String> = error
        .get_details_bad_request()
        .expect("violations")
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(fields, ["request_id", "area", "input"]);
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_an_invalid_request() {
    let running = start().await;
    let request = pb::GetEntryRequest {
        area: "3".repeat(REQUEST_SIZE_MAX_BYTES),
        ..Default::default()
    };
    let error = AuditServiceClient::new(running.channel)
        .get_entry(request)
        .await
        .expect_err("must be refused");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::InvalidArgument, "REQUEST_INVALID")
    );
}

#[tokio::test]
async fn bytes_that_are_no_message_are_an_invalid_request_and_an_unknown_method_says_so() {
    let running = start().await;
    let call = |path: &'static str| {
        let mut client = tonic::client::Grpc::new(running.channel.clone());
        async move {
            client.ready().await.expect("ready");
            let codec = tonic_prost::ProstCodec::<Garbage, pb::GetEntryResponse>::default();
            let path = http::uri::PathAndQuery::from_static(path);
            client
                .unary(Request::new(Garbage { area: vec![0xff] }), path, codec)
                .await
                .expect_err("must be refused")
        }
    };
    let error = call("/doudi.v1.AuditService/GetEntry").await;
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::InvalidArgument, "REQUEST_INVALID")
    );
    let error = call("/doudi.v1.AuditService/Nothing").await;
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::Unimplemented, "METHOD_UNKNOWN")
    );
}

/// Field 1 of GetEntryRequest is text; these bytes are no UTF-8.
#[derive(Clone, PartialEq, prost::Message)]
struct Garbage {
    #[prost(bytes = "vec", tag = "1")]
    area: Vec<u8>,
}

#[tokio::test]
async fn reflection_gives_the_contracts_of_the_five_services() {
    let running = start().await;
    let request = |message| ServerReflectionRequest {
        host: String::new(),
        message_request: Some(message),
    };
    let requests = vec![
        request(MessageRequest::ListServices(String::new())),
        request(MessageRequest::FileContainingSymbol(
            "doudi.v1.DeterminationService".to_owned(),
        )),
    ];
    let mut answers = ServerReflectionClient::new(running.channel)
        .server_reflection_info(tokio_stream::iter(requests))
        .await
        .expect("reflection answers")
        .into_inner();
    let mut next =
        async || -> ServerReflectionResponse { answers.message().await.expect("no error").expect("an answer") };
    let Some(MessageResponse::ListServicesResponse(services)) = next().await.message_response else {
        panic!("a list of services");
    };
    let names: Vec<String> = services.service.into_iter().map(|service| service.name).collect();
    assert!(
        HEALTH_NAMES[1..]
            .iter()
            .all(|name| names.iter().any(|found| found == name)),
        "{names:?}"
    );
    let Some(MessageResponse::FileDescriptorResponse(files)) = next().await.message_response else {
        panic!("a file");
    };
    let file = prost_types::FileDescriptorProto::decode(&*files.file_descriptor_proto[0]).expect("a descriptor");
    assert_eq!(file.service[0].method.len(), 8);
}
