//! The only place that builds a [`Status`]: one code, one reason and the details for each [`AppError`].

use std::collections::HashMap;
use std::time::Duration;

use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::pb::ErrorReason;
use crate::app::AppError;
use crate::app::error::{Forbidden, ResourceKind, Violation};
use crate::rules::determination::RequiredStep;

/// Domain of every ErrorInfo.
pub const ERROR_DOMAIN: &str = "doudi";

/// Most bytes of violations in one status. Details travel base64-coded in a trailer, and common clients refuse
/// trailers beyond 8 KiB: a longer list would hide the error itself.
const VIOLATIONS_SIZE_MAX_BYTES: usize = 4_096;

/// What a protobuf field violation costs beside its texts.
const VIOLATION_OVERHEAD_BYTES: usize = 8;

/// When a client should retry what it cannot influence: the store, a draining replica.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Metadata in which gRPC says which encodings of messages are read.
const ACCEPT_ENCODING: &str = "grpc-accept-encoding";

/// Guards with a reason of their own; any other guard of a policy is GUARD_FAILED with its code in the metadata.
const GUARD_REASONS: [ErrorReason; 10] = [
    ErrorReason::HearingRequired,
    ErrorReason::ReasonsRequired,
    ErrorReason::GraceOutOfBounds,
    ErrorReason::ReasonRequired,
    ErrorReason::PrincipleExceeded,
    ErrorReason::TwoProgrammes,
    ErrorReason::NoApplication,
    ErrorReason::RelativeCheck,
    ErrorReason::ApproverRequired,
    ErrorReason::NotCompetent,
];

/// Code and reason of an error.
fn code(error: &AppError) -> (Code, ErrorReason) {
    match error {
        AppError::Invalid(_) => (Code::InvalidArgument, ErrorReason::RequestInvalid),
        AppError::PolicyInvalid(_) => (Code::InvalidArgument, ErrorReason::PolicyInvalid),
        AppError::PageToken => (Code::InvalidArgument, ErrorReason::PageTokenInvalid),
        AppError::Unauthenticated => (Code::Unauthenticated, ErrorReason::CredentialsInvalid),
        AppError::PermissionDenied => (Code::PermissionDenied, ErrorReason::PermissionDenied),
        AppError::NotFound { kind, .. } => (Code::NotFound, not_found(*kind)),
        AppError::RequestIdReused => (Code::AlreadyExists, ErrorReason::RequestIdReused),
        AppError::Refused { steps } | AppError::Held { steps, .. } => (Code::FailedPrecondition, guard(steps)),
        AppError::NoPolicyInForce { .. } => (Code::FailedPrecondition, ErrorReason::NoPolicyInForce),
        AppError::CaseState(_) => (Code::FailedPrecondition, ErrorReason::CaseState),
        AppError::TwoProgrammes => (Code::FailedPrecondition, ErrorReason::TwoProgrammes),
        AppError::NotAllowed { what, .. } => (Code::FailedPrecondition, forbidden(*what)),
        AppError::Erased { .. } => (Code::FailedPrecondition, ErrorReason::Erased),
        AppError::Restricted { .. } => (Code::FailedPrecondition, ErrorReason::Restricted),
        AppError::Retained { .. } => (Code::FailedPrecondition, ErrorReason::Retained),
        AppError::TreeTooSmall => (Code::FailedPrecondition, ErrorReason::TreeTooSmall),
        AppError::CaseChanged => (Code::Aborted, ErrorReason::CaseChanged),
        AppError::PolicyChanged => (Code::Aborted, ErrorReason::PolicyChanged),
        AppError::Overloaded { .. } => (Code::ResourceExhausted, ErrorReason::Overloaded),
        AppError::RateLimited { .. } => (Code::ResourceExhausted, ErrorReason::RateLimited),
        AppError::DeadlineExceeded | AppError::Unread => (Code::DeadlineExceeded, ErrorReason::DeadlineExceeded),
        AppError::StoreUnavailable => (Code::Unavailable, ErrorReason::StoreUnavailable),
        AppError::ShuttingDown => (Code::Unavailable, ErrorReason::ShuttingDown),
        AppError::EntriesLost => (Code::DataLoss, ErrorReason::LogRolledBack),
        AppError::NotWitnessed => (Code::Unavailable, ErrorReason::NotWitnessed),
        AppError::LogRolledBack => (Code::FailedPrecondition, ErrorReason::LogRolledBack),
        AppError::LogCorrupt(_) => (Code::DataLoss, ErrorReason::LogCorrupt),
        AppError::Internal { .. } => (Code::Internal, ErrorReason::Internal),
    }
}

