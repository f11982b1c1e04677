//! Requests of auditors and of those who erase: OpenDocuments, ListAccesses, EraseCase, RestrictCase, LiftRestriction.

use super::codes;
use super::limits::{NAME_SIZE_MAX_BYTES, REASON_SIZE_MAX_BYTES};
use super::provenance::officer;
use super::read::{log, place};
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::command::{
    DeterminationName, EraseCase, Grounds, LiftRestriction, ListAccesses, OPENING_RECORD_COUNT_MAX, OpenDocuments,
    RestrictCase,
};
use crate::app::{AppError, AreaRegister};
use crate::log::record::DocumentName;

const AT: Path<'static> = Path::ROOT;

/// Documents that can be named; an entry has at most this many.
const DOCUMENT_NAME_COUNT_MAX: usize = 16;

/// Reads OpenDocuments.
///
/// # Errors
/// [`AppError::Invalid`] with every violation; so do all of this file.
pub fn open_documents(raw: pb::OpenDocumentsRequest, areas: &AreaRegister) -> Result<OpenDocuments, AppError> {
    let mut v = Violations::default();
    let request_id = v.parse(AT.field("request_id"), &raw.request_id);
    let log = log(&raw.area, raw.epoch, areas, &mut v);
    let count = raw.indices.len() + raw.determinations.len();
    if count == 0 || count > OPENING_RECORD_COUNT_MAX {
        let limit = format!("must name 1 to {OPENING_RECORD_COUNT_MAX} records together with determinations");
        v.add(AT.field("indices"), limit);
    }
    let mut indices = Vec::new();
    let mut determinations = Vec::new();
    if count <= OPENING_RECORD_COUNT_MAX {
        for (at, raw) in raw.indices.iter().enumerate() {
            indices.extend(place(AT.field("indices").item(at), *raw, &mut v));
        }
        for (at, raw) in raw.determinations.iter().enumerate() {
            determinations.extend(v.parse::<DeterminationName>(AT.field("determinations").item(at), raw));
        }
    }
    let names = v.limit(AT.field("documents"), raw.documents, DOCUMENT_NAME_COUNT_MAX);
    let mut documents = Vec::new();
    for (at, raw) in names.iter().enumerate() {
        let field = AT.field("documents");
        let name: Option<DocumentName> = v.parse(field.item(at), raw);
        if name.as_ref().is_some_and(|name| name.as_str() == "identity") {
            v.add(field.item(at), "is opened by include_identity: leave it out here");
        }
        documents.extend(name);
    }
    let purpose = v.check(AT.field("purpose"), codes::opening_purpose(raw.purpose));
    let reference = v.text(AT.field("reference"), raw.reference, NAME_SIZE_MAX_BYTES);
    let command = (|| {
        Some(OpenDocuments {
            request_id: request_id?,
            log: log?,
            indices,
            determinations,
            documents,
            include_identity: raw.include_identity,
            purpose: purpose?,
            reference: reference?,
            validate_only: raw.validate_only,
        })
    })();
    v.finish(command)
}

/// Reads ListAccesses.
pub fn list_accesses(raw: pb::ListAccessesRequest) -> Result<ListAccesses, AppError> {
    let mut v = Violations::default();
    let case = v.parse(AT.field("parent"), &raw.parent);
    let page = v.page(raw.page_size, raw.page_token);
    let command = (|| {
        Some(ListAccesses {
            case: case?,
            page: page?,
        })
    })();
    v.finish(command)
}

/// Reads a request about a case in one of its scopes: the two have the same members, and generated messages no trait
/// in common.
macro_rules! scoped {
    ($command:ident, $raw:ident) => {{
        let mut v = Violations::default();
        let request_id = v.parse(AT.field("request_id"), &$raw.request_id);
        let case = v.parse(AT.field("case"), &$raw.case);
        let scope = v.check(AT.field("scope"), codes::case_scope($raw.scope));
        let grounds = grounds($raw.basis, $raw.reason, $raw.officer, &mut v);
        let command = (|| {
            Some($command {
                request_id: request_id?,
                case: case?,
                scope: scope?,
                grounds: grounds?,
                validate_only: $raw.validate_only,
            })
        })();
        v.finish(command)
    }};
}

/// Reads EraseCase.
pub fn erase_case(raw: pb::EraseCaseRequest) -> Result<EraseCase, AppError> {
    scoped!(EraseCase, raw)
}

/// Reads RestrictCase.
pub fn restrict_case(raw: pb::RestrictCaseRequest) -> Result<RestrictCase, AppError> {
    scoped!(RestrictCase, raw)
}

/// Reads LiftRestriction.
pub fn lift_restriction(raw: pb::LiftRestrictionRequest) -> Result<LiftRestriction, AppError> {
    let mut v = Violations::default();
    let request_id = v.parse(AT.field("request_id"), &raw.request_id);
    let case = v.parse(AT.field("case"), &raw.case);
    let grounds = grounds(raw.basis, raw.reason, raw.officer, &mut v);
    let command = (|| {
        Some(LiftRestriction {
            request_id: request_id?,
            case: case?,
            grounds: grounds?,
            validate_only: raw.validate_only,
        })
    })();
    v.finish(command)
}

fn grounds(basis: i32, reason: String, who: Option<pb::Officer>, v: &mut Violations) -> Option<Grounds> {
    let basis = v.check(AT.field("basis"), codes::erasure_basis(basis));
    let reason = v.text(AT.field("reason"), reason, REASON_SIZE_MAX_BYTES);
    let officer = officer(who, AT.field("officer"), v);
    Some(Grounds {
        basis: basis?,
        reason: reason?,
        officer: officer?,
    })
}
