//! Acknowledgements and what the case RPCs answer.

use super::{date, month, time};
use crate::api::pb;
use crate::app::result::{Acknowledged, DueReview, GracePeriod, Imported, Listed, RemedyRecorded, Transferred};

/// The record and its proof.
pub fn acknowledgement(record: Acknowledged) -> pb::Acknowledgement {
    let documents = record.documents.into_iter().map(|document| pb::OpenedDocument {
        name: document.name,
        salt: document.salt.to_vec(),
        content: document.content,
    });
    pb::Acknowledgement {
        origin: record.origin.to_string(),
        index: record.index.get(),
        entry: record.entry,
        documents: documents.collect(),
        receipt: record.receipt,
        create_time: Some(time(record.logged_seconds)),
    }
}

/// ImportCase.
pub fn imported(result: Imported) -> pb::ImportCaseResponse {
    pb::ImportCaseResponse {
        case: result.case.map(|name| name.to_string()).unwrap_or_default(),
        persons: result.persons.iter().map(ToString::to_string).collect(),
        acknowledgement: result.acknowledged.map(acknowledgement),
    }
}

/// RecordRemedy.
pub fn remedy(result: RemedyRecorded) -> pb::RecordRemedyResponse {
    pb::RecordRemedyResponse {
        acknowledgement: result.acknowledged.map(acknowledgement),
    }
}

/// TransferCase.
pub fn transferred(result: Transferred) -> pb::TransferCaseResponse {
    pb::TransferCaseResponse {
        case: result.case.map(|name| name.to_string()).unwrap_or_default(),
        departure: result.departure.map(acknowledgement),
        arrival: result.arrival.map(acknowledgement),
    }
}

/// ListDueReviews.
pub fn due_reviews(page: Listed<DueReview>) -> pb::ListDueReviewsResponse {
    let reviews = page.items.into_iter().map(|item| pb::DueReview {
        case: item.case.to_string(),
        schedule: item.schedule,
        due: Some(date(item.due)),
        determination: item.determination.map(|name| name.to_string()).unwrap_or_default(),
    });
    pb::ListDueReviewsResponse {
        reviews: reviews.collect(),
        next_page_token: page.next.unwrap_or_default(),
    }
}

/// ListGracePeriods.
pub fn grace_periods(page: Listed<GracePeriod>) -> pb::ListGracePeriodsResponse {
    let periods = page.items.into_iter().map(|item| pb::GracePeriod {
        case: item.case.to_string(),
        from: Some(month(item.from)),
        until: Some(month(item.until)),
        // Decoding and the law's bounds keep a grace period far below this.
        granted_months: i32::try_from(item.granted_months).unwrap_or(i32::MAX),
        determination: item.determination.map(|name| name.to_string()).unwrap_or_default(),
    });
    pb::ListGracePeriodsResponse {
        periods: periods.collect(),
        next_page_token: page.next.unwrap_or_default(),
    }
}
