//! Handing a case to another county: it never leaves for nothing, and arrives once.

use std::sync::atomic::Ordering;

use super::cases::Place;
use super::closed_log::ClosedLog;
use super::erasure::parts;
use super::flow::{POLICIES, request_id};
use super::publishing::{anybody, publication_in, registrar};
use super::*;
use crate::app::Caller;
use crate::app::command::{CaseName, TransferCase};
use crate::app::error::AppError;
use crate::store::conformance::{TestDatabase, on_both};

on_both!(
    a_request_id_that_is_taken_in_the_other_county_closes_no_case,
    a_case_that_has_left_arrives_by_whichever_call_asks_for_the_same_transfer,
);

const OTHER_COUNTY: &str = "340322";
const OTHER_LOG: i64 = 3_403_220_001;

fn transfer(number: u32, case: CaseName) -> TransferCase {
    TransferCase {
        request_id: request_id(number).parse().expect("an id"),
        case,
        to_area: OTHER_COUNTY.parse().expect("an area"),
        last_month: "2021-12".parse().expect("a month"),
        reason: "搬迁".to_owned(),
        officer: registrar(),
        validate_only: false,
    }
}

fn case(decided: &pb::DetermineResponse) -> CaseName {
    parts(decided).1.parse().expect("the name of a case")
}

async fn a_request_id_that_is_taken_in_the_other_county_closes_no_case(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let app = place.app(place.database.store().await).await;
    let other = publication_in(OTHER_COUNTY, 810, POLICIES[0]);
    app.publish_policy(&anybody(), other).await.expect("published");
    for validate_only in [true, false] {
        let taken = TransferCase {
            validate_only,
            ..transfer(810, case(&decided))
        };
        let refused = app.transfer_case(&anybody(), taken).await;
        assert!(matches!(refused, Err(AppError::RequestIdReused)), "{refused:?}");
    }
    let mut next = super::cases::refused(2);
    next.case = parts(&decided).1;
    next.input = super::cases::refused(1).input;
    let went_on = server.determinations.determine(next).await;
    went_on.expect("the case is still decided on here");
    let moved = app.transfer_case(&anybody(), transfer(811, case(&decided))).await;
    assert!(moved.expect("a request id of its own").arrival.is_some());
}

async fn a_case_that_has_left_arrives_by_whichever_call_asks_for_the_same_transfer(database: TestDatabase) {
    let place = Place::new(database);
    let (_server, decided) = place.with_a_case().await;
    let (store, closed) = ClosedLog::over(place.database.store().await, OTHER_LOG);
    let app = place.app(store).await;
    let case = case(&decided);
    let cut_off = app.transfer_case(&anybody(), transfer(810, case)).await;
    assert!(matches!(cut_off, Err(AppError::StoreUnavailable)), "{cut_off:?}");
    closed.store(false, Ordering::SeqCst);

    let colleague = Caller::new("colleague".parse().expect("a name"));
    let elsewhere = TransferCase {
        to_area: "340323".parse().expect("an area"),
        ..transfer(811, case)
    };
    let later = TransferCase {
        last_month: "2022-01".parse().expect("a month"),
        ..transfer(811, case)
    };
    for other in [elsewhere, later] {
        let refused = app.transfer_case(&colleague, other).await;
        assert!(
            matches!(refused, Err(AppError::CaseState(_))),
            "another transfer: {refused:?}"
        );
    }
    let dry = TransferCase {
        validate_only: true,
        ..transfer(811, case)
    };
    let dry = app.transfer_case(&colleague, dry).await.expect("it may arrive");
    assert!(dry.departure.is_some() && dry.arrival.is_none());

    let finished = app.transfer_case(&colleague, transfer(811, case)).await;
    let finished = finished.expect("the same transfer");
    assert_eq!(finished.departure, dry.departure, "it left once");
    let arrived = finished.case.expect("it is there");
    assert_eq!(arrived.area.to_string(), OTHER_COUNTY);
    for (caller, number) in [(&colleague, 811), (&anybody(), 810)] {
        let retried = app.transfer_case(caller, transfer(number, case)).await;
        assert_eq!(retried.expect("a retry"), finished);
    }
    let third = app.transfer_case(&colleague, transfer(812, case)).await;
    assert!(
        matches!(third, Err(AppError::CaseState(_))),
        "it has arrived: {third:?}"
    );
    for area in [case.area, arrived.area] {
        let compared = app.compare_projection(area, |_| {}).await.expect("readable");
        assert_eq!((compared.cases_equal, compared.cases_different.len()), (1, 0), "{area}");
    }
}
