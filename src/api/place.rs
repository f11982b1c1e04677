//! Where each request acts: the areas and the cases that it names, read before anything else of it.

use super::admission::outcome::Denied;
use super::auth::{self, Known};
use super::edge::Edge;
use super::pb;
use crate::app::command::{CaseName, DeterminationName, FindingName, LogName};
use crate::app::{AppError, Caller};
use crate::area::AreaCode;
use crate::log::LogIndex;

/// A place that a request names. A text that is none is no place: decoding refuses it with every other violation.
pub enum Place {
    /// An area.
    Area(AreaCode),
    /// A case.
    Case(CaseName),
    /// An entry of a log.
    Entry(LogName, LogIndex),
}

/// A request that says where it acts. All places must be the caller's; none: it reads what is public.
pub trait Places {
    /// The places, at most as many as the request has of them.
    fn places(&self) -> Vec<Place>;
}

impl Edge {
    /// Who calls, and the request, once they may act where it says.
    pub(super) async fn enter<T: Places>(&self, request: tonic::Request<T>) -> Result<(Caller, T), AppError> {
        let (_, caller) = auth::caller(&request)?;
        let message = request.into_inner();
        self.allow(&caller, &message).await?;
        Ok((caller, message))
    }

    /// The same for an item of a stream, by what the table says of the caller now; a refusal is told here, because the
    /// stream goes on.
    pub(super) async fn enter_item(&self, known: &Known, message: &impl Places) -> Result<Caller, AppError> {
        let caller = known.again()?.caller();
        let allowed = self.allow(&caller, message).await;
        if matches!(allowed, Err(AppError::PermissionDenied)) {
            let principal = Some(known.principal());
            self.outcomes.denied(Denied::Scope, known.rpc, principal, known.call_id);
        }
        allowed.map(|()| caller)
    }

    /// Whether a caller may act where the request says.
    async fn allow(&self, caller: &Caller, message: &impl Places) -> Result<(), AppError> {
        for place in message.places() {
            match place {
                Place::Area(area) => self.app.reaches_area(caller, area)?,
                Place::Case(case) => self.app.reaches_case(caller, case).await?,
                Place::Entry(log, index) => self.app.reaches_entry(caller, log, index).await?,
            }
        }
        Ok(())
    }
}

fn area(text: &str) -> Option<Place> {
    text.parse().ok().map(Place::Area)
}

fn case(text: &str) -> Option<Place> {
    text.parse().ok().map(Place::Case)
}

fn determination(text: &str) -> Option<Place> {
    let name: DeterminationName = text.parse().ok()?;
    Some(Place::Case(name.case))
}

fn finding(text: &str) -> Option<Place> {
    let name: FindingName = text.parse().ok()?;
    Some(Place::Case(name.case))
}

/// Entries of a log.
fn entries(area: &str, epoch: Option<u32>, indices: &[u64]) -> Vec<Place> {
    let Ok(area) = area.parse() else { return Vec::new() };
    let log = LogName { area, epoch };
    let index = |index: &u64| LogIndex::new(*index).ok();
    indices
        .iter()
        .filter_map(index)
        .map(|index| Place::Entry(log, index))
        .collect()
}

macro_rules! places {
    ($($request:ident: $($read:ident($field:ident)),*;)*) => {
        $(impl Places for pb::$request {
            fn places(&self) -> Vec<Place> {
                let named: [Option<Place>; _] = [$($read(&self.$field)),*];
                named.into_iter().flatten().collect()
            }
        })*
    };
}

places! {
    DetermineRequest: area(area), case(case);
    ImportCaseRequest: area(area);
    CorrectRequest: determination(determination);
    RecordRemedyRequest: determination(determination);
    // The call writes into both logs.
    TransferCaseRequest: case(case), area(to_area);
    GetDeterminationRequest: determination(name);
    ListDeterminationsRequest: case(parent);
    ReviewRequest: case(case);
    ListDueReviewsRequest: area(area);
    DecideExitRequest: case(case);
    ListGracePeriodsRequest: area(area);
    PublishPolicyRequest: area(area);
    GetPolicyRequest: ;
    ListPoliciesRequest: ;
    PreviewImpactRequest: area(area);
    GetCheckpointRequest: ;
    ListEntriesRequest: ;
    ProveInclusionRequest: ;
    ProveConsistencyRequest: ;
    ReplayRequest: determination(determination);
    ListAccessesRequest: case(parent);
    EraseCaseRequest: case(case);
    RestrictCaseRequest: case(case);
    LiftRestrictionRequest: case(case);
    CommitSampleRequest: area(area);
    RequestSampleRequest: area(area);
    RevealSampleRequest: area(area);
    RefuseRevealRequest: area(area);
    GetSampleRequest: area(area);
    DrawSampleRequest: area(area);
    RecordFindingRequest: determination(determination), determination(correction), finding(amends);
    ListFindingsRequest: area(area);
    EstimateErrorRateRequest: area(area);
}

impl Places for pb::GetEntryRequest {
    fn places(&self) -> Vec<Place> {
        // Without its documents an entry is what everybody may have.
        if self.include_documents {
            entries(&self.area, self.epoch, &[self.index])
        } else {
            Vec::new()
        }
    }
}

impl Places for pb::OpenDocumentsRequest {
    fn places(&self) -> Vec<Place> {
        let mut places = entries(&self.area, self.epoch, &self.indices);
        places.extend(self.determinations.iter().filter_map(|name| determination(name)));
        if places.is_empty() {
            // Nothing to look at, and nowhere to do it.
            places.extend(area(&self.area));
        }
        places
    }
}