fn not_found(kind: ResourceKind) -> ErrorReason {
    match kind {
        ResourceKind::Case => ErrorReason::CaseNotFound,
        ResourceKind::Determination => ErrorReason::DeterminationNotFound,
        ResourceKind::Policy => ErrorReason::PolicyNotFound,
        ResourceKind::Entry => ErrorReason::EntryNotFound,
        ResourceKind::Log => ErrorReason::LogNotFound,
        ResourceKind::Sample => ErrorReason::SampleNotFound,
    }
}

fn forbidden(what: Forbidden) -> ErrorReason {
    match what {
        Forbidden::Sample => ErrorReason::SampleState,
        Forbidden::Finding => ErrorReason::FindingNotAllowed,
    }
}

/// The reason of the first step that is one.
fn guard(steps: &[RequiredStep]) -> ErrorReason {
    let named = |step: &RequiredStep| GUARD_REASONS.into_iter().find(|reason| word(*reason) == step.code);
    steps.iter().find_map(named).unwrap_or(ErrorReason::GuardFailed)
}

/// The reason as it is sent.
fn word(reason: ErrorReason) -> &'static str {
    reason.as_str_name().trim_start_matches("ERROR_REASON_")
}

/// The status of an error. It is on its way to a caller: damage is said in the log here, and nowhere before.
#[must_use]
pub fn status(error: &AppError) -> Status {
    let (code, reason) = code(error);
    let mut details = ErrorDetails::new();
    let mut metadata = HashMap::new();
    match error {
        AppError::Invalid(violations) | AppError::PolicyInvalid(violations) => {
            violations_within(violations, &mut details);
        }
        AppError::NotFound { kind, name } => {
            details.set_resource_info(kind.noun(), name, "", error.to_string());
        }
        AppError::Erased { name, receipt } => {
            metadata.insert("receipt".to_owned(), receipt.clone());
            details.set_resource_info(noun(name), name, "", error.to_string());
        }
        AppError::Restricted { name } => {
            details.set_resource_info(noun(name), name, "", error.to_string());
        }
        AppError::Retained { until } => {
            metadata.insert("retained_until".to_owned(), until.to_string());
        }
        AppError::Refused { steps } => preconditions(steps, "", &mut details, &mut metadata),
        AppError::Held { determination, steps } => {
            metadata.insert("determination".to_owned(), determination.clone());
            preconditions(steps, determination, &mut details, &mut metadata);
        }
        AppError::NotAllowed { violations, .. } => {
            for violation in violations {
                details.add_precondition_failure_violation(word(reason), &*violation.field, &*violation.description);
            }
        }
        AppError::NoPolicyInForce { area } => {
            metadata.insert("area".to_owned(), area.to_string());
        }
        AppError::Overloaded { retry_after } | AppError::RateLimited { retry_after } => {
            details.set_retry_info(Some(*retry_after));
        }
        AppError::StoreUnavailable | AppError::ShuttingDown | AppError::NotWitnessed | AppError::TreeTooSmall => {
            details.set_retry_info(Some(RETRY_DELAY));
        }
        AppError::Internal { error_id } => {
            metadata.insert("error_id".to_owned(), error_id.clone());
        }
        AppError::PageToken
        | AppError::Unauthenticated
        | AppError::PermissionDenied
        | AppError::RequestIdReused
        | AppError::CaseState(_)
        | AppError::TwoProgrammes
        | AppError::CaseChanged
        | AppError::PolicyChanged
        | AppError::DeadlineExceeded
        | AppError::Unread
        | AppError::LogRolledBack
        | AppError::EntriesLost => {}
        AppError::LogCorrupt(damage) => damage.tell(),
    }
    details.set_error_info(word(reason), ERROR_DOMAIN, metadata);
    Status::with_error_details(code, error.to_string(), details)
}

