//! What OpenDocuments, ListAccesses and the calls that erase answer.

use super::record::acknowledgement;
use super::{date, hash};
use crate::api::pb;
use crate::app::result::{
    AccessProof, AccessSeen, CaseErased, CaseRestricted, DocumentsOpened, Listed, RecordOpened, RecordState,
};

const MS_PER_SECOND: i64 = 1_000;
const NANOS_PER_MS: i64 = 1_000_000;

/// OpenDocuments.
pub fn opened(result: DocumentsOpened) -> pb::OpenDocumentsResponse {
    pb::OpenDocumentsResponse {
        records: result.records.into_iter().map(record).collect(),
        opening: result.opening.map(acknowledgement),
    }
}

fn record(record: RecordOpened) -> pb::OpenedRecord {
    let state = match record.state {
        RecordState::Open => pb::OpenedRecordState::Open,
        RecordState::IdentityErased => pb::OpenedRecordState::IdentityErased,
        RecordState::Erased => pb::OpenedRecordState::Erased,
        RecordState::Withheld => pb::OpenedRecordState::Withheld,
    };
    pb::OpenedRecord {
        case: record.case.unwrap_or_default(),
        record_id: record.record.to_string(),
        kind: record.kind,
        state: state as i32,
        record: Some(acknowledgement(record.acknowledged)),
    }
}

/// ListAccesses.
pub fn accesses(page: Listed<AccessSeen>) -> pb::ListAccessesResponse {
    let accesses = page.items.into_iter().map(|seen| pb::Access {
        access_time: Some(prost_types::Timestamp {
            seconds: seen.at_ms.div_euclid(MS_PER_SECOND),
            // Below a thousand milliseconds, so always in range.
            nanos: i32::try_from(seen.at_ms.rem_euclid(MS_PER_SECOND) * NANOS_PER_MS).unwrap_or_default(),
        }),
        row: seen.content,
        leaf_hash: hash(&seen.leaf_hash),
        proof: seen.proof.map(proof),
    });
    pb::ListAccessesResponse {
        accesses: accesses.collect(),
        next_page_token: page.next.unwrap_or_default(),
    }
}

fn proof(proof: AccessProof) -> pb::AccessProof {
    pb::AccessProof {
        origin: proof.origin.to_string(),
        entry_index: proof.entry.get(),
        leaf_index: proof.position,
        tree_size: proof.count,
        hashes: proof.hashes.iter().map(hash).collect(),
        root_hash: hash(&proof.root),
    }
}

/// EraseCase.
pub fn erased(result: CaseErased) -> pb::EraseCaseResponse {
    pb::EraseCaseResponse {
        retained_until: Some(date(result.retained_until)),
        acknowledgement: result.acknowledged.map(acknowledgement),
    }
}

/// RestrictCase.
pub fn restricted(result: CaseRestricted) -> pb::RestrictCaseResponse {
    pb::RestrictCaseResponse {
        acknowledgement: result.acknowledged.map(acknowledgement),
    }
}

/// LiftRestriction.
pub fn lifted(result: CaseRestricted) -> pb::LiftRestrictionResponse {
    pb::LiftRestrictionResponse {
        acknowledgement: result.acknowledged.map(acknowledgement),
    }
}
