//! The end of streams that nobody here ends: a client watches health, or holds a stream of reflection, for as long as it
//! likes. When the server refuses new calls, such a stream ends with SHUTTING_DOWN, and its client goes elsewhere.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderMap, Response};
use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;

use super::super::status;
use crate::app::AppError;
use crate::shutdown::Drain;

/// The answer of a call, which ends at the latest when new calls are refused. What is ready by then is still sent: that
/// the server is NOT_SERVING above all.
pub(super) fn until_drained(mut drain: Drain, response: Response<Body>) -> Response<Body> {
    if Status::from_header_map(response.headers()).is_some() {
        return response;
    }
    let drained = async move { drain.begun().await }.boxed();
    response.map(|inner| {
        Body::new(Ending {
            inner,
            drained: Some(drained),
        })
    })
}

struct Ending {
    inner: Body,
    /// None once the stream was ended here.
    drained: Option<BoxFuture<'static, ()>>,
}

impl http_body::Body for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(mut drained) = self.drained.take() else {
            return Poll::Ready(None);
        };
        let ready = Pin::new(&mut self.inner).poll_frame(context);
        if ready.is_pending() && drained.poll_unpin(context).is_ready() {
            let mut trailers = HeaderMap::new();
            let written = status::status(&AppError::ShuttingDown).add_header(&mut trailers);
            return Poll::Ready(Some(written.map(|()| Frame::trailers(trailers))));
        }
        self.drained = Some(drained);
        ready
    }

    fn is_end_stream(&self) -> bool {
        self.drained.is_none() || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, StreamBody};
    use tonic::Code;

    use super::*;
    use crate::shutdown::DrainSwitch;

    #[tokio::test]
    async fn a_stream_that_nobody_ends_gives_what_is_ready_and_ends_when_new_calls_are_refused() {
        let (switch, drain) = DrainSwitch::new();
        let (sender, frames) = tokio::sync::mpsc::channel::<Result<Frame<Bytes>, Status>>(2);
        let frames = tokio_stream::wrappers::ReceiverStream::new(frames);
        let response = Response::new(Body::new(StreamBody::new(frames)));
        let mut body = until_drained(drain, response).into_body();
        let send = || sender.try_send(Ok(Frame::data(Bytes::from_static(b"x"))));
        send().expect("room");
        assert!(body.frame().await.expect("a frame").expect("no error").is_data());
        assert!(body.frame().now_or_never().is_none(), "it goes on");
        send().expect("room");
        switch.refuse_new_calls();
        assert!(body.frame().await.expect("a frame").expect("no error").is_data());
        let end = body.frame().await.expect("a frame").expect("no error");
        let status = Status::from_header_map(end.trailers_ref().expect("trailers")).expect("a status");
        assert_eq!(status.code(), Code::Unavailable);
        assert!(body.frame().await.is_none());
    }
}
