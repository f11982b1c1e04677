//! Sending checkpoints to witnesses: `add-checkpoint` of C2SP tlog-witness v1.0.0 over HTTP, with keep-alive.

use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use crate::log::TreeSize;
use crate::log::note::{NOTE_SIGNATURE_COUNT_MAX, SignatureLine};
use crate::log::witness::AddCheckpoint;

/// How long a witness may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest answer that is read: some signature lines.
const ANSWER_SIZE_MAX_BYTES: usize = 64 * 1024;

/// What a witness says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200: signature lines, not verified yet.
    Lines(Vec<SignatureLine>),
    /// 409: it has cosigned this size last.
    Conflict(TreeSize),
    /// 422: the proof does not continue what it cosigned.
    Inconsistent,
    /// Anything else.
    Refused(u16),
}

/// Why a witness gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address is no URL.
    #[error("the URL of a witness is malformed: write https://HOST/PREFIX in the witness policy")]
    Url,
    /// The system's certificates cannot be read.
    #[error("the certificates of the system cannot be read, which https witnesses need: {0}")]
    Certificates(std::io::Error),
    /// It does not answer.
    #[error("the witness does not answer: {0}")]
    Transport(String),
    /// It answers something else than the protocol says.
    #[error("the witness answers what is no answer of a witness: {0}")]
    Protocol(&'static str),
}

/// Certificates of the system are read only where a witness is reached by TLS.
enum Connection {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

/// A client for all witnesses.
pub struct WitnessHttp(Connection);

impl WitnessHttp {
    /// A client; `tls` if one of the witnesses is reached by https.
    ///
    /// # Errors
    /// [`HttpError::Certificates`].
    pub fn new(tls: bool) -> Result<WitnessHttp, HttpError> {
        let builder = Client::builder(TokioExecutor::new());
        if !tls {
            return Ok(WitnessHttp(Connection::Plain(builder.build(HttpConnector::new()))));
        }
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(HttpError::Certificates)?;
        let connector = connector.https_or_http().enable_http1().build();
        Ok(WitnessHttp(Connection::Tls(builder.build(connector))))
    }

    /// Submits a checkpoint to the witness with this submission prefix.
    ///
    /// # Errors
    /// [`HttpError`]; nothing is known of the witness then.
    pub async fn add_checkpoint(&self, prefix: &str, request: &AddCheckpoint) -> Result<Answer, HttpError> {
        let url = format!("{}/add-checkpoint", prefix.trim_end_matches('/'));
        let body = Full::new(Bytes::from(request.to_string()));
        let request = Request::post(url).body(body).map_err(|_| HttpError::Url)?;
        let answered = timeout(ANSWER_TIMEOUT, self.send(request)).await;
        let (status, body) = answered.map_err(|_| HttpError::Transport("it takes too long".to_owned()))??;
        read(status, &body)
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), HttpError> {
        let failed = |error: hyper_util::client::legacy::Error| HttpError::Transport(error.to_string());
        let response: http::Response<Incoming> = match &self.0 {
            Connection::Plain(client) => client.request(request).await.map_err(failed)?,
            Connection::Tls(client) => client.request(request).await.map_err(failed)?,
        };
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_SIZE_MAX_BYTES).collect().await;
        let body = body.map_err(|_| HttpError::Protocol("its body is too large or cut off"))?;
        Ok((parts.status, body.to_bytes()))
    }
}

fn read(status: StatusCode, body: &[u8]) -> Result<Answer, HttpError> {
    let text = || std::str::from_utf8(body).map_err(|_| HttpError::Protocol("its body is no text"));
    match status {
        StatusCode::OK => {
            let lines = text()?
                .strip_suffix('\n')
                .ok_or(HttpError::Protocol("its last line has no end"))?;
            let lines: Option<Vec<_>> = lines.split('\n').map(SignatureLine::parse).collect();
            let lines = lines.filter(|lines| lines.len() <= NOTE_SIGNATURE_COUNT_MAX);
            Ok(Answer::Lines(
                lines.ok_or(HttpError::Protocol("its body is no signature lines"))?,
            ))
        }
        StatusCode::CONFLICT => {
            let size = text()?.strip_suffix('\n').and_then(|size| size.parse().ok());
            Ok(Answer::Conflict(
                size.ok_or(HttpError::Protocol("its body is no tree size"))?,
            ))
        }
        StatusCode::UNPROCESSABLE_ENTITY => Ok(Answer::Inconsistent),
        other => Ok(Answer::Refused(other.as_u16())),
    }
}
