//! AuditService: each call decodes, calls its use case, encodes.

use tonic::{Request, Response, Status};

use super::edge::Edge;
use super::pb::audit_service_server::AuditService;
use super::{decode, encode, pb};

#[tonic::async_trait]
impl AuditService for Edge {
    async fn get_checkpoint(
        &self,
        request: Request<pb::GetCheckpointRequest>,
    ) -> Result<Response<pb::GetCheckpointResponse>, Status> {
        let (_, message) = self.enter(request).await?;
        let command = decode::get_checkpoint(message, self.app.areas())?;
        let read = self.app.get_checkpoint(command).await?;
        Ok(Response::new(encode::checkpoint(read)))
    }

    async fn get_entry(&self, request: Request<pb::GetEntryRequest>) -> Result<Response<pb::GetEntryResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::get_entry(message, self.app.areas())?;
        let read = self.app.get_entry(&caller, command).await?;
        Ok(Response::new(encode::entry(read)))
    }

    async fn list_entries(
        &self,
        request: Request<pb::ListEntriesRequest>,
    ) -> Result<Response<pb::ListEntriesResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::list_entries(message, self.app.areas())?;
        let page = self.app.list_entries(&caller, command).await?;
        Ok(Response::new(encode::entries(page)))
    }

    async fn prove_inclusion(
        &self,
        request: Request<pb::ProveInclusionRequest>,
    ) -> Result<Response<pb::ProveInclusionResponse>, Status> {
        let (_, message) = self.enter(request).await?;
        let command = decode::prove_inclusion(message, self.app.areas())?;
        let proof = self.app.prove_inclusion(command).await?;
        Ok(Response::new(encode::inclusion(proof)))
    }

    async fn prove_consistency(
        &self,
        request: Request<pb::ProveConsistencyRequest>,
    ) -> Result<Response<pb::ProveConsistencyResponse>, Status> {
        let (_, message) = self.enter(request).await?;
        let command = decode::prove_consistency(message, self.app.areas())?;
        let proof = self.app.prove_consistency(command).await?;
        Ok(Response::new(encode::consistency(proof)))
    }

    async fn replay(&self, request: Request<pb::ReplayRequest>) -> Result<Response<pb::ReplayResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::replay(message)?;
        let replayed = self.app.replay(&caller, command).await?;
        Ok(Response::new(encode::replayed(replayed)))
    }

    async fn open_documents(
        &self,
        request: Request<pb::OpenDocumentsRequest>,
    ) -> Result<Response<pb::OpenDocumentsResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::open_documents(message, self.app.areas())?;
        let opened = self.app.open_documents(&caller, command).await?;
        Ok(Response::new(encode::opened(opened)))
    }

    async fn list_accesses(
        &self,
        request: Request<pb::ListAccessesRequest>,
    ) -> Result<Response<pb::ListAccessesResponse>, Status> {
        let (_, message) = self.enter(request).await?;
        let command = decode::list_accesses(message)?;
        let page = self.app.list_accesses(command).await?;
        Ok(Response::new(encode::accesses(page)))
    }

    async fn erase_case(
        &self,
        request: Request<pb::EraseCaseRequest>,
    ) -> Result<Response<pb::EraseCaseResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::erase_case(message)?;
        let erased = self.app.erase_case(&caller, command).await?;
        Ok(Response::new(encode::erased(erased)))
    }

    async fn restrict_case(
        &self,
        request: Request<pb::RestrictCaseRequest>,
    ) -> Result<Response<pb::RestrictCaseResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::restrict_case(message)?;
        let restricted = self.app.restrict_case(&caller, command).await?;
        Ok(Response::new(encode::restricted(restricted)))
    }

    async fn lift_restriction(
        &self,
        request: Request<pb::LiftRestrictionRequest>,
    ) -> Result<Response<pb::LiftRestrictionResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::lift_restriction(message)?;
        let lifted = self.app.lift_restriction(&caller, command).await?;
        Ok(Response::new(encode::lifted(lifted)))
    }

    async fn commit_sample(
        &self,
        request: Request<pb::CommitSampleRequest>,
    ) -> Result<Response<pb::CommitSampleResponse>, Status> {
        self.commit(request).await
    }

    async fn request_sample(
        &self,
        request: Request<pb::RequestSampleRequest>,
    ) -> Result<Response<pb::RequestSampleResponse>, Status> {
        self.ask_sample(request).await
    }

    async fn reveal_sample(
        &self,
        request: Request<pb::RevealSampleRequest>,
    ) -> Result<Response<pb::RevealSampleResponse>, Status> {
        self.reveal(request).await
    }

    async fn refuse_reveal(
        &self,
        request: Request<pb::RefuseRevealRequest>,
    ) -> Result<Response<pb::RefuseRevealResponse>, Status> {
        self.refuse(request).await
    }

    async fn get_sample(
        &self,
        request: Request<pb::GetSampleRequest>,
    ) -> Result<Response<pb::GetSampleResponse>, Status> {
        self.read_sample(request).await
    }

    async fn draw_sample(
        &self,
        request: Request<pb::DrawSampleRequest>,
    ) -> Result<Response<pb::DrawSampleResponse>, Status> {
        self.draw(request).await
    }

    async fn record_finding(
        &self,
        request: Request<pb::RecordFindingRequest>,
    ) -> Result<Response<pb::RecordFindingResponse>, Status> {
        self.find(request).await
    }

    async fn list_findings(
        &self,
        request: Request<pb::ListFindingsRequest>,
    ) -> Result<Response<pb::ListFindingsResponse>, Status> {
        self.findings(request).await
    }

    async fn estimate_error_rate(
        &self,
        request: Request<pb::EstimateErrorRateRequest>,
    ) -> Result<Response<pb::EstimateErrorRateResponse>, Status> {
        self.estimate(request).await
    }
}
