//! Findings over the port, on both databases: guarded, amended, signed off.

use tonic::Code;

use super::flow::{AREA, day, request_id, v01};
use super::samples::{Decided, PERIOD, by, decided, drawn, reasons, simple};
use super::*;
use crate::store::conformance::{TestDatabase, on_both};

fn reviewer(id: &str, township: &str) -> Option<pb::Reviewer> {
    Some(pb::Reviewer {
        officer: officer(id),
        township: township.to_owned(),
    })
}

fn officer(id: &str) -> Option<pb::Officer> {
    Some(pb::Officer {
        id: id.to_owned(),
        role: "审计".to_owned(),
        unit: "某会计师事务所".to_owned(),
        delegation: String::new(),
    })
}

fn item(outcome: pb::FindingOutcome) -> pb::FindingItem {
    let is_error = !matches!(outcome, pb::FindingOutcome::Correct | pb::FindingOutcome::NotReviewable);
    pb::FindingItem {
        outcome: outcome as i32,
        cause: if is_error { pb::FindingCause::Agency as i32 } else { 0 },
        amount_fen: matches!(outcome, pb::FindingOutcome::Overpaid | pb::FindingOutcome::Underpaid).then_some(10_500),
        step: if outcome == pb::FindingOutcome::Procedure {
            pb::ProcedureStep::Hearing as i32
        } else {
            0
        },
    }
}

pub(super) fn finding(number: u32, determination: &str, outcomes: &[pb::FindingOutcome]) -> pb::RecordFindingRequest {
    pb::RecordFindingRequest {
        request_id: request_id(number),
        determination: determination.to_owned(),
        period: PERIOD.to_owned(),
        items: outcomes.iter().map(|outcome| item(*outcome)).collect(),
        first_reviewer: reviewer("a1", ""),
        second_reviewer: reviewer("a2", ""),
        ..Default::default()
    }
}

pub(super) async fn recorded(decided: &Decided, request: pb::RecordFindingRequest) -> Result<String, Status> {
    let answer = decided
        .audit()
        .record_finding(by("audit-firm", request))
        .await?
        .into_inner();
    assert!(answer.acknowledgement.is_some());
    Ok(answer.finding)
}

on_both!(
    findings_are_guarded_with_every_reason_at_once,
    findings_take_the_place_of_earlier_ones_until_they_are_signed_off,
    a_record_that_is_no_determination_is_not_found_under_the_name_of_one,
    a_finding_of_a_restricted_case_is_not_listed_until_that_is_lifted,
    a_finding_and_a_restriction_at_one_time_stand_in_this_order_or_the_finding_is_refused,
);

