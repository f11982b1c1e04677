//! One answer: status, caching headers, ETag, and the public bytes.

use std::time::Duration;

use http::header::{self, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::warn;

use super::path::{Asked, File};
use crate::app::AppError;
use crate::app::public_log::PublicLogs;
use crate::log::Hash;
use crate::server::plain::Answers;

/// Files that are read from the database at one time: readers must leave its connections to those who decide.
pub const READ_COUNT_MAX: usize = 4;

/// How long an answer may take, waiting for its turn included.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);

/// How long a checkpoint may be shown from a cache.
pub const CHECKPOINT_FRESH_SECONDS: u32 = 5;

/// When to come back after a refusal for lack of room.
const RETRY_SECONDS: u32 = 2;

/// A year, the most that caches take; the bytes never change.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

const CONTENT_NOTE: &str = "text/plain; charset=utf-8";
const CONTENT_TILE: &str = "application/octet-stream";

/// Answers requests from the public files.
pub(super) struct Reader {
    logs: PublicLogs,
    turns: Semaphore,
}

/// Why there is no file to send.
enum Missing {
    /// No log has such a file, or not yet.
    Absent,
    /// Too many readers, or the database does not answer.
    Busy,
    /// Stored bytes do not fit their hashes.
    Damaged,
}

impl Reader {
    pub(super) fn new(logs: PublicLogs) -> Reader {
        Reader {
            logs,
            turns: Semaphore::new(READ_COUNT_MAX),
        }
    }

    async fn read(&self, asked: Asked) -> Result<Vec<u8>, Missing> {
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await.map_err(|_| Missing::Busy)?;
        let found = self.stored(asked).await.inspect_err(|error| self.logs.met(error))?;
        found.ok_or(Missing::Absent)
    }

    async fn stored(&self, asked: Asked) -> Result<Option<Vec<u8>>, AppError> {
        let Some(log) = self.logs.log(asked.area, asked.epoch).await? else {
            return Ok(None);
        };
        match asked.file {
            File::Checkpoint => {
                let checkpoint = self.logs.checkpoint(log.log_id).await?;
                Ok(checkpoint.map(|checkpoint| checkpoint.note.into_bytes()))
            }
            File::Tile(path) => self.logs.tile(log.log_id, path).await,
        }
    }
}

impl Answers for Reader {
    /// Answers one request. Its body, if it has one, is not read.
    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut refused = plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET and HEAD: these files are read\n",
            );
            put(refused.headers_mut(), header::ALLOW, "GET, HEAD");
            return refused;
        }
        let Some(asked) = Asked::parse(request.uri().path()) else {
            return missing(&Missing::Absent);
        };
        let read = timeout(REQUEST_TIME_MAX, self.read(asked)).await;
        match read.unwrap_or(Err(Missing::Busy)) {
            Ok(bytes) => found(asked.file, bytes, request.headers()),
            Err(why) => missing(&why),
        }
    }
}

impl From<AppError> for Missing {
    fn from(error: AppError) -> Self {
        if let AppError::LogCorrupt(damage) = error {
            damage.tell();
            Missing::Damaged
        } else {
            warn!(%error, "a public file could not be read");
            Missing::Busy
        }
    }
}

/// The file, or that the reader has it already.
fn found(file: File, bytes: Vec<u8>, asked: &HeaderMap) -> Response<Full<Bytes>> {
    // The same bytes have the same tag on every replica and after every start.
    let tag = format!("\"{}\"", Hash::of(&bytes));
    let known = is_known(asked, &tag);
    let mut answer = Response::new(Full::new(if known { Bytes::new() } else { Bytes::from(bytes) }));
    let (content, caching) = match file {
        File::Checkpoint => (CONTENT_NOTE, format!("public, max-age={CHECKPOINT_FRESH_SECONDS}")),
        File::Tile(_) => (CONTENT_TILE, IMMUTABLE.to_owned()),
    };
    if known {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        put(answer.headers_mut(), header::CONTENT_TYPE, content);
    }
    put(answer.headers_mut(), header::CACHE_CONTROL, &caching);
    put(answer.headers_mut(), header::ETAG, &tag);
    common(answer.headers_mut());
    answer
}

/// Whether `If-None-Match` names this tag, by the weak comparison of RFC 9110.
fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    let named = asked.get_all(header::IF_NONE_MATCH).iter();
    let tags = named
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    tags.map(str::trim)
        .any(|named| named == "*" || named.strip_prefix("W/").unwrap_or(named) == tag)
}

fn missing(why: &Missing) -> Response<Full<Bytes>> {
    match why {
        // A tile that is not there yet will be there soon: a cache must not say no for longer than we do.
        Missing::Absent => plain(
            StatusCode::NOT_FOUND,
            "no such file, or not yet: begin with <area>/<epoch>/checkpoint\n",
        ),
        Missing::Busy => {
            let mut answer = plain(StatusCode::SERVICE_UNAVAILABLE, "not now: come back later\n");
            put(answer.headers_mut(), header::RETRY_AFTER, &RETRY_SECONDS.to_string());
            answer
        }
        Missing::Damaged => plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "what is stored does not fit its hashes: tell the operator\n",
        ),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *answer.status_mut() = status;
    put(answer.headers_mut(), header::CONTENT_TYPE, CONTENT_NOTE);
    put(answer.headers_mut(), header::CACHE_CONTROL, "no-store");
    common(answer.headers_mut());
    answer
}

fn common(headers: &mut HeaderMap) {
    put(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Public bytes: a verifier that runs in a page may read them too.
    put(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
}

fn put(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    // Only texts of our own come here, and they are plain ASCII.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_tag_is_known_alone_weakly_in_a_list_and_by_the_star() {
        for value in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(is_known(&asking(value), "\"a\""), "{value}");
        }
        for value in ["\"b\"", "a", "\"aa\"", ""] {
            assert!(!is_known(&asking(value), "\"a\""), "{value}");
        }
        assert!(!is_known(&HeaderMap::new(), "\"a\""));
    }
}
