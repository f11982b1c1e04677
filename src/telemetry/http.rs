//! The plain listener of operations: metrics for Prometheus and probes for whoever starts and stops servers.
//!
//! Apart from the gRPC port, because probes and scrapers cannot show a client certificate. It tells nothing of any case
//! or person, so it may be reached without TLS inside the operator's network.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tracing::{error, info};

use super::metrics::{Format, Metrics, Page};
use super::probe::{Answer, Probes};
use crate::server::plain::{Answers, Limits, Plain};

/// Connections at one time: probes, a scraper or two, and an operator.
const LIMITS: Limits = Limits {
    connections: 32,
    head: Duration::from_secs(10),
    connection: Duration::from_secs(300),
};

/// What brings the metrics up to the moment before they are shown.
type Refresh = Box<dyn Fn() + Send + Sync>;

/// The running listener.
#[derive(Debug)]
pub struct Operations(Plain);

impl Operations {
    /// Shows metrics and probes on a listener until it is stopped.
    ///
    /// # Errors
    /// If the listener has no address.
    pub fn start(
        listener: TcpListener,
        metrics: &Metrics,
        probes: Arc<Probes>,
        refresh: Refresh,
    ) -> std::io::Result<Operations> {
        let page = Page::new(metrics);
        let plain = Plain::start(listener, Told { page, probes, refresh }, LIMITS)?;
        info!(operations.address = %plain.address(), "metrics and probes are shown");
        Ok(Operations(plain))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Accepts no more, lets the answers under way end, and ends. Whether they ended within the bound.
    pub async fn stop(self, bound: Duration) -> bool {
        self.0.stop(bound).await
    }
}

struct Told {
    page: Page,
    probes: Arc<Probes>,
    refresh: Refresh,
}

impl Answers for Told {
    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n".to_owned());
        }
        match request.uri().path() {
            "/metrics" => {
                let accept = request
                    .headers()
                    .get(header::ACCEPT)
                    .and_then(|value| value.to_str().ok());
                self.metrics(Format::asked(accept.unwrap_or_default()))
            }
            "/livez" => probed(self.probes.live()),
            "/readyz" => probed(self.probes.ready()),
            "/startupz" => probed(self.probes.started()),
            _ => plain(
                StatusCode::NOT_FOUND,
                "there are /metrics, /livez, /readyz and /startupz\n".to_owned(),
            ),
        }
    }
}

impl Told {
    fn metrics(&self, format: Format) -> Response<Full<Bytes>> {
        (self.refresh)();
        match self.page.write(format) {
            Ok(page) => {
                let mut shown = plain(StatusCode::OK, page);
                let content = HeaderValue::from_static(format.content_type());
                shown.headers_mut().insert(header::CONTENT_TYPE, content);
                shown
            }
            Err(error) => {
                error!(%error, "the metrics cannot be written");
                plain(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "the metrics cannot be written\n".to_owned(),
                )
            }
        }
    }
}

fn probed(answer: Answer) -> Response<Full<Bytes>> {
    let status = if answer.passes {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    plain(status, answer.text)
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    async fn ask(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("accepted");
        let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("answered");
        answer
    }

    #[tokio::test]
    async fn metrics_are_fresh_and_probes_tell_the_truth() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (metrics, probes) = (Metrics::default(), Arc::new(Probes::default()));
        let told = metrics.clone();
        let refresh = Box::new(move || told.queued(7, 5));
        let running = Operations::start(listener, &metrics, Arc::clone(&probes), refresh).expect("bound");
        let address = running.address();
        assert!(ask(address, "/readyz").await.starts_with("HTTP/1.1 503 "));
        assert!(ask(address, "/startupz").await.starts_with("HTTP/1.1 503 "));
        assert!(ask(address, "/livez").await.starts_with("HTTP/1.1 200 "));
        probes.looked(None, Vec::new());
        assert!(ask(address, "/readyz").await.starts_with("HTTP/1.1 200 "));
        let page = ask(address, "/metrics").await;
        assert!(page.contains("\ndoudi_sequencer_queue_items 7\n"), "{page}");
        assert!(ask(address, "/").await.starts_with("HTTP/1.1 404 "));
        assert!(running.stop(Duration::from_secs(5)).await);
    }
}
