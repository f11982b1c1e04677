//! What changes while the server runs, and what a broken file does not change.

use futures::StreamExt as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::IntoStreamingRequest as _;

use super::super::flow::{determine, publish_policies};
use super::*;
use crate::api::admission::call_id::CallId;
use crate::api::admission::outcome::Watch;
use crate::api::auth::{Known, Proof, holder};
use crate::app::AppError;
use crate::identity::Peer;
use crate::identity::certificate::Certificate as Shows;
use crate::identity::watch::Reloads;

const ROWS: &[Row<'_>] = &[("one", &[Role::Audit], &["34"]), ("two", &[Role::Operate], &["34"])];

#[tokio::test]
async fn a_caller_taken_out_of_the_table_is_out_at_once_on_an_open_connection() {
    let server = Secured::start(ROWS).await;
    let (one, two) = (server.caller("one").await, server.caller("two").await);
    assert!(is_known(&one).await && is_known(&two).await);
    write(&server.files().principals, &table(&ROWS[1..]));
    server.identity.look();
    assert_eq!(ask(&one).await.expect_err("refused").code(), Code::Unauthenticated);
    assert!(is_known(&two).await);
    assert_eq!(server.identity.reloads(), Reloads { done: 1, refused: 0 });
}

#[tokio::test]
async fn a_broken_file_of_any_kind_leaves_everything_as_it_was_and_is_counted_once() {
    let server = Secured::start(ROWS).await;
    let files = server.files();
    let other = Authority::new("others").server();
    let expired = server.authority.expired_server();
    let mut refused = 0;
    for (path, text) in [
        (&files.principals, "principal = 3".to_owned()),
        (
            &files.principals,
            table(&[("one", &[Role::Audit, Role::Decide], &["34"])]),
        ),
        (&files.certificate, "no PEM".to_owned()),
        (&files.certificate, expired.certificate.clone()),
        (&files.key, other.key.clone()),
        (&files.client_ca, String::new()),
    ] {
        let good = std::fs::read_to_string(path).expect("written before");
        write(path, &text);
        server.identity.look();
        server.identity.look();
        refused += 1;
        assert_eq!(server.identity.reloads().refused, refused, "{} {text}", path.display());
        let new = server.caller("one").await;
        assert!(is_known(&new).await);
        write(path, &good);
        server.identity.look();
    }
    std::fs::remove_file(&files.key).expect("there");
    server.identity.look();
    assert_eq!(server.identity.reloads().refused, refused + 1);
    assert!(is_known(&server.caller("one").await).await);
}

#[tokio::test]
async fn a_renewed_server_certificate_and_another_authority_are_used_by_the_next_connections() {
    let server = Secured::start(ROWS).await;
    let old = server.caller("one").await;
    assert!(is_known(&old).await);
    let (ours, next) = (&server.authority, Authority::new("next"));
    write_server(&server.files(), &ours.server());
    write(&server.files().client_ca, &next.certificate());
    server.identity.look();
    assert_eq!(server.identity.reloads(), Reloads { done: 1, refused: 0 });
    let of_next = server
        .connect(Some(&next.client("urn:doudi:one")))
        .await
        .expect("let in");
    assert!(
        is_known(&of_next).await,
        "a certificate of the next authority keeps its principal"
    );
    let of_old = server.connect(Some(&ours.client("urn:doudi:one"))).await;
    let through = match of_old {
        Ok(channel) => is_known(&channel).await,
        Err(_) => false,
    };
    assert!(!through, "the old authority is not asked any more");
    assert!(is_known(&old).await, "a connection that is open ends by its age");
}

#[tokio::test]
async fn a_start_with_a_broken_file_is_refused_and_names_it() {
    let server = Secured::start(ROWS).await;
    let files = server.files();
    let said = |text: &str| {
        write(&files.principals, text);
        Identity::open(files.clone()).err().expect("refused").to_string()
    };
    let text = said(&table(&[("one", &[Role::Policy, Role::Decide], &["34"])]));
    assert!(
        text.contains("principals.toml: line 4: \"policy\" and \"decide\" together"),
        "{text}"
    );
    write(&files.key, &server.authority.server().key);
    assert!(said("").contains("the server key does not fit its certificate"));
}

const DECIDE: &[Row<'_>] = &[
    ("policy", &[Role::Policy], &[AREA]),
    ("decide", &[Role::Decide], &[AREA]),
];

/// An open stream of decisions of "decide": what goes in, and what comes out.
async fn stream(
    server: &Secured,
) -> (
    mpsc::Sender<pb::BatchDetermineRequest>,
    tonic::Streaming<pb::BatchDetermineResponse>,
) {
    publish_policies(&server.caller("policy").await).await;
    let (send, items) = mpsc::channel(1);
    let mut client = DeterminationServiceClient::new(server.caller("decide").await);
    let answers = client.batch_determine(ReceiverStream::new(items).into_streaming_request());
    (send, answers.await.expect("a stream").into_inner())
}

fn item(number: u32) -> pb::BatchDetermineRequest {
    pb::BatchDetermineRequest {
        correlation_id: format!("c{number}"),
        determine: Some(determine(number)),
    }
}

#[tokio::test]
async fn a_caller_taken_out_of_the_table_or_of_the_role_decides_nothing_more_on_an_open_stream() {
    for (left, code) in [
        (&DECIDE[..1], Code::Unauthenticated),
        (
            &[DECIDE[0], ("decide", &[Role::Review], &[AREA])],
            Code::PermissionDenied,
        ),
    ] {
        let server = Secured::start(DECIDE).await;
        let (send, mut answers) = stream(&server).await;
        send.send(item(1)).await.expect("open");
        let first = answers.next().await.expect("an answer").expect("no error");
        assert!(first.determined.is_some(), "{first:?}");
        write(&server.files().principals, &table(left));
        server.identity.look();
        send.send(item(2)).await.expect("open");
        let ended = answers.next().await.expect("an end").expect_err("nothing is decided");
        assert_eq!(ended.code(), code);
        assert!(answers.next().await.is_none());
    }
}

#[tokio::test]
async fn an_area_taken_from_a_caller_is_refused_on_an_open_stream_which_goes_on() {
    let server = Secured::start(DECIDE).await;
    let (send, mut answers) = stream(&server).await;
    let mut code = async |number| {
        send.send(item(number)).await.expect("open");
        let answer = answers.next().await.expect("an answer").expect("the stream goes on");
        answer.status.expect("always there").code
    };
    assert_eq!(code(1).await, Code::Ok as i32);
    let elsewhere = [DECIDE[0], ("decide", &[Role::Decide], &["340322"])];
    write(&server.files().principals, &table(&elsewhere));
    server.identity.look();
    assert_eq!(code(2).await, Code::PermissionDenied as i32);
    write(&server.files().principals, &table(DECIDE));
    server.identity.look();
    assert_eq!(code(3).await, Code::Ok as i32);
}

#[tokio::test]
async fn long_work_of_a_caller_who_is_taken_out_of_the_table_is_stopped() {
    let server = Secured::start(ROWS).await;
    let issued = server.authority.client("urn:doudi:one");
    let (_, pem) = x509_parser::pem::parse_x509_pem(issued.certificate.as_bytes()).expect("PEM");
    let mut extensions = http::Extensions::new();
    extensions.insert(Peer {
        address: None,
        certificate: Some(Arc::new(Shows::from_der(&pem.contents).expect("a certificate"))),
    });
    let headers = http::HeaderMap::new();
    let found = holder(Some(&*server.identity), &extensions, &headers).expect("of the table");
    let id = CallId::of(&headers);
    let place = crate::telemetry::span::server(None, id, None);
    let watch = Watch::new(Arc::default(), None, id, place);
    let known = Known::new(found, Proof::of(Some(&server.identity), &extensions), &watch);
    let anywhere = |_: &crate::app::Caller| Ok(());
    assert_eq!(known.during(anywhere, async { Ok(3) }).await.expect("done"), 3);

    let endless = || std::future::pending::<Result<(), AppError>>();
    tokio::time::pause();
    let nowhere = |_: &crate::app::Caller| Err(AppError::PermissionDenied);
    let stopped = known.during(nowhere, endless()).await;
    assert!(matches!(stopped, Err(AppError::PermissionDenied)), "{stopped:?}");
    write(&server.files().principals, &table(&ROWS[1..]));
    server.identity.look();
    let stopped = known.during(anywhere, endless()).await;
    assert!(matches!(stopped, Err(AppError::Unauthenticated)), "{stopped:?}");
}
