//! Restricting the processing of a case over the port, on both databases.

use super::cases::{Place, checked, refused};
use super::erasure::{names, parts, replay};
use super::flow::{officer, request_id};
use super::*;
use crate::store::conformance::{TestDatabase, on_both};

on_both!(
    a_restricted_case_is_neither_read_nor_decided_until_that_is_lifted,
    a_restricted_identity_is_left_out_until_that_is_lifted,
    a_restriction_is_widened_and_only_a_lifting_narrows_it,
    a_record_is_not_found_by_the_name_of_another_case,
);

pub(super) fn restrict(number: u32, case: &str, scope: pb::CaseScope) -> pb::RestrictCaseRequest {
    pb::RestrictCaseRequest {
        request_id: request_id(number),
        case: case.to_owned(),
        scope: scope as i32,
        basis: pb::ErasureBasis::PersonRequest as i32,
        reason: "本人请求".to_owned(),
        officer: officer(),
        validate_only: false,
    }
}

pub(super) fn lift(number: u32, case: &str) -> pb::LiftRestrictionRequest {
    pb::LiftRestrictionRequest {
        request_id: request_id(number),
        case: case.to_owned(),
        basis: pb::ErasureBasis::Order as i32,
        reason: "复核完毕".to_owned(),
        officer: officer(),
        validate_only: false,
    }
}

async fn a_restricted_case_is_neither_read_nor_decided_until_that_is_lifted(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (name, case) = parts(&decided);
    let restricted = server
        .audit
        .restrict_case(restrict(50, &case, pb::CaseScope::Case))
        .await;
    let record = restricted
        .expect("recorded")
        .into_inner()
        .acknowledgement
        .expect("a record");
    assert_eq!(checked(&record)[0].1["act"], "restrict");
    let mut next = refused(2);
    next.case = case.clone();
    let errors = [
        server.read(&name).await.expect_err("restricted"),
        replay(&mut server, &name).await.expect_err("restricted"),
        server
            .determinations
            .determine(refused(1))
            .await
            .expect_err("the old request"),
        server
            .determinations
            .determine(next.clone())
            .await
            .expect_err("a new decision"),
    ];
    for error in errors {
        assert_eq!(
            (error.code(), reason(&error).as_str()),
            (Code::FailedPrecondition, "RESTRICTED")
        );
    }
    let (identity, content) = server.keys(&case).await;
    assert!(identity.wrapped.is_some() && content.wrapped.is_some(), "its keys stay");
    let twice = server
        .audit
        .restrict_case(restrict(51, &case, pb::CaseScope::Case))
        .await;
    assert_eq!(reason(&twice.expect_err("once is enough")), "CASE_STATE");
    let retried = server
        .audit
        .restrict_case(restrict(50, &case, pb::CaseScope::Case))
        .await;
    assert_eq!(
        retried.expect("the first answer").into_inner().acknowledgement,
        Some(record)
    );

    server
        .audit
        .lift_restriction(lift(52, &case))
        .await
        .expect("it is restricted");
    let read = server.read(&name).await.expect("readable again");
    assert_eq!(read.acknowledgement, decided.acknowledgement);
    server.determinations.determine(next).await.expect("decided again");
    let again = server.audit.lift_restriction(lift(53, &case)).await;
    assert_eq!(reason(&again.expect_err("nothing to lift")), "CASE_STATE");
    let area = "340321".parse().expect("an area");
    let compared = server.app.compare_projection(area, |_| {}).await.expect("readable");
    assert_eq!((compared.cases_equal, compared.cases_different.len()), (1, 0));
    let mut equal = 0;
    let replayed = server
        .app
        .replay_log(area, |_, replayed| equal += u64::from(replayed.difference.is_none()))
        .await;
    assert_eq!((replayed.expect("readable").replayed, equal), (2, 2));
}

async fn a_restricted_identity_is_left_out_until_that_is_lifted(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (name, case) = parts(&decided);
    server
        .audit
        .restrict_case(restrict(50, &case, pb::CaseScope::Identity))
        .await
        .expect("recorded");
    let read = server
        .read(&name)
        .await
        .expect("the rest is readable")
        .acknowledgement
        .expect("a record");
    assert_eq!(names(&read), ["facts", "determination", "frame"]);
    server
        .audit
        .lift_restriction(lift(51, &case))
        .await
        .expect("it is restricted");
    let read = server
        .read(&name)
        .await
        .expect("readable")
        .acknowledgement
        .expect("a record");
    assert_eq!(names(&read), ["identity", "facts", "determination", "frame"]);
}

async fn a_restriction_is_widened_and_only_a_lifting_narrows_it(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (name, case) = parts(&decided);
    for (number, scope) in (50..).zip([pb::CaseScope::Identity, pb::CaseScope::Case]) {
        let restricted = server.audit.restrict_case(restrict(number, &case, scope)).await;
        restricted.expect("recorded");
    }
    for (number, scope) in (52..).zip([pb::CaseScope::Identity, pb::CaseScope::Case]) {
        let again = server.audit.restrict_case(restrict(number, &case, scope)).await;
        assert_eq!(reason(&again.expect_err("restricted already")), "CASE_STATE");
    }
    assert_eq!(reason(&server.read(&name).await.expect_err("restricted")), "RESTRICTED");
    server
        .audit
        .lift_restriction(lift(54, &case))
        .await
        .expect("it is restricted");
    server.read(&name).await.expect("readable again");
}

async fn a_record_is_not_found_by_the_name_of_another_case(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (name, case) = parts(&decided);
    let (_, other) = parts(&server.decide(2).await);
    let record = name.rsplit('/').next().expect("a record id");
    let elsewhere = format!("{other}/determinations/{record}");
    let restricted = server
        .audit
        .restrict_case(restrict(50, &case, pb::CaseScope::Case))
        .await;
    restricted.expect("recorded");
    for error in [
        server.read(&elsewhere).await.expect_err("not of that case"),
        replay(&mut server, &elsewhere).await.expect_err("not of that case"),
    ] {
        assert_eq!(
            (error.code(), reason(&error).as_str()),
            (Code::NotFound, "DETERMINATION_NOT_FOUND")
        );
        let told = error.get_details_resource_info().expect("what is not there");
        assert_eq!(told.resource_name, elsewhere);
    }
}
