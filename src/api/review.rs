//! ReviewService: each call decodes, calls its use case, encodes.

use std::sync::Arc;

use tonic::{Request, Response, Status, Streaming};

use super::answers::Answers;
use super::batch::{Beside, Item};
use super::edge::Edge;
use super::pb::review_service_server::ReviewService;
use super::{auth, decode, encode, pb, status};
use crate::app::result::Determined;

#[tonic::async_trait]
impl ReviewService for Edge {
    async fn review(&self, request: Request<pb::ReviewRequest>) -> Result<Response<pb::ReviewResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::review(message, self.app.areas())?;
        let determined = self.app.review(&caller, command).await?;
        Ok(Response::new(response(determined)))
    }

    type BatchReviewStream = Answers<pb::BatchReviewResponse>;

    async fn batch_review(
        &self,
        request: Request<Streaming<pb::BatchReviewRequest>>,
    ) -> Result<Response<Self::BatchReviewStream>, Status> {
        let known = Arc::new(auth::caller(&request)?.0);
        let edge = self.clone();
        let item = |message: pb::BatchReviewRequest| Item {
            correlation_id: message.correlation_id,
            field: "review",
            request: message.review,
        };
        let work = move |request: pb::ReviewRequest, beside: Beside| {
            let (edge, known) = (edge.clone(), Arc::clone(&known));
            async move {
                let caller = edge.enter_item(&known, &request).await?;
                let command = beside.with(decode::review(request, edge.app.areas()))?;
                edge.app.review(&caller, command).await
            }
        };
        let answers = self
            .batches
            .run(request, item, work, |correlation_id, result| match result {
                Ok(determined) => pb::BatchReviewResponse {
                    correlation_id,
                    status: Some(status::rpc_ok()),
                    reviewed: Some(response(determined)),
                },
                Err(error) => pb::BatchReviewResponse {
                    correlation_id,
                    status: Some(status::rpc_status(&error)),
                    reviewed: None,
                },
            })?;
        Ok(Response::new(answers))
    }

    async fn list_due_reviews(
        &self,
        request: Request<pb::ListDueReviewsRequest>,
    ) -> Result<Response<pb::ListDueReviewsResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::list_due_reviews(message, self.app.areas())?;
        let page = self.app.list_due_reviews(&caller, command).await?;
        Ok(Response::new(encode::due_reviews(page)))
    }
}

fn response(determined: Determined) -> pb::ReviewResponse {
    let (determination, acknowledgement) = encode::determined(determined);
    pb::ReviewResponse {
        determination: Some(determination),
        acknowledgement,
    }
}
