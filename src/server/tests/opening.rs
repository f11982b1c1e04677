//! Opening documents over the port, on both databases.

use super::cases::{Place, Server, checked, entry_json, proved};
use super::flow::{AREA, officer, request_id};
use super::*;
use crate::store::conformance::{TestDatabase, on_both};

on_both!(
    an_opening_is_in_the_log_before_its_answer_and_every_document_fits_its_commitment,
    records_are_the_same_whether_they_are_opened_together_or_one_by_one,
    a_retry_gets_the_same_entry_and_what_was_withheld_stays_withheld,
    an_identity_opens_only_under_its_own_grant_and_never_by_get_entry,
    erased_and_restricted_records_are_told_apart_and_not_listed_as_opened,
    an_opening_names_one_to_a_thousand_records_and_nothing_else_is_recorded,
);

pub(super) fn open(number: u32, indices: Vec<u64>) -> pb::OpenDocumentsRequest {
    pb::OpenDocumentsRequest {
        request_id: request_id(number),
        area: AREA.to_owned(),
        indices,
        purpose: pb::OpeningPurpose::Audit as i32,
        reference: "审〔2026〕3号".to_owned(),
        ..Default::default()
    }
}

impl Server {
    async fn open(&mut self, request: pb::OpenDocumentsRequest) -> Result<pb::OpenDocumentsResponse, Status> {
        let mut request = Request::new(request);
        request
            .metadata_mut()
            .insert("doudi-principal", "audit-firm".parse().expect("ASCII"));
        self.audit
            .open_documents(request)
            .await
            .map(tonic::Response::into_inner)
    }
}

fn names(record: &pb::OpenedRecord) -> Vec<String> {
    let record = record.record.as_ref().expect("always there");
    checked(record).into_iter().map(|(name, _)| name).collect()
}

fn of(decided: &pb::DetermineResponse) -> (String, String, u64) {
    let determination = decided.determination.as_ref().expect("always there");
    let index = decided.acknowledgement.as_ref().expect("recorded").index;
    (determination.name.clone(), determination.case.clone(), index)
}

async fn an_opening_is_in_the_log_before_its_answer_and_every_document_fits_its_commitment(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (name, case, index) = of(&decided);
    let other = server.decide(2).await;
    let mut request = open(50, vec![index, index]);
    request.determinations = vec![name, of(&other).0];
    let opened = server.open(request.clone()).await.expect("an opening");
    let indices: Vec<u64> = opened
        .records
        .iter()
        .map(|r| r.record.as_ref().expect("there").index)
        .collect();
    assert_eq!(indices, [index, of(&other).2], "each record once, in the order asked");
    for record in &opened.records {
        assert_eq!(names(record), ["facts", "determination", "frame"], "no identity");
        assert_eq!(record.state(), pb::OpenedRecordState::Open);
        let record = record.record.as_ref().expect("always there");
        proved(&place, &record.entry, &record.receipt);
    }
    assert_eq!(opened.records[0].case, case);

    let opening = opened.opening.expect("it was recorded");
    proved(&place, &opening.entry, &opening.receipt);
    assert_eq!(
        server.kinds().await[usize::try_from(opening.index).expect("small")],
        "OPENING"
    );
    let documents = checked(&opening);
    let public = serde_json::json!({"count": 2, "identity": false, "purpose": "audit", "v": 1});
    assert_eq!(documents[0], ("opening".to_owned(), public));
    let sealed = &documents[1].1;
    assert_eq!(
        (sealed["by"].as_str(), sealed["reference"].as_str()),
        (Some("audit-firm"), Some("审〔2026〕3号"))
    );
    assert_eq!(sealed["records"][1]["index"], of(&other).2);
    assert!(
        !String::from_utf8_lossy(&opening.entry).contains("audit-firm"),
        "who stands in no entry"
    );

    let mut frames = open(51, vec![index]);
    frames.documents = vec!["frame".to_owned()];
    let opened = server.open(frames).await.expect("an opening");
    assert_eq!(names(&opened.records[0]), ["frame"]);

    let seen = server.accesses(&case).await;
    let rows: Vec<serde_json::Value> = seen.iter().map(|access| entry_json(&access.row)).collect();
    assert_eq!(rows.len(), 2, "one row an opening: {rows:?}");
    assert_eq!(
        (rows[0]["purpose"].as_str(), rows[0]["by"].as_str()),
        (Some("open_documents"), Some("audit-firm"))
    );
    let record_id = decided
        .determination
        .expect("there")
        .name
        .rsplit('/')
        .next()
        .map(str::to_owned);
    assert_eq!(rows[0]["record"].as_str(), record_id.as_deref());
    assert!(rows[0]["opening"].is_string());
}

async fn records_are_the_same_whether_they_are_opened_together_or_one_by_one(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (_, case, _) = of(&decided);
    for number in 2..6 {
        server.decide(number).await;
    }
    server
        .erase(60, &case, pb::CaseScope::Identity)
        .await
        .expect("its time is over");
    // Documents of law are larger than an answer.
    let kinds = server.kinds().await.into_iter();
    let indices = (0..).zip(kinds).filter(|(_, kind)| kind != "POLICY");
    let mut all: Vec<u64> = indices.map(|(index, _)| index).collect();
    all.reverse();
    let together = server.open(open(50, all.clone())).await.expect("an opening").records;
    assert_eq!(together.len(), all.len());
    assert!(all.len() > 5, "{all:?}");
    for ((index, number), of_all) in all.into_iter().zip(100..).zip(together) {
        let alone = server
            .open(open(number, vec![index]))
            .await
            .expect("an opening")
            .records;
        assert_eq!(alone, [of_all], "entry {index}");
    }
}

