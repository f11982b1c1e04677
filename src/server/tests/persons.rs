//! Who somebody is stays known as long as one case knows it, whichever case met the person first.

use super::cases::{Place, Server, refused};
use super::flow::{day, determine, officer, request_id};
use super::*;
use crate::app::command::CaseName;
use crate::store::conformance::{TestDatabase, on_both};
use crate::store::{PersonRow, Value};

on_both!(
    an_erasure_of_the_case_that_met_a_person_first_leaves_the_person_known_in_the_others,
    the_last_case_that_knew_a_person_takes_the_link_along,
    a_case_that_arrives_from_another_county_knows_its_persons_by_rows_of_its_own,
);

/// The household of `refused(1)`, decided under another request.
fn same_persons(number: u32, mut request: pb::DetermineRequest) -> pb::DetermineRequest {
    request.request_id = request_id(number);
    request.input.as_mut().expect("input").identity = refused(1).input.expect("input").identity;
    request
}

async fn determined(server: &mut Server, request: pb::DetermineRequest) -> pb::Determination {
    let answer = server.determinations.determine(request).await.expect("a determination");
    answer.into_inner().determination.expect("always there")
}

/// The rows of the first person of the household.
async fn rows(place: &Place, server: &Server) -> Vec<PersonRow> {
    let identity = refused(1).input.expect("input").identity.expect("identity");
    let names = place.keys.person_names(&identity.persons[0].id_number);
    let hmacs: Vec<String> = names.all().cloned().collect();
    server.store.persons(&hmacs).await.expect("readable")
}

async fn links(server: &Server) -> usize {
    let found = server
        .store
        .read("SELECT hmac FROM person_link", Vec::<Value>::new())
        .await;
    found.expect("readable").len()
}

async fn an_erasure_of_the_case_that_met_a_person_first_leaves_the_person_known_in_the_others(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, first) = place.with_a_case().await;
    let first = first.determination.expect("always there");
    let paid = determined(&mut server, same_persons(2, determine(2))).await;
    assert_eq!(
        paid.household.as_ref().expect("always there").outcome(),
        pb::Outcome::Dibao
    );
    assert_eq!(paid.persons, first.persons);
    assert_eq!(rows(&place, &server).await.len(), 2, "one of each case");
    server
        .erase(50, &first.case, pb::CaseScope::Identity)
        .await
        .expect("its time is over");
    let left = rows(&place, &server).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].key_ref, server.head(&paid.case).await.identity_key_ref);

    let again = determined(&mut server, same_persons(3, determine(3))).await;
    assert_eq!(again.persons, paid.persons, "nobody becomes somebody else");
    assert_ne!(
        again.household.expect("always there").outcome(),
        pb::Outcome::Dibao,
        "nobody is paid twice"
    );
}

async fn the_last_case_that_knew_a_person_takes_the_link_along(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, first) = place.with_a_case().await;
    let first = first.determination.expect("always there");
    let second = determined(&mut server, same_persons(2, refused(2))).await;
    // Met again in the same case: no further row.
    let mut again = same_persons(3, refused(3));
    again.case = second.case.clone();
    determined(&mut server, again).await;
    assert_eq!((rows(&place, &server).await.len(), links(&server).await), (2, 3));
    server
        .erase(50, &first.case, pb::CaseScope::Identity)
        .await
        .expect("its time is over");
    assert_eq!((rows(&place, &server).await.len(), links(&server).await), (1, 3));
    server
        .erase(51, &second.case, pb::CaseScope::Case)
        .await
        .expect("its time is over");
    assert_eq!((rows(&place, &server).await.len(), links(&server).await), (0, 0));
    let new = determined(&mut server, same_persons(4, refused(4))).await;
    assert_ne!(new.persons, first.persons, "of whom nothing is kept, nothing is found");
}

async fn a_case_that_arrives_from_another_county_knows_its_persons_by_rows_of_its_own(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, _) = place.with_a_case().await;
    let paid = determined(&mut server, same_persons(2, determine(2))).await;
    let transfer = pb::TransferCaseRequest {
        request_id: request_id(60),
        case: paid.case.clone(),
        to_area: "340322".to_owned(),
        last_month: day(2021, 12, 0),
        reason: "迁移".to_owned(),
        officer: officer(),
        validate_only: false,
    };
    let arrived = server
        .determinations
        .transfer_case(transfer)
        .await
        .expect("handed over");
    let arrived = arrived.into_inner().case;
    assert!(arrived.parse::<CaseName>().is_ok(), "{arrived}");
    server
        .erase(50, &paid.case, pb::CaseScope::Case)
        .await
        .expect("its time is over");
    let head = server.head(&arrived).await;
    let left = rows(&place, &server).await;
    assert!(left.iter().any(|row| row.key_ref == head.identity_key_ref), "{left:?}");
    let known = paid.persons.iter().map(|person| person.person.clone());
    assert!(known.into_iter().any(|person| person.ends_with(&left[0].person_id)));
}
