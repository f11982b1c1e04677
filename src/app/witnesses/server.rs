//! A small witness after C2SP tlog-witness v1.0.0: remembers the largest checkpoint of each log that it follows,
//! durably and before it answers, and cosigns what continues it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tracing::{error, info, warn};

use crate::log::Origin;
use crate::log::checkpoint::Checkpoint;
use crate::log::note::{Cosigner, VerifierKey};
use crate::log::sequencer::{Clock, HighWater, Mark, Raised};
use crate::log::witness::request::{CONTENT_TYPE_SIZE, REQUEST_SIZE_MAX_BYTES};
use crate::log::witness::{AddCheckpoint, Judgement, Known, judge};

/// Connections at one time; logs submit by few and keep them open.
const CONNECTION_COUNT_MAX: usize = 256;

/// How long a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// A witness and what it remembers.
pub struct WitnessServer {
    cosigner: Cosigner,
    logs: Vec<VerifierKey>,
    clock: Arc<dyn Clock>,
    high_water: Arc<dyn HighWater>,
    // Held from the look at what was cosigned until the new checkpoint is durable: two requests never pass each other.
    cosigned: Mutex<BTreeMap<Origin, Known>>,
}

impl WitnessServer {
    /// A witness that follows the logs with these keys and remembers in `high_water`.
    #[must_use]
    pub fn new(
        cosigner: Cosigner,
        logs: Vec<VerifierKey>,
        clock: Arc<dyn Clock>,
        high_water: Arc<dyn HighWater>,
    ) -> WitnessServer {
        let known = |mark: Mark| {
            let Checkpoint { origin, size, root } = mark.checkpoint;
            (origin, Known { size, root })
        };
        let cosigned = Mutex::new(high_water.marks().into_iter().map(known).collect());
        WitnessServer {
            cosigner,
            logs,
            clock,
            high_water,
            cosigned,
        }
    }

    /// Status, content type and body of the answer to a request body. Blocks on the disk.
    fn answer(&self, body: &[u8]) -> (StatusCode, &'static str, String) {
        let plain = "text/plain; charset=utf-8";
        let refused = |status, text: &str| (status, plain, format!("{text}\n"));
        let mut cosigned = self.cosigned.lock().unwrap_or_else(PoisonError::into_inner);
        match judge(body, &self.logs, |checkpoint| cosigned.get(&checkpoint.origin).cloned()) {
            Judgement::Cosign(checkpoint) => {
                let Ok(AddCheckpoint { note, .. }) = AddCheckpoint::parse(body) else {
                    return refused(StatusCode::BAD_REQUEST, "not an add-checkpoint request");
                };
                let (origin, text) = (checkpoint.origin.clone(), checkpoint.to_string());
                let known = Known {
                    size: checkpoint.size,
                    root: checkpoint.root,
                };
                let remembered = match self.high_water.raise(&Mark { checkpoint, note }) {
                    Ok(Raised::Durable) => Ok(()),
                    // Nobody but this process may remember for it: what the other one cosigned may be another history.
                    Ok(Raised::Larger(other) | Raised::Forked(other)) => Err(format!(
                        "size {} was remembered by another process: stop it, and start this one again",
                        other.size
                    )),
                    Err(error) => Err(error.to_string()),
                };
                if let Err(error) = remembered {
                    error!(checkpoint.origin = %origin, error, "the checkpoint cannot be remembered: it is not cosigned");
                    return refused(StatusCode::INTERNAL_SERVER_ERROR, "the checkpoint cannot be remembered");
                }
                let seconds = u64::try_from(self.clock.now_ms() / 1000).unwrap_or_default();
                let Ok(line) = self.cosigner.cosign(&text, seconds) else {
                    return refused(StatusCode::INTERNAL_SERVER_ERROR, "the clock is wrong");
                };
                info!(checkpoint.origin = %origin, checkpoint.size = %known.size, "cosigned");
                cosigned.insert(origin, known);
                (StatusCode::OK, plain, format!("{line}\n"))
            }
            Judgement::Malformed => refused(StatusCode::BAD_REQUEST, "not an add-checkpoint request"),
            Judgement::Unsigned => refused(StatusCode::FORBIDDEN, "no known key of the log signed the checkpoint"),
            Judgement::UnknownLog => refused(StatusCode::NOT_FOUND, "this log is not followed here"),
            Judgement::Conflict(size) => (StatusCode::CONFLICT, CONTENT_TYPE_SIZE, format!("{size}\n")),
            Judgement::Inconsistent => {
                let text = "the checkpoint does not continue what was cosigned";
                warn!("{text}");
                refused(StatusCode::UNPROCESSABLE_ENTITY, text)
            }
        }
    }

