//! Who gets in at all.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

const ROWS: &[Row<'_>] = &[("known", &[Role::Audit], &["34"])];

/// Whether a call gets through with this certificate. TLS 1.3 tells a client of a refused certificate only after the
/// client thinks that it is connected.
async fn gets_through(server: &Secured, shown: Option<&Issued>) -> bool {
    match server.connect(shown).await {
        Ok(channel) => is_known(&channel).await,
        Err(_) => false,
    }
}

#[tokio::test]
async fn a_good_certificate_gets_in_and_a_missing_expired_early_foreign_or_wrong_one_does_not() {
    let server = Secured::start(ROWS).await;
    let ours = &server.authority;
    assert!(gets_through(&server, Some(&ours.client("urn:doudi:known"))).await);
    assert_eq!(server.identity.handshakes_refused(), 0);
    let foreign = Authority::new("others");
    // The name of our authority and another key.
    let disguised = Authority::new("callers");
    let refused = [
        None,
        Some(ours.expired_client("urn:doudi:known")),
        Some(ours.future_client("urn:doudi:known")),
        Some(ours.for_servers_alone("urn:doudi:known")),
        Some(foreign.client("urn:doudi:known")),
        Some(disguised.client("urn:doudi:known")),
    ];
    for shown in &refused {
        let before = server.identity.handshakes_refused();
        assert!(!gets_through(&server, shown.as_ref()).await);
        assert!(server.identity.handshakes_refused() > before, "a refusal is counted");
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_is_refused_with_the_one_text() {
    let server = Secured::start(ROWS).await;
    let stranger = server.caller("stranger").await;
    let error = ask(&stranger).await.expect_err("refused");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::Unauthenticated, "CREDENTIALS_INVALID")
    );
    assert_eq!(error.message(), "the credentials are missing or not accepted");
}

#[tokio::test]
async fn a_name_in_the_metadata_is_not_believed_where_certificates_are() {
    let server = Secured::start(ROWS).await;
    let stranger = server.caller("stranger").await;
    let mut request = Request::new(pb::ListPoliciesRequest {
        area: AREA.to_owned(),
        ..Default::default()
    });
    request
        .metadata_mut()
        .insert("doudi-principal", "known".parse().expect("ASCII"));
    let mut client = crate::api::pb::policy_service_client::PolicyServiceClient::new(stranger);
    assert_eq!(
        client.list_policies(request).await.expect_err("refused").code(),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn health_is_open_to_whoever_gets_in_and_reflection_to_whoever_is_known() {
    let server = Secured::start(ROWS).await;
    let stranger = server.caller("stranger").await;
    let request = tonic_health::pb::HealthCheckRequest::default();
    assert!(HealthClient::new(stranger.clone()).check(request).await.is_ok());
    let ask = |channel| async move {
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let mut client = ServerReflectionClient::new(channel);
        client
            .server_reflection_info(tokio_stream::once(request))
            .await
            .map(drop)
    };
    assert_eq!(ask(stranger).await.expect_err("refused").code(), Code::Unauthenticated);
    assert!(ask(server.caller("known").await).await.is_ok());
}

/// A ClientHello that offers version `minor` of the wire and none newer: 1 is TLS 1.0, 3 is TLS 1.2.
fn hello(minor: u8) -> Vec<u8> {
    let mut body = vec![3, minor];
    body.extend([7; 32]);
    // No session; ECDHE-ECDSA-AES128-SHA256 (1.2 on) and -SHA (1.0 on); no compression.
    body.extend([0, 0, 4, 0xC0, 0x2B, 0xC0, 0x09, 1, 0]);
    // Groups, point formats, ECDSA with SHA-256.
    let extensions = [
        &[0, 10, 0, 6, 0, 4, 0, 0x1D, 0, 0x17][..],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 4, 0, 2, 4, 3],
    ]
    .concat();
    body.extend([0, u8::try_from(extensions.len()).expect("short")]);
    body.extend(extensions);
    let mut message = vec![1, 0, 0, u8::try_from(body.len()).expect("short")];
    message.extend(body);
    let mut record = vec![22, 3, 1, 0, u8::try_from(message.len()).expect("short")];
    record.extend(message);
    record
}

/// Record type and first byte of an alert that is fatal, and of a server's first message.
const PROTOCOL_VERSION: (u8, u8) = (21, 2);
const SERVER_HELLO: (u8, u8) = (22, 2);

#[tokio::test]
async fn nothing_below_tls_1_2_is_spoken() {
    let server = Secured::start(ROWS).await;
    for (minor, expected) in [(1, PROTOCOL_VERSION), (2, PROTOCOL_VERSION), (3, SERVER_HELLO)] {
        let mut stream = TcpStream::connect(server.address).await.expect("connected");
        stream.write_all(&hello(minor)).await.expect("sent");
        let mut answer = [0; 7];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!((answer[0], answer[5]), (expected.0, expected.1), "TLS 1.{}", minor - 1);
        assert!(
            expected != PROTOCOL_VERSION || answer[6] == 70,
            "the alert protocol_version"
        );
    }
    let before = server.identity.handshakes_refused();
    let mut stream = TcpStream::connect(server.address).await.expect("connected");
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("closed");
    assert!(
        server.identity.handshakes_refused() > before,
        "plain text is no handshake"
    );
}
