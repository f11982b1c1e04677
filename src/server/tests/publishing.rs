//! Documents of law that are published at once, from two replicas: together they still make a law.

use std::sync::atomic::Ordering;

use super::cases::Place;
use super::flow::{AREA, POLICIES, determine, request_id};
use super::round_trips::Counting;
use super::*;
use crate::app::Caller;
use crate::app::caller::Principal;
use crate::app::command::{Officer, PublishPolicy};
use crate::app::error::AppError;
use crate::app::result::Published;
use crate::area::AreaCode;
use crate::rules::language::say::Lang;
use crate::store::conformance::{TestDatabase, on_both};

on_both!(
    of_two_documents_that_are_right_only_apart_one_comes_into_use,
    two_documents_that_are_right_together_both_come_into_use,
);

fn area() -> AreaCode {
    AREA.parse().expect("an area")
}

/// The city's bounds of a grace period, narrowed from 6 to 12 months to 6 to 9.
fn narrowed() -> String {
    let wide = "bounds: {min: 6个月, max: 12个月,";
    assert!(POLICIES[4].contains(wide));
    POLICIES[4].replace(wide, "bounds: {min: 6个月, max: 9个月,")
}

/// The county's grace period in place of its 6 months.
fn county(months: u32) -> String {
    let six = "{from: 2018-01, value: 6个月, cite: t1, sample: true}";
    assert!(POLICIES[5].contains(six));
    POLICIES[5].replace(six, &six.replace('6', &months.to_string()))
}

pub(super) fn anybody() -> Caller {
    Caller::new(Principal::anonymous())
}

pub(super) fn registrar() -> Officer {
    Officer {
        id: "n1".to_owned(),
        role: "确认".to_owned(),
        unit: "民政局".to_owned(),
        delegation: None,
    }
}

/// What publishes one document into an area, without a server.
pub(super) fn publication_in(area: &str, number: u32, source: &str) -> PublishPolicy {
    PublishPolicy {
        request_id: request_id(number).parse().expect("an id"),
        area: area.parse().expect("an area"),
        source: source.to_owned(),
        officer: registrar(),
        validate_only: false,
        lang: Lang::En,
    }
}

/// Publishes both documents at once, each by a replica of its own, and each tried before either is in the log.
async fn at_once(place: &Place, sources: [String; 2]) -> [Result<Published, AppError>; 2] {
    let store = place.database.store().await;
    let log = store.log_of_area(area()).await.expect("readable").expect("a log");
    let mut holder = store.append().await.expect("a transaction");
    holder.lock(log.log_id, area()).await.expect("the head");
    let mut calls = Vec::new();
    for (number, source) in (801..).zip(sources) {
        let counting = Arc::new(Counting::over(place.database.store().await));
        let app = place.app(counting.clone()).await;
        let command = publication_in(AREA, number, &source);
        let call = tokio::spawn(async move { app.publish_policy(&anybody(), command).await });
        while counting.transactions.load(Ordering::SeqCst) == 0 && !call.is_finished() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        calls.push(call);
    }
    drop(holder);
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.expect("no panic"));
    }
    answers.try_into().expect("two")
}

async fn of_two_documents_that_are_right_only_apart_one_comes_into_use(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, _) = place.with_a_case().await;
    let answers = at_once(&place, [narrowed(), county(12)]).await;
    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(
        matches!(refused[..], [AppError::PolicyInvalid(_)]),
        "the second is tried in the law that has the first: {refused:?}"
    );
    let decided = server.determinations.determine(determine(7)).await;
    decided.expect("a law is in force");
}

async fn two_documents_that_are_right_together_both_come_into_use(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, _) = place.with_a_case().await;
    for answer in at_once(&place, [narrowed(), county(9)]).await {
        answer.expect("published, at the second attempt if need be");
    }
    let decided = server.determinations.determine(determine(7)).await;
    decided.expect("a law is in force");
}
