//! The read side over HTTP: what is there and what is not, caching, and the verifiers of others.

use std::net::SocketAddr;
use std::time::Duration;

use doudi::readside::ReadSide;
use doudi::store::Store;
use tokio::net::TcpListener;

use super::client::{Answer, Files, ask};
use super::synthetic::Synthetic;
use super::{LARGE_SIZES, SMALL_SIZES, folder, oracles, public, synthetic};

const PREFIX: &str = "/340321/1";

struct Served {
    log: Synthetic,
    side: ReadSide,
    _folder: tempfile::TempDir,
}

impl Served {
    async fn start() -> Served {
        let folder = folder();
        let log = synthetic(&folder).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let side = ReadSide::start(listener, public(&log)).unwrap();
        Served {
            log,
            side,
            _folder: folder,
        }
    }

    fn files(&self) -> Files {
        Files::Http(self.side.address(), PREFIX.to_owned())
    }

    async fn get(&self, file: &str) -> Answer {
        request(self.side.address(), "GET", &format!("{PREFIX}/{file}"), Vec::new()).await
    }
}

/// The client blocks, so it asks from a thread of its own.
async fn request(
    address: SocketAddr,
    method: &'static str,
    path: &str,
    headers: Vec<(&'static str, String)>,
) -> Answer {
    let path = path.to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ask(address, method, &path, &headers)
    });
    asked.await.unwrap()
}

