//! DeterminationService: each call decodes, calls its use case, encodes.

use std::sync::Arc;

use tonic::{Request, Response, Status, Streaming};

use super::answers::Answers;
use super::batch::{Beside, Item};
use super::edge::Edge;
use super::pb::determination_service_server::DeterminationService;
use super::{auth, decode, encode, pb, status};
use crate::app::result::Determined;

#[tonic::async_trait]
impl DeterminationService for Edge {
    async fn determine(
        &self,
        request: Request<pb::DetermineRequest>,
    ) -> Result<Response<pb::DetermineResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::determine(message, self.app.areas())?;
        let determined = self.app.determine(&caller, command).await?;
        Ok(Response::new(response(determined)))
    }

    type BatchDetermineStream = Answers<pb::BatchDetermineResponse>;

    async fn batch_determine(
        &self,
        request: Request<Streaming<pb::BatchDetermineRequest>>,
    ) -> Result<Response<Self::BatchDetermineStream>, Status> {
        let known = Arc::new(auth::caller(&request)?.0);
        let edge = self.clone();
        let item = |message: pb::BatchDetermineRequest| Item {
            correlation_id: message.correlation_id,
            field: "determine",
            request: message.determine,
        };
        let work = move |request: pb::DetermineRequest, beside: Beside| {
            let (edge, known) = (edge.clone(), Arc::clone(&known));
            async move {
                let caller = edge.enter_item(&known, &request).await?;
                let command = beside.with(decode::determine(request, edge.app.areas()))?;
                edge.app.determine(&caller, command).await
            }
        };
        let answers = self
            .batches
            .run(request, item, work, |correlation_id, result| match result {
                Ok(determined) => pb::BatchDetermineResponse {
                    correlation_id,
                    status: Some(status::rpc_ok()),
                    determined: Some(response(determined)),
                },
                Err(error) => pb::BatchDetermineResponse {
                    correlation_id,
                    status: Some(status::rpc_status(&error)),
                    determined: None,
                },
            })?;
        Ok(Response::new(answers))
    }

    async fn import_case(
        &self,
        request: Request<pb::ImportCaseRequest>,
    ) -> Result<Response<pb::ImportCaseResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::import_case(message, self.app.areas())?;
        let imported = self.app.import_case(&caller, command).await?;
        Ok(Response::new(encode::imported(imported)))
    }

    async fn correct(&self, request: Request<pb::CorrectRequest>) -> Result<Response<pb::CorrectResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::correct(message, self.app.areas())?;
        let (determination, acknowledgement) = encode::determined(self.app.correct(&caller, command).await?);
        Ok(Response::new(pb::CorrectResponse {
            determination: Some(determination),
            acknowledgement,
        }))
    }

    async fn record_remedy(
        &self,
        request: Request<pb::RecordRemedyRequest>,
    ) -> Result<Response<pb::RecordRemedyResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::record_remedy(message)?;
        let recorded = self.app.record_remedy(&caller, command).await?;
        Ok(Response::new(encode::remedy(recorded)))
    }

    async fn transfer_case(
        &self,
        request: Request<pb::TransferCaseRequest>,
    ) -> Result<Response<pb::TransferCaseResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::transfer_case(message, self.app.areas())?;
        let transferred = self.app.transfer_case(&caller, command).await?;
        Ok(Response::new(encode::transferred(transferred)))
    }

    async fn get_determination(
        &self,
        request: Request<pb::GetDeterminationRequest>,
    ) -> Result<Response<pb::GetDeterminationResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::get_determination(message)?;
        let read = self.app.get_determination(&caller, command).await?;
        Ok(Response::new(encode::read(read)))
    }

    async fn list_determinations(
        &self,
        request: Request<pb::ListDeterminationsRequest>,
    ) -> Result<Response<pb::ListDeterminationsResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::list_determinations(message)?;
        let page = self.app.list_determinations(&caller, command).await?;
        Ok(Response::new(encode::listed(page)))
    }
}

fn response(determined: Determined) -> pb::DetermineResponse {
    let (determination, acknowledgement) = encode::determined(determined);
    pb::DetermineResponse {
        determination: Some(determination),
        acknowledgement,
    }
}