async fn findings_are_guarded_with_every_reason_at_once(database: TestDatabase) {
    let decided = decided(database, 4, Arc::new(SystemClock::new())).await;
    let sample = drawn(&decided, simple(1_010, 2)).await;
    let unit = &sample.strata[0].units[0];
    let of = |answer: &&pb::DetermineResponse| {
        answer
            .determination
            .as_ref()
            .is_some_and(|determination| determination.name == unit.determination)
    };
    let at = decided
        .determinations
        .iter()
        .position(|answer| of(&answer))
        .expect("one of ours");
    let township = format!("{AREA}10{}", 1 + (at + 1) % 3);
    let wrong = pb::RecordFindingRequest {
        first_reviewer: reviewer("n1", ""),
        // Written otherwise, and the same person.
        second_reviewer: reviewer("N1", &township),
        correction: unit.determination.clone(),
        amends: format!(
            "{}/findings/{}",
            unit.determination.split("/determinations").next().expect("a case"),
            "ab".repeat(16)
        ),
        sign_off: Some(pb::SignOff {
            officer: officer("n1"),
            on: day(2021, 8, 17),
        }),
        items: vec![
            pb::FindingItem {
                amount_fen: Some(105_001),
                ..item(pb::FindingOutcome::Overpaid)
            },
            item(pb::FindingOutcome::Procedure),
        ],
        ..finding(2_000, &unit.determination, &[])
    };
    let error = recorded(&decided, wrong).await.expect_err("all wrong");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::FailedPrecondition, "FINDING_NOT_ALLOWED")
    );
    let fields: Vec<String> = reasons(&error).into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        fields,
        [
            "first_reviewer.officer.id",
            "second_reviewer.officer.id",
            "second_reviewer.township",
            "second_reviewer.officer.id",
            "sign_off.officer.id",
            "items[0].amount_fen",
            "correction",
            "amends",
            "auditee",
            "sign_off.on",
        ]
    );
    // On the other side of each limit.
    let other = format!("{AREA}109");
    let right = pb::RecordFindingRequest {
        second_reviewer: reviewer("a2", &other),
        items: vec![pb::FindingItem {
            amount_fen: Some(105_000),
            ..item(pb::FindingOutcome::Overpaid)
        }],
        ..finding(2_001, &unit.determination, &[])
    };
    recorded(&decided, right).await.expect("allowed");

    let drawn: Vec<&str> = sample.strata[0]
        .units
        .iter()
        .map(|unit| unit.determination.as_str())
        .collect();
    let names = decided
        .determinations
        .iter()
        .filter_map(|answer| answer.determination.as_ref());
    let spared = names
        .map(|determination| &determination.name)
        .find(|name| !drawn.contains(&name.as_str()));
    let spared = spared.expect("two of four");
    let outside = finding(2_002, spared, &[pb::FindingOutcome::Correct]);
    let error = recorded(&decided, outside.clone()).await.expect_err("not drawn");
    assert_eq!(reasons(&error).len(), 1);
    assert_eq!(reasons(&error)[0].0, "period");
    let of_its_own = pb::RecordFindingRequest {
        period: String::new(),
        ..outside
    };
    recorded(&decided, of_its_own)
        .await
        .expect("reviewed for another reason");
    let refused = finding(2_003, drawn[1], &[pb::FindingOutcome::EligibleRefused]);
    let refused = pb::RecordFindingRequest {
        items: vec![pb::FindingItem {
            amount_fen: Some(1),
            ..item(pb::FindingOutcome::EligibleRefused)
        }],
        ..refused
    };
    let error = recorded(&decided, refused).await.expect_err("it pays");
    assert_eq!(reasons(&error)[0].0, "items[0].outcome");
}

