//! PolicyService: each call decodes, calls its use case, encodes.

use tonic::{Request, Response, Status};

use super::edge::Edge;
use super::pb::policy_service_server::PolicyService;
use super::preview::Previewed;
use super::{auth, decode, encode, pb};
use crate::app::Caller;

#[tonic::async_trait]
impl PolicyService for Edge {
    async fn publish_policy(
        &self,
        request: Request<pb::PublishPolicyRequest>,
    ) -> Result<Response<pb::PublishPolicyResponse>, Status> {
        let (caller, message) = self.enter(request).await?;
        let command = decode::publish_policy(message, self.app.areas())?;
        let published = self.app.publish_policy(&caller, command).await?;
        Ok(Response::new(encode::published(published)))
    }

    async fn get_policy(
        &self,
        request: Request<pb::GetPolicyRequest>,
    ) -> Result<Response<pb::GetPolicyResponse>, Status> {
        let (_, message) = self.enter(request).await?;
        let command = decode::get_policy(message)?;
        let read = self.app.get_policy(command).await?;
        Ok(Response::new(encode::policy_read(read)))
    }

    async fn list_policies(
        &self,
        request: Request<pb::ListPoliciesRequest>,
    ) -> Result<Response<pb::ListPoliciesResponse>, Status> {
        let (_, message) = self.enter(request).await?;
        let command = decode::list_policies(message, self.app.areas())?;
        let page = self.app.list_policies(command).await?;
        Ok(Response::new(encode::policies(page)))
    }

    type PreviewImpactStream = Previewed;

    async fn preview_impact(&self, request: Request<pb::PreviewImpactRequest>) -> Result<Response<Previewed>, Status> {
        let (known, _) = auth::caller(&request)?;
        let (_, message) = self.enter(request).await?;
        let command = decode::preview_impact(message, self.app.areas())?;
        let app = self.app.clone();
        let work = |tell| async move {
            let reaches = |caller: &Caller| app.reaches_area(caller, command.area);
            known.during(reaches, app.preview_impact(&command, &tell)).await
        };
        Ok(Response::new(self.previews.run(work)?))
    }
}