/// The same as the message of an item of a stream.
#[must_use]
pub fn rpc_status(error: &AppError) -> tonic_types::pb::Status {
    let status = status(error);
    // The details are a google.rpc.Status, encoded a moment ago; should that fail, code and message still stand.
    tonic_types::pb::Status::decode(status.details()).unwrap_or_else(|_| tonic_types::pb::Status {
        code: status.code() as i32,
        message: status.message().to_owned(),
        details: Vec::new(),
    })
}

/// The status of an item that went well.
#[must_use]
pub fn rpc_ok() -> tonic_types::pb::Status {
    tonic_types::pb::Status {
        code: Code::Ok as i32,
        ..Default::default()
    }
}

/// Adds as many violations as fit, and says how many do not. The first is cut to fit, or it would hide all of them.
fn violations_within(violations: &[Violation], details: &mut ErrorDetails) {
    let mut size_bytes = 0;
    for (at, violation) in violations.iter().enumerate() {
        let field_bytes = violation.field.len() + VIOLATION_OVERHEAD_BYTES;
        size_bytes += field_bytes + violation.description.len();
        if size_bytes > VIOLATIONS_SIZE_MAX_BYTES && at > 0 {
            let left = violations.len() - at;
            details.add_bad_request_violation("", format!("{left} more violations: correct these first"));
            return;
        }
        let room = VIOLATIONS_SIZE_MAX_BYTES.saturating_sub(field_bytes);
        details.add_bad_request_violation(&*violation.field, cut(&violation.description, room));
    }
}

/// A text of at most so many bytes; what is cut shows that it was.
fn cut(text: &str, size_max_bytes: usize) -> String {
    const MARK: &str = "…";
    if text.len() <= size_max_bytes {
        return text.to_owned();
    }
    let kept = text.floor_char_boundary(size_max_bytes.saturating_sub(MARK.len()));
    format!("{}{MARK}", &text[..kept])
}

/// What a name of an erased or restricted resource names.
fn noun(name: &str) -> &'static str {
    if name.contains("/determinations/") {
        ResourceKind::Determination.noun()
    } else {
        ResourceKind::Case.noun()
    }
}

fn preconditions(
    steps: &[RequiredStep],
    determination: &str,
    details: &mut ErrorDetails,
    metadata: &mut HashMap<String, String>,
) {
    if let Some(first) = steps.first() {
        metadata.insert("step".to_owned(), first.code.clone());
        metadata.extend(first.cite.clone().map(|cite| ("clause".to_owned(), cite)));
    }
    for step in steps {
        let clause = step.cite.as_deref().unwrap_or("the policy");
        details.add_precondition_failure_violation(
            &*step.code,
            determination,
            format!("{clause} requires it: take the step and decide again"),
        );
    }
}

/// Whether a status tells a caller of damage.
#[must_use]
pub fn tells_damage(status: &Status) -> bool {
    let reason = |info: &tonic_types::ErrorInfo| info.reason == word(ErrorReason::LogCorrupt);
    status.code() == Code::DataLoss && status.get_details_error_info().as_ref().is_some_and(reason)
}

/// The status in place of one that the transport made itself, without a reason; none where it has to stand.
#[must_use]
pub fn of_transport(theirs: &Status) -> Option<Status> {
    let code = theirs.code();
    let invalid = |description: &str| {
        let violation = Violation {
            field: String::new(),
            description: description.to_owned(),
        };
        Some(status(&AppError::Invalid(vec![violation])))
    };
    let unimplemented = |reason, text| {
        let mut details = ErrorDetails::new();
        details.set_error_info(word(reason), ERROR_DOMAIN, HashMap::new());
        Some(Status::with_error_details(Code::Unimplemented, text, details))
    };
    match code {
        Code::OutOfRange => invalid("the message is too large: see the limits of its lists"),
        // Our own internal errors carry details; this one means that the bytes are no message.
        Code::Internal | Code::InvalidArgument => invalid("the message cannot be read: send the contract's protobuf"),
        // The transport names the encodings that it reads where the request's is none of them.
        Code::Unimplemented => match theirs.metadata().get(ACCEPT_ENCODING) {
            Some(accepted) => {
                let text = "compressed requests are not read: send them with the grpc-encoding identity";
                unimplemented(ErrorReason::EncodingUnsupported, text).map(|mut status| {
                    status.metadata_mut().insert(ACCEPT_ENCODING, accepted.clone());
                    status
                })
            }
            None => unimplemented(
                ErrorReason::MethodUnknown,
                "no such method: see the contracts by reflection",
            ),
        },
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::Unavailable
        | Code::DataLoss
        | Code::Unauthenticated => None,
    }
}