async fn findings_take_the_place_of_earlier_ones_until_they_are_signed_off(database: TestDatabase) {
    let decided = decided(database, 3, Arc::new(SystemClock::new())).await;
    let sample = drawn(&decided, simple(1_010, 3)).await;
    let name = &sample.strata[0].units[0].determination;
    let first = recorded(&decided, finding(2_000, name, &[pb::FindingOutcome::Overpaid]))
        .await
        .expect("the first");
    let repeated = recorded(&decided, finding(2_000, name, &[pb::FindingOutcome::Overpaid])).await;
    assert_eq!(repeated.expect("a retry"), first);
    let second = finding(2_001, name, &[pb::FindingOutcome::Overpaid]);
    let error = recorded(&decided, second.clone()).await.expect_err("one stands");
    assert_eq!(reasons(&error)[0].0, "amends");

    // The household is decided again as it should have been; the finding names the correction.
    let mut input = v01();
    input.decision_date = day(2021, 9, 20);
    input.facts.as_mut().expect("facts").members[0].incomes[0].amount_fen = Some(100_000);
    let correct = pb::CorrectRequest {
        request_id: request_id(2_100),
        determination: name.clone(),
        reason: "收入核算有误".to_owned(),
        input: Some(input),
        cause: pb::Cause::Correction as i32,
        ..Default::default()
    };
    let corrected = DeterminationServiceClient::new(decided.running.channel.clone())
        .correct(correct)
        .await;
    let corrected = corrected
        .expect("a correction")
        .into_inner()
        .determination
        .expect("always there")
        .name;
    let signed = pb::RecordFindingRequest {
        amends: first.clone(),
        correction: corrected.clone(),
        auditee: Some(pb::AuditeeStatement {
            answer: pb::AuditeeAnswer::Agrees as i32,
            text: "已改正".to_owned(),
            on: day(2026, 9, 1),
        }),
        sign_off: Some(pb::SignOff {
            officer: officer("a3"),
            on: day(2026, 9, 2),
        }),
        ..second.clone()
    };
    let signed = recorded(&decided, signed).await.expect("signed off");
    let reopened = pb::RecordFindingRequest {
        request_id: request_id(2_002),
        amends: signed.clone(),
        ..second
    };
    let error = recorded(&decided, reopened).await.expect_err("signed off");
    assert_eq!(reasons(&error)[0].0, "sign_off");

    let list = pb::ListFindingsRequest {
        area: AREA.to_owned(),
        page_size: 1,
        ..Default::default()
    };
    let page = decided
        .audit()
        .list_findings(list.clone())
        .await
        .expect("a page")
        .into_inner();
    assert_eq!(page.findings[0].name, first);
    let next = pb::ListFindingsRequest {
        page_token: page.next_page_token,
        ..list
    };
    let page = decided.audit().list_findings(next).await.expect("a page").into_inner();
    let found = &page.findings[0];
    assert_eq!(
        (&found.name, &found.amends, &found.correction),
        (&signed, &first, &corrected)
    );
    assert_eq!(found.items, [item(pb::FindingOutcome::Overpaid)]);
    assert_eq!(page.next_page_token, "");
    // A finding is about its case and changes nothing in it.
    let area = AREA.parse().expect("an area");
    let report = decided.app.compare_projection(area, |_| {}).await.expect("compared");
    assert_eq!((report.cases_different.len(), report.cases_equal), (0, 3));
}

async fn a_record_that_is_no_determination_is_not_found_under_the_name_of_one(database: TestDatabase) {
    let decided = decided(database, 1, Arc::new(SystemClock::new())).await;
    let mut determinations = DeterminationServiceClient::new(decided.running.channel.clone());
    let determination = decided.determinations[0].determination.clone().expect("always there");
    let found = pb::RecordFindingRequest {
        period: String::new(),
        ..finding(2_000, &determination.name, &[pb::FindingOutcome::Correct])
    };
    let found = recorded(&decided, found).await.expect("allowed");
    let import = determinations.import_case(super::cases::import(3_000)).await;
    let import = import.expect("imported").into_inner();
    let index = import.acknowledgement.expect("a record").index;
    let area = AREA.parse().expect("an area");
    let row = decided
        .database
        .store()
        .await
        .records(area, None, &["IMPORT".to_owned()], None, 1)
        .await;
    let row = row.expect("readable").remove(0);
    assert_eq!(row.index.get(), index);
    let imported = format!("{}/determinations/{}", import.case, row.record_id);
    for (number, name) in (4_000..)
        .step_by(10)
        .zip([found.replace("/findings/", "/determinations/"), imported])
    {
        let get = pb::GetDeterminationRequest {
            name: name.clone(),
            ..Default::default()
        };
        let replay = pb::ReplayRequest {
            determination: name.clone(),
        };
        let correct = pb::CorrectRequest {
            request_id: request_id(number),
            determination: name.clone(),
            reason: "收入核算有误".to_owned(),
            input: Some(v01()),
            cause: pb::Cause::Correction as i32,
            ..Default::default()
        };
        let remedy = pb::RecordRemedyRequest {
            request_id: request_id(number + 1),
            determination: name.clone(),
            body: pb::RemedyBody::Court as i32,
            result: pb::RemedyResult::Upheld as i32,
            filed_on: day(2021, 9, 1),
            decided_on: day(2021, 11, 15),
            document_number: "（2021）行初1号".to_owned(),
            officer: super::flow::officer(),
            ..Default::default()
        };
        let errors = [
            determinations.get_determination(get).await.map(drop),
            decided.audit().replay(replay).await.map(drop),
            determinations.correct(correct).await.map(drop),
            determinations.record_remedy(remedy).await.map(drop),
            recorded(&decided, finding(number + 2, &name, &[pb::FindingOutcome::Correct]))
                .await
                .map(drop),
        ];
        for error in errors {
            let error = error.expect_err("no determination");
            assert_eq!(
                (error.code(), reason(&error).as_str()),
                (Code::NotFound, "DETERMINATION_NOT_FOUND")
            );
        }
    }
}

