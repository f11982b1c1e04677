//! The limits of the listener: silent connections, long requests, places, and the end.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;
use crate::store::conformance::TestDatabase;
use crate::store::conformance::sample::{batch, write};

struct Running {
    side: ReadSide,
    _database: TestDatabase,
}

/// A log of three entries behind a listener with these limits.
async fn start(limits: Limits) -> Running {
    let database = TestDatabase::sqlite().await;
    let store = database.store().await;
    let tree = crate::log::merkle::CompactTree::empty();
    write(&store, batch(tree, 3)).await.expect("written");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    Running {
        side: ReadSide::with_limits(listener, PublicLogs::new(store), limits).expect("bound"),
        _database: database,
    }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.side.address()).await.expect("accepted")
    }

    /// What one request on a connection of its own is answered.
    async fn ask(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        // A refused request may end in a reset after its answer.
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn a_checkpoint_is_served_and_other_methods_are_not() {
    let running = start(LIMITS).await;
    let answer = running.ask(&get("/340321/1/checkpoint")).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nnote 3"),
        "{answer}"
    );
    let answer = running.ask(&get("/340321/1/checkpoint").replace("GET", "POST")).await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(answer.contains("\r\nallow: GET, HEAD\r\n"), "{answer}");
}

#[tokio::test]
async fn a_request_line_at_the_limit_is_looked_up_and_a_longer_head_is_refused() {
    let running = start(LIMITS).await;
    let long = format!("/{}", "a".repeat(PATH_SIZE_MAX_BYTES));
    assert!(running.ask(&get(&long)).await.starts_with("HTTP/1.1 404 "));
    let longer = format!("/{}", "a".repeat(HEAD_SIZE_MAX_BYTES));
    let answer = running.ask(&get(&longer)).await;
    assert!(
        answer.starts_with("HTTP/1.1 431 ") || answer.starts_with("HTTP/1.1 414 "),
        "{answer}"
    );
}

#[tokio::test]
async fn a_connection_that_says_nothing_loses_its_place_before_and_between_requests() {
    let limits = Limits {
        connections: 1,
        head: Duration::from_millis(200),
        ..LIMITS
    };
    let running = start(limits).await;
    let mut silent = running.connect().await;
    let mut bytes = Vec::new();
    let ended = timeout(Duration::from_secs(5), silent.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "the silent connection was ended");

    let mut half = running.connect().await;
    half.write_all(b"GET /340321/1/checkpoint HTTP/1.1\r\n")
        .await
        .expect("sent");
    let ended = timeout(Duration::from_secs(5), half.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "the half request was ended");

    let mut kept = running.connect().await;
    kept.write_all(
        get("/340321/1/checkpoint")
            .replace("Connection: close\r\n", "")
            .as_bytes(),
    )
    .await
    .expect("sent");
    let ended = timeout(Duration::from_secs(5), kept.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "the kept connection was ended after its request");
    assert!(running.ask(&get("/340321/1/checkpoint")).await.contains("note 3"));
}

#[tokio::test]
async fn a_connection_beyond_the_limit_waits_for_a_place() {
    let limits = Limits {
        connections: 1,
        ..LIMITS
    };
    let running = start(limits).await;
    let first = running.connect().await;
    let request = get("/340321/1/checkpoint");
    let second = running.ask(&request);
    let mut second = std::pin::pin!(second);
    assert!(timeout(Duration::from_millis(200), &mut second).await.is_err());
    drop(first);
    let answer = timeout(Duration::from_secs(5), second).await.expect("its turn");
    assert!(answer.contains("note 3"), "{answer}");
}

#[tokio::test]
async fn a_connection_ends_when_its_time_is_up() {
    let limits = Limits {
        connection: Duration::from_millis(200),
        ..LIMITS
    };
    let running = start(limits).await;
    let mut stream = running.connect().await;
    let mut bytes = Vec::new();
    let ended = timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "its time is up");
}

#[tokio::test]
async fn stopping_ends_idle_connections_and_frees_the_port() {
    let running = start(LIMITS).await;
    let (address, idle) = (running.side.address(), running.connect().await);
    assert!(running.side.stop(Duration::from_secs(5)).await, "in time");
    drop(idle);
    assert!(TcpStream::connect(address).await.is_err());
}