async fn a_retry_gets_the_same_entry_and_what_was_withheld_stays_withheld(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (_, case, index) = of(&decided);
    let other = server.decide(2).await;
    let restrict = pb::RestrictCaseRequest {
        request_id: request_id(60),
        case: case.clone(),
        scope: pb::CaseScope::Case as i32,
        basis: pb::ErasureBasis::PersonRequest as i32,
        reason: "本人请求".to_owned(),
        officer: officer(),
        validate_only: false,
    };
    server.audit.restrict_case(restrict).await.expect("recorded");
    let request = open(50, vec![index, of(&other).2]);
    let first = server.open(request.clone()).await.expect("an opening");
    assert_eq!(first.records[0].state(), pb::OpenedRecordState::Withheld);
    assert_eq!(names(&first.records[0]), Vec::<String>::new());
    let lift = pb::LiftRestrictionRequest {
        request_id: request_id(61),
        case: case.clone(),
        basis: pb::ErasureBasis::Order as i32,
        reason: "复核完毕".to_owned(),
        officer: officer(),
        validate_only: false,
    };
    server.audit.lift_restriction(lift).await.expect("it is restricted");
    let size = server.kinds().await.len();
    let again = server.open(request.clone()).await.expect("the first opening");
    assert_eq!(again, first, "byte for byte, though the case could be read now");
    assert_eq!(server.kinds().await.len(), size, "no second entry");
    let mut changed = request;
    changed.indices.pop();
    assert_eq!(
        reason(&server.open(changed).await.expect_err("other content")),
        "REQUEST_ID_REUSED"
    );
    assert_eq!(
        server.accesses(&case).await.len(),
        0,
        "nothing of this case was ever shown"
    );
    assert_eq!(server.accesses(&of(&other).1).await.len(), 2, "shown twice");
}

async fn an_identity_opens_only_under_its_own_grant_and_never_by_get_entry(database: TestDatabase) {
    let mut place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (_, case, index) = of(&decided);
    let size = server.kinds().await.len();
    let mut request = open(50, vec![index]);
    request.include_identity = true;
    let error = server.open(request.clone()).await.expect_err("no grant");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::PermissionDenied, "PERMISSION_DENIED")
    );
    assert_eq!(server.kinds().await.len(), size, "nothing was recorded");
    let entry = server.entry(index).await.acknowledgement.expect("a record");
    let documents: Vec<String> = checked(&entry).into_iter().map(|(name, _)| name).collect();
    assert_eq!(documents, ["facts", "determination", "frame"]);

    place.duties.identity_to_loopback = true;
    let mut server = place.start().await;
    let opened = server.open(request).await.expect("granted");
    assert_eq!(
        names(&opened.records[0]),
        ["identity", "facts", "determination", "frame"]
    );
    let documents = checked(&opened.opening.expect("it was recorded"));
    assert_eq!(
        (
            documents[0].1["identity"].as_bool(),
            documents[1].1["identity"].as_bool()
        ),
        (Some(true), Some(true))
    );
    let purposes: Vec<String> = server
        .accesses(&case)
        .await
        .iter()
        .map(|access| {
            entry_json(&access.row)["purpose"]
                .as_str()
                .expect("a purpose")
                .to_owned()
        })
        .collect();
    assert_eq!(purposes, ["get_entry", "open_identity"]);
    let mut named = open(51, vec![index]);
    named.documents = vec!["identity".to_owned()];
    assert_eq!(
        reason(&server.open(named).await.expect_err("by its own field")),
        "REQUEST_INVALID"
    );
}

async fn erased_and_restricted_records_are_told_apart_and_not_listed_as_opened(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (_, erased, first) = of(&decided);
    let (_, anonymous, second) = of(&server.decide(2).await);
    server
        .erase(60, &erased, pb::CaseScope::Case)
        .await
        .expect("its time is over");
    server
        .erase(61, &anonymous, pb::CaseScope::Identity)
        .await
        .expect("its time is over");
    let opened = server.open(open(50, vec![first, second])).await.expect("an opening");
    let states: Vec<_> = opened
        .records
        .iter()
        .map(|record| (record.state(), names(record).len()))
        .collect();
    assert_eq!(
        states,
        [
            (pb::OpenedRecordState::Erased, 0),
            (pb::OpenedRecordState::IdentityErased, 3)
        ]
    );
    let gone = opened.records[0].record.as_ref().expect("always there");
    proved(&place, &gone.entry, &gone.receipt);
    let listed = &checked(&opened.opening.expect("it was recorded"))[1].1["records"];
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["index"], second);
}

async fn an_opening_names_one_to_a_thousand_records_and_nothing_else_is_recorded(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (_, _, index) = of(&decided);
    let size = server.kinds().await.len();
    for (number, indices) in [(50, Vec::new()), (51, vec![index; 1_001]), (52, vec![9_999])] {
        let error = server.open(open(number, indices)).await.expect_err("out of bounds");
        assert_eq!(reason(&error), "REQUEST_INVALID");
    }
    let mut nameless = open(53, vec![index]);
    nameless.purpose = 0;
    nameless.reference = String::new();
    let error = server.open(nameless).await.expect_err("what for");
    let fields: Vec<String> = error
        .get_details_bad_request()
        .expect("violations")
        .field_violations
        .into_iter()
        .map(|v| v.field)
        .collect();
    assert_eq!(fields, ["purpose", "reference"]);
    let dry = pb::OpenDocumentsRequest {
        validate_only: true,
        ..open(54, vec![index])
    };
    let dry = server.open(dry).await.expect("a dry run");
    assert_eq!((names(&dry.records[0]).len(), dry.opening), (0, None));
    assert_eq!(server.kinds().await.len(), size, "nothing was recorded");
    server
        .open(open(55, vec![index; 1_000]))
        .await
        .expect("a thousand, all the same one");
}