async fn a_finding_of_a_restricted_case_is_not_listed_until_that_is_lifted(database: TestDatabase) {
    let decided = decided(database, 2, Arc::new(SystemClock::new())).await;
    let determinations = decided
        .determinations
        .iter()
        .filter_map(|answer| answer.determination.clone());
    let mut names = Vec::new();
    for (number, determination) in (2_000..).zip(determinations.clone()) {
        let found = pb::RecordFindingRequest {
            period: String::new(),
            summary: "收入核算有误".to_owned(),
            ..finding(number, &determination.name, &[pb::FindingOutcome::Correct])
        };
        names.push(recorded(&decided, found).await.expect("allowed"));
    }
    let listed = async || -> Vec<String> {
        let list = pb::ListFindingsRequest {
            area: AREA.to_owned(),
            ..Default::default()
        };
        let page = decided.audit().list_findings(list).await.expect("a page").into_inner();
        page.findings.into_iter().map(|finding| finding.name).collect()
    };
    assert_eq!(listed().await, names);
    let case = determinations
        .map(|determination| determination.case)
        .next()
        .expect("two");
    let mut audit = decided.audit();
    let restrict = super::restriction::restrict(50, &case, pb::CaseScope::Case);
    audit.restrict_case(restrict).await.expect("recorded");
    assert_eq!(listed().await, names[1..]);
    audit
        .lift_restriction(super::restriction::lift(51, &case))
        .await
        .expect("it is restricted");
    assert_eq!(listed().await, names);
    // Each of the two answers that showed it is a row, with the finding.
    let accesses = audit
        .list_accesses(pb::ListAccessesRequest {
            parent: case,
            ..Default::default()
        })
        .await;
    let rows: Vec<serde_json::Value> = accesses
        .expect("a page")
        .into_inner()
        .accesses
        .iter()
        .map(|access| super::cases::entry_json(&access.row))
        .collect();
    let (_, record) = names[0].split_once("/findings/").expect("a name");
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter()
            .all(|row| row["purpose"] == "list_findings" && row["record"] == record),
        "{rows:?}"
    );
}

async fn a_finding_and_a_restriction_at_one_time_stand_in_this_order_or_the_finding_is_refused(database: TestDatabase) {
    let decided = decided(database, 6, Arc::new(SystemClock::new())).await;
    for (number, answer) in (2_000..).zip(&decided.determinations) {
        let determination = answer.determination.as_ref().expect("always there");
        let found = pb::RecordFindingRequest {
            period: String::new(),
            ..finding(number, &determination.name, &[pb::FindingOutcome::Correct])
        };
        let restrict = super::restriction::restrict(number + 1_000, &determination.case, pb::CaseScope::Case);
        let (mut one, mut other) = (decided.audit(), decided.audit());
        let (found, restricted) = tokio::join!(
            one.record_finding(by("audit-firm", found)),
            other.restrict_case(restrict)
        );
        let index = |record: Option<pb::Acknowledgement>| record.expect("recorded").index;
        let restricted = index(restricted.expect("nothing forbids it").into_inner().acknowledgement);
        match found {
            Ok(found) => assert!(index(found.into_inner().acknowledgement) < restricted),
            Err(status) => assert_eq!(reason(&status), "RESTRICTED", "{status:?}"),
        }
    }
}