/// A handler's way out.
impl From<AppError> for Status {
    fn from(error: AppError) -> Status {
        status(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(code: &str) -> RequiredStep {
        RequiredStep {
            code: code.to_owned(),
            cite: Some("sal#48".to_owned()),
            blocks: true,
        }
    }

    #[test]
    fn a_stop_without_a_hearing_names_the_clause_and_the_record() {
        let status = status(&AppError::Held {
            determination: "areas/340321/cases/c/determinations/r".to_owned(),
            steps: vec![step("HEARING_REQUIRED")],
        });
        assert_eq!(status.code(), Code::FailedPrecondition);
        let info = status.get_details_error_info().expect("error info");
        assert_eq!(
            (info.reason.as_str(), info.domain.as_str()),
            ("HEARING_REQUIRED", "doudi")
        );
        assert_eq!(info.metadata["clause"], "sal#48");
        assert_eq!(info.metadata["determination"], "areas/340321/cases/c/determinations/r");
        let violations = status
            .get_details_precondition_failure()
            .expect("preconditions")
            .violations;
        assert_eq!(violations[0].r#type, "HEARING_REQUIRED");
    }

    #[test]
    fn a_guard_that_the_contract_does_not_know_is_named_in_the_metadata() {
        let status = status(&AppError::Refused {
            steps: vec![step("INTERNAL")],
        });
        let info = status.get_details_error_info().expect("error info");
        assert_eq!(
            (info.reason.as_str(), &*info.metadata["step"]),
            ("GUARD_FAILED", "INTERNAL")
        );
    }

    #[test]
    fn every_violation_is_listed_until_the_trailer_is_full() {
        let violations = |count: usize| -> Vec<Violation> {
            let one = Violation {
                field: "input.facts.members[0].birth".to_owned(),
                description: "wrong".repeat(8),
            };
            vec![one; count]
        };
        let listed = |count| {
            let status = status(&AppError::Invalid(violations(count)));
            assert!(status.details().len() < 6_000, "base64 of it must stay under 8 KiB");
            status.get_details_bad_request().expect("violations").field_violations
        };
        assert_eq!(listed(40).len(), 40);
        let many = listed(500);
        assert!(many.len() > 40);
        assert!(
            many.last()
                .expect("a last one")
                .description
                .ends_with("more violations: correct these first")
        );
    }

    #[test]
    fn one_violation_never_hides_the_error() {
        let long = Violation {
            field: "source".to_owned(),
            description: "法".repeat(10_000),
        };
        let status = status(&AppError::PolicyInvalid(vec![long.clone(), long]));
        assert!(status.details().len() < 6_000, "base64 of it must stay under 8 KiB");
        let listed = status.get_details_bad_request().expect("violations").field_violations;
        assert_eq!((listed.len(), listed[0].field.as_str()), (2, "source"));
        assert!(listed[0].description.ends_with("法…"));
        assert!(listed[1].description.starts_with("1 more violations"));
    }

    #[test]
    fn an_item_of_a_stream_has_the_same_status_as_a_single_call() {
        let error = AppError::Overloaded {
            retry_after: Duration::from_millis(250),
        };
        let (single, item) = (status(&error), rpc_status(&error));
        assert_eq!(
            (item.code, item.message.as_str()),
            (single.code() as i32, single.message())
        );
        assert_eq!(item.encode_to_vec(), single.details());
        assert_eq!(
            single.get_details_retry_info().and_then(|r| r.retry_delay),
            Some(Duration::from_millis(250))
        );
        assert_eq!(rpc_ok().code, 0);
    }
}
