//! ExitService: each call decodes, calls its use case, encodes.

use tonic::{Request, Response, Status};

use super::edge::Edge;
use super::pb::exit_service_server::ExitService;
use super::{decode, encode, pb};

#[tonic::async_trait]
impl ExitService for Edge {
    async fn decide_exit(
        &self,
        request: Request<pb::DecideExitRequest>,
    ) -> Result<Response<pb::DecideExitResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::decide_exit(message, self.app.areas())?;
        let (determination, acknowledgement) = encode::determined(self.app.decide_exit(&caller, command).await?);
        Ok(Response::new(pb::DecideExitResponse {
            determination: Some(determination),
            acknowledgement,
        }))
    }

    async fn list_grace_periods(
        &self,
        request: Request<pb::ListGracePeriodsRequest>,
    ) -> Result<Response<pb::ListGracePeriodsResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::list_grace_periods(message, self.app.areas())?;
        let page = self.app.list_grace_periods(&caller, command).await?;
        Ok(Response::new(encode::grace_periods(page)))
    }
}