    async fn respond(self: Arc<Self>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let status = |status| whole(status, "text/plain; charset=utf-8", String::new());
        if request.uri().path().trim_end_matches('/').rsplit('/').next() != Some("add-checkpoint") {
            return status(StatusCode::NOT_FOUND);
        }
        if request.method() != Method::POST {
            return status(StatusCode::METHOD_NOT_ALLOWED);
        }
        let body = Limited::new(request.into_body(), REQUEST_SIZE_MAX_BYTES).collect();
        let body = match tokio::time::timeout(BODY_TIMEOUT, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(_)) => return status(StatusCode::PAYLOAD_TOO_LARGE),
            Err(_) => return status(StatusCode::REQUEST_TIMEOUT),
        };
        match tokio::task::spawn_blocking(move || self.answer(&body)).await {
            Ok((status, kind, body)) => whole(status, kind, body),
            Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

fn whole(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Serves a witness until `stop` is done. Requests in flight end with their connection; a checkpoint is remembered
/// before it is cosigned, so nothing is lost.
pub async fn serve(listener: TcpListener, witness: Arc<WitnessServer>, stop: impl Future<Output = ()>) {
    let room = Arc::new(Semaphore::new(CONNECTION_COUNT_MAX));
    let mut connections = tokio::task::JoinSet::new();
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let permit = room.clone().acquire_owned().await;
            (listener.accept().await, permit)
        };
        let (stream, permit) = tokio::select! {
            () = &mut stop => return,
            (Ok((stream, _)), Ok(permit)) = accepted => (stream, permit),
            else => continue,
        };
        let witness = Arc::clone(&witness);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let witness = Arc::clone(&witness);
                async move { Ok::<_, Infallible>(witness.respond(request).await) }
            });
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
            // A client that goes away in the middle is no concern of the others.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
            drop(permit);
        });
        while connections.try_join_next().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::high_water::HighWaterFolder;
    use crate::log::checkpoint::{Committed, UncommittedCheckpoint};
    use crate::log::note::{Ed25519Signer, KeyName, Signer};
    use crate::log::sequencer::SystemClock;
    use crate::log::{Hash, TreeSize};

    /// A first request for a head of this size in one of the histories that the log signed.
    fn request(signer: &Ed25519Signer, size: u64, history: &[u8]) -> Vec<u8> {
        let head = Checkpoint {
            origin: "doudi.example/340321/1".parse().expect("an origin"),
            size: TreeSize::new(size).expect("small"),
            root: Hash::of_parts(&[history, &size.to_be_bytes()]),
        };
        let signers: [&dyn Signer; 1] = [signer];
        let signed = UncommittedCheckpoint::sign(head, &signers).expect("signed");
        let note = signed.release(&Committed::after_commit()).note().to_owned();
        format!("old 0\n\n{note}").into_bytes()
    }

    #[test]
    fn a_witness_cosigns_nothing_beside_or_below_what_another_process_remembers_in_its_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = |name: &str| KeyName::new(name).expect("a name");
        let log = Ed25519Signer::new(name("doudi.example/340321/1"), &[5; 32]);
        // Both have read the folder while it was empty.
        let [first, second] = [(), ()].map(|()| {
            let state = HighWaterFolder::open(folder.path()).expect("readable");
            let cosigner = Cosigner::new(name("witness.example/1"), &[9; 32]);
            let logs = vec![log.verifier_key().clone()];
            WitnessServer::new(cosigner, logs, Arc::new(SystemClock::new()), Arc::new(state))
        });
        assert_eq!(first.answer(&request(&log, 3, b"one")).0, StatusCode::OK);
        for size in [3, 2] {
            let (status, _, text) = second.answer(&request(&log, size, b"another"));
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "size {size}: {text}");
        }
        assert_eq!(
            second.answer(&request(&log, 3, b"one")).0,
            StatusCode::OK,
            "the same head"
        );
    }
}
