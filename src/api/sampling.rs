//! The calls of AuditService for samples and findings: each decodes, calls its use case, encodes.

use tonic::{Request, Response, Status};

use super::edge::Edge;
use super::{decode, encode, pb};

impl Edge {
    pub(super) async fn commit(
        &self,
        request: Request<pb::CommitSampleRequest>,
    ) -> Result<Response<pb::CommitSampleResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::commit_sample(message, self.app.areas())?;
        let recorded = self.app.commit_sample(&caller, command).await?;
        Ok(Response::new(encode::sample_committed(recorded)))
    }

    pub(super) async fn ask_sample(
        &self,
        request: Request<pb::RequestSampleRequest>,
    ) -> Result<Response<pb::RequestSampleResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::request_sample(message, self.app.areas())?;
        let recorded = self.app.request_sample(&caller, command).await?;
        Ok(Response::new(encode::sample_requested(recorded)))
    }

    pub(super) async fn reveal(
        &self,
        request: Request<pb::RevealSampleRequest>,
    ) -> Result<Response<pb::RevealSampleResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::reveal_sample(message, self.app.areas())?;
        let recorded = self.app.reveal_sample(&caller, command).await?;
        Ok(Response::new(encode::sample_revealed(recorded)))
    }

    pub(super) async fn refuse(
        &self,
        request: Request<pb::RefuseRevealRequest>,
    ) -> Result<Response<pb::RefuseRevealResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::refuse_reveal(message, self.app.areas())?;
        let recorded = self.app.refuse_reveal(&caller, command).await?;
        Ok(Response::new(encode::reveal_refused(recorded)))
    }

    pub(super) async fn read_sample(
        &self,
        request: Request<pb::GetSampleRequest>,
    ) -> Result<Response<pb::GetSampleResponse>, Status> {
        let (_, message) = self.enter(request).await?;
        let command = decode::get_sample(message, self.app.areas())?;
        let read = self.app.get_sample(command).await?;
        Ok(Response::new(encode::sample_read(read)))
    }

    pub(super) async fn draw(
        &self,
        request: Request<pb::DrawSampleRequest>,
    ) -> Result<Response<pb::DrawSampleResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::draw_sample(message, self.app.areas())?;
        let drawn = self.app.draw_sample(&caller, command).await?;
        Ok(Response::new(encode::sample_drawn(drawn)))
    }

    pub(super) async fn find(
        &self,
        request: Request<pb::RecordFindingRequest>,
    ) -> Result<Response<pb::RecordFindingResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::record_finding(message)?;
        let recorded = self.app.record_finding(&caller, command).await?;
        Ok(Response::new(encode::finding_recorded(recorded)))
    }

    pub(super) async fn findings(
        &self,
        request: Request<pb::ListFindingsRequest>,
    ) -> Result<Response<pb::ListFindingsResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::list_findings(message, self.app.areas())?;
        let page = self.app.list_findings(&caller, command).await?;
        Ok(Response::new(encode::findings(page)))
    }

    pub(super) async fn estimate(
        &self,
        request: Request<pb::EstimateErrorRateRequest>,
    ) -> Result<Response<pb::EstimateErrorRateResponse>, Status> {
        let (_, message) = self.enter(request).await?;
        let command = decode::estimate_error_rate(message, self.app.areas())?;
        let rates = self.app.estimate_error_rate(command).await?;
        Ok(Response::new(encode::error_rates(rates)))
    }
}