async fn grown_and_verified(sizes: &[u64]) {
    let mut served = Served::start().await;
    let vkey = served.log.signer.verifier_key().to_string();
    let mut before = None;
    for size in sizes {
        served.log.grow(*size).await;
        let (files, vkey) = (served.files(), vkey.clone());
        let head = tokio::task::spawn_blocking(move || oracles::verify(&files, &vkey, before.as_ref()))
            .await
            .unwrap();
        assert_eq!((head.size(), head.hash().0), (*size, *served.log.root().as_bytes()));
        before = Some(head);
    }
    assert!(served.side.stop(Duration::from_secs(5)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verifiers_of_others_accept_a_log_that_grows_over_the_edges_of_its_tiles() {
    grown_and_verified(&SMALL_SIZES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verifiers_of_others_accept_a_log_that_grows_into_the_third_level() {
    grown_and_verified(&LARGE_SIZES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_without_entries_has_no_files_and_an_unknown_log_neither() {
    let served = Served::start().await;
    for file in ["checkpoint", "tile/0/000", "tile/0/000.p/1", "tile/entries/000.p/1"] {
        assert_eq!(served.get(file).await.status, 404, "{file}");
    }
    for path in [
        "/",
        "/340321/2/checkpoint",
        "/340322/1/checkpoint",
        "/340321/99999/checkpoint",
    ] {
        assert_eq!(
            request(served.side.address(), "GET", path, Vec::new()).await.status,
            404,
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partial_tile_is_there_for_the_sizes_that_had_a_checkpoint_and_for_no_others() {
    let mut served = Served::start().await;
    for size in [5, 9, 256, 300, 513] {
        served.log.grow(size).await;
    }
    for there in [
        "tile/0/000.p/5",
        "tile/entries/000.p/5",
        "tile/0/000.p/9",
        "tile/0/000",
        "tile/entries/000",
        "tile/1/000.p/1",
        "tile/0/001.p/44",
        "tile/0/001",
        "tile/1/000.p/2",
        "tile/0/002.p/1",
        "tile/entries/002.p/1",
    ] {
        assert_eq!(served.get(there).await.status, 200, "{there}");
    }
    for absent in [
        "tile/0/000.p/4",
        "tile/0/000.p/6",
        "tile/entries/000.p/255",
        "tile/0/001.p/45",
        "tile/0/002",
        "tile/0/002.p/2",
        "tile/0/003.p/1",
        "tile/entries/003",
        "tile/1/000",
        "tile/1/000.p/3",
        "tile/1/001.p/1",
        "tile/2/000.p/1",
        "tile/7/000",
        "tile/8/000",
        "tile/0/000.p/256",
        "tile/0/0",
    ] {
        let answer = served.get(absent).await;
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (404, "no-store"),
            "{absent}"
        );
    }
    assert_eq!(served.get("tile/0/000.p/5").await.body.len(), 5 * 32);
    assert_eq!(served.get("tile/0/000").await.body.len(), 8192);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tiles_are_cached_for_ever_and_checkpoints_for_seconds() {
    let mut served = Served::start().await;
    served.log.grow(257).await;
    for (file, content, caching) in [
        ("checkpoint", "text/plain; charset=utf-8", "public, max-age=5"),
        (
            "tile/0/000",
            "application/octet-stream",
            "public, max-age=31536000, immutable",
        ),
        (
            "tile/entries/001.p/1",
            "application/octet-stream",
            "public, max-age=31536000, immutable",
        ),
    ] {
        let path = format!("{PREFIX}/{file}");
        let first = served.get(file).await;
        assert_eq!(first.status, 200, "{file}");
        assert_eq!(
            (first.header("content-type"), first.header("cache-control")),
            (content, caching)
        );
        let tag = first.header("etag").to_owned();
        let address = served.side.address();
        let again = request(address, "GET", &path, vec![("If-None-Match", tag.clone())]).await;
        assert_eq!(
            (again.status, again.header("etag"), again.body.len()),
            (304, tag.as_str(), 0),
            "{file}"
        );
        assert_eq!(again.header("cache-control"), caching);
        let other = request(address, "GET", &path, vec![("If-None-Match", "\"other\"".to_owned())]).await;
        assert_eq!((other.status, &other.body), (200, &first.body), "{file}");
        let head = request(address, "HEAD", &path, Vec::new()).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{file}");
        assert_eq!(head.header("content-length"), first.body.len().to_string(), "{file}");
        assert_eq!(head.header("etag"), tag);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cosignature_is_appended_to_the_checkpoint_and_changes_its_tag() {
    let mut served = Served::start().await;
    served.log.grow(3).await;
    let plain = served.get("checkpoint").await;
    let line = "\u{2014} witness.example AAAAAAE=";
    cosign(served.log.store.as_ref(), &served.log, 3, line).await;
    let cosigned = served.get("checkpoint").await;
    let expected = format!("{}{line}\n", String::from_utf8(plain.body.clone()).unwrap());
    assert_eq!(String::from_utf8(cosigned.body.clone()).unwrap(), expected);
    assert_ne!(plain.header("etag"), cosigned.header("etag"));
    let files = served.files();
    let vkey = served.log.signer.verifier_key().to_string();
    let head = tokio::task::spawn_blocking(move || oracles::checkpoint(&files, &vkey))
        .await
        .unwrap();
    assert_eq!(head.size(), 3);
}

async fn cosign(store: &dyn Store, log: &Synthetic, size: i64, line: &str) {
    use doudi::store::{Column, Insert};
    let mut transaction = store.begin().await.unwrap();
    let log_id: i64 = log.log.log_id.to_string().parse().unwrap();
    let columns = vec![
        Column::Ints(vec![log_id]),
        Column::Ints(vec![size]),
        Column::Texts(vec!["witness.example".to_owned()]),
        Column::Texts(vec![line.to_owned()]),
    ];
    let table = "log_cosignature (log_id, size, witness, line)";
    transaction.insert(vec![Insert::new(table, columns)]).await.unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_do_not_fit_their_hashes_are_not_served() {
    let mut served = Served::start().await;
    served.log.grow(257).await;
    super::damage::sqlite(
        served._folder.path(),
        &[
            "UPDATE log_entry SET entry = x'78' WHERE idx = 3",
            "UPDATE log_tile SET root = zeroblob(32)",
        ],
    )
    .await;
    for file in ["tile/entries/000", "tile/0/000"] {
        let answer = served.get(file).await;
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (500, "no-store"),
            "{file}"
        );
    }
    assert_eq!(served.get("tile/entries/001.p/1").await.status, 200);
}
