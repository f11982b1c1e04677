//! Bad input gets every violation at once, with the path of the field and never with its value.

use super::{fields, refused, sample};
use crate::api::decode::limits::{JOB_AND_INCOME_COUNT_MAX, MEMBER_COUNT_MAX, RECEIPT_COUNT_MAX};
use crate::api::decode::{correct, determine, list_entries, prove_consistency, review};
use crate::api::pb;
use crate::app::AppError;
use crate::app::command::{Correct, Determine};

/// Decodes the sample after a change to its facts.
fn with(change: impl FnOnce(&mut pb::HouseholdFacts)) -> Result<Determine, AppError> {
    let mut request = sample::determine();
    let facts = request.input.as_mut().and_then(|input| input.facts.as_mut());
    change(facts.expect("the sample has facts"));
    determine(request, &sample::areas())
}

#[test]
fn an_empty_request_names_every_required_field() {
    let found = fields(determine(pb::DetermineRequest::default(), &sample::areas()));
    assert_eq!(found, ["request_id", "area", "input"]);
    let request = pb::DetermineRequest {
        input: Some(pb::DecisionInput::default()),
        ..sample::determine()
    };
    let found = fields(determine(request, &sample::areas()));
    assert_eq!(
        found,
        ["input.decision_date", "input.month", "input.facts", "input.officer"]
    );
    let empty = fields(with(|facts| *facts = pb::HouseholdFacts::default()));
    assert_eq!(
        empty,
        [
            "input.facts.case",
            "input.facts.members",
            "input.identity.persons[0].member_id"
        ]
    );
}

#[test]
fn every_violation_comes_at_once_with_its_path() {
    let mut request = sample::determine();
    request.request_id = "not a uuid".to_owned();
    request.area = "999999".to_owned();
    let input = request.input.as_mut().expect("input");
    input.month = sample::month(2021, 13);
    input.decision_date = sample::day(2021, 2, 29);
    let facts = input.facts.as_mut().expect("facts");
    let member = &mut facts.members[0];
    member.birth = sample::day(2023, 2, 29);
    member.unmet_items = Some(7);
    member.jobs[0].wage_fen = Some(-1);
    member.jobs[0].place = Some("990000".to_owned());
    member.incomes[0].amount_fen = Some(i64::MAX);
    member.incomes[0].receipts[0].month = None;
    input.identity.as_mut().expect("identity").persons[0].id_number = "110105194912310021".to_owned();
    let found = fields(determine(request, &sample::areas()));
    assert_eq!(
        found,
        [
            "request_id",
            "area",
            "input.decision_date",
            "input.month",
            "input.facts.members[0].birth",
            "input.facts.members[0].unmet_items",
            "input.facts.members[0].jobs[0].place",
            "input.facts.members[0].jobs[0].wage_fen",
            "input.facts.members[0].incomes[0].amount_fen",
            "input.facts.members[0].incomes[0].receipts[0].month",
            "input.identity.persons[0].id_number",
        ]
    );
}

#[test]
fn the_offending_value_is_never_repeated() {
    let mut request = sample::determine();
    request.request_id = "MARK".to_owned();
    request.area = "MARK".to_owned();
    request.case = "MARK".to_owned();
    let input = request.input.as_mut().expect("input");
    let facts = input.facts.as_mut().expect("facts");
    facts.members[0].id = "MARK".to_owned();
    facts.members[0].person = "MARK".to_owned();
    facts.members[0].hukou = Some("MARK".to_owned());
    facts.members[0].source = "MARK".to_owned();
    let person = &mut input.identity.as_mut().expect("identity").persons[0];
    person.member_id = "MARK".to_owned();
    person.id_number = "MARK".to_owned();
    person.name = "MARK\u{0}".to_owned();
    let found = refused(determine(request, &sample::areas()));
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|text| !text.contains("MARK")), "{found:?}");
}

#[test]
fn members_jobs_and_persons_stand_once() {
    let twice = with(|facts| {
        let mut second = sample::member();
        facts.members[0].person = "ab".repeat(16);
        second.person = "ab".repeat(16);
        facts.members.push(second);
    });
    assert_eq!(
        fields(twice),
        [
            "input.facts.members[1].id",
            "input.facts.members[1].person",
            "input.facts.members[1].jobs[0].id",
            "input.facts.members[1].incomes[0].id",
        ]
    );
    let mut request = sample::determine();
    let identity = request
        .input
        .as_mut()
        .and_then(|input| input.identity.as_mut())
        .expect("identity");
    identity.persons.push(identity.persons[0].clone());
    let found = fields(determine(request, &sample::areas()));
    assert_eq!(
        found,
        [
            "input.identity.persons[1].id_number",
            "input.identity.persons[1].member_id"
        ]
    );
}

#[test]
fn an_unspecified_code_is_refused_and_an_absent_one_is_unknown() {
    assert_eq!(
        fields(with(|facts| facts.members[0].labour = Some(0))),
        ["input.facts.members[0].labour"]
    );
    assert_eq!(
        fields(with(|facts| facts.members[0].labour = Some(99))),
        ["input.facts.members[0].labour"]
    );
    assert!(with(|facts| facts.members[0].labour = None).is_ok());
}

#[test]
fn as_many_members_as_the_limit_are_accepted_and_one_more_is_refused() {
    let members = |count: usize| {
        with(|facts| {
            let one = pb::Member {
                jobs: Vec::new(),
                incomes: Vec::new(),
                ..sample::member()
            };
            facts.members = (1..=count)
                .map(|n| pb::Member {
                    id: format!("m{n}"),
                    ..one.clone()
                })
                .collect();
        })
    };
    assert!(members(MEMBER_COUNT_MAX).is_ok());
    assert!(fields(members(MEMBER_COUNT_MAX + 1)).contains(&"input.facts.members".to_owned()));
}

#[test]
fn jobs_incomes_and_receipts_are_limited_in_the_household() {
    let jobs = |count: usize| {
        with(|facts| {
            let one = facts.members[0].jobs[0].clone();
            facts.members[0].incomes.clear();
            facts.members[0].jobs = (1..=count)
                .map(|n| pb::Job {
                    id: format!("j{n}"),
                    ..one.clone()
                })
                .collect();
        })
    };
    assert!(jobs(JOB_AND_INCOME_COUNT_MAX).is_ok());
    assert_eq!(fields(jobs(JOB_AND_INCOME_COUNT_MAX + 1)), ["input.facts.members"]);
    let receipts = |count: usize| {
        with(|facts| {
            let one = facts.members[0].jobs[0].receipts[0].clone();
            facts.members[0].incomes[0].receipts.clear();
            facts.members[0].jobs[0].receipts = vec![one; count];
        })
    };
    assert!(receipts(RECEIPT_COUNT_MAX).is_ok());
    assert_eq!(fields(receipts(RECEIPT_COUNT_MAX + 1)), ["input.facts.members"]);
}

#[test]
fn only_farm_and_business_can_lose() {
    let loss = |kind: pb::IncomeKind| {
        with(|facts| {
            let income = &mut facts.members[0].incomes[0];
            income.kind = Some(kind as i32);
            income.receipts[0].amount_fen = Some(-1);
        })
    };
    assert!(loss(pb::IncomeKind::Farm).is_ok() && loss(pb::IncomeKind::Business).is_ok());
    assert_eq!(
        fields(loss(pb::IncomeKind::Support)),
        ["input.facts.members[0].incomes[0].receipts[0].amount_fen"]
    );
}

#[test]
fn dates_that_contradict_each_other_are_refused() {
    let found = fields(with(|facts| {
        facts.members[0].death = sample::day(1949, 12, 30);
        facts.members[0].jobs[0].end = sample::day(2021, 7, 31);
    }));
    assert_eq!(
        found,
        ["input.facts.members[0].death", "input.facts.members[0].jobs[0].end"]
    );
    assert!(
        with(|facts| facts.members[0].death = sample::day(2021, 8, 18)).is_ok(),
        "the day of the decision"
    );
    let after = with(|facts| facts.members[0].death = sample::day(2021, 8, 19));
    assert_eq!(fields(after), ["input.facts.members[0].death"]);
}

#[test]
fn a_source_must_be_declared() {
    let found = fields(with(|facts| facts.members[0].source = "s2".to_owned()));
    assert_eq!(found, ["input.facts.members[0].source"]);
}

#[test]
fn a_case_stands_in_the_deciding_area_and_a_cause_fits_its_call() {
    let case = format!("areas/340322/cases/{}", "ab".repeat(16));
    let request = pb::DetermineRequest {
        case: case.clone(),
        ..sample::determine()
    };
    assert_eq!(fields(determine(request, &sample::areas())), ["case"]);
    let request = |cause: pb::Cause| pb::ReviewRequest {
        request_id: sample::REQUEST_ID.to_owned(),
        case: case.clone(),
        cause: cause as i32,
        input: Some(sample::input()),
        ..pb::ReviewRequest::default()
    };
    assert!(review(request(pb::Cause::Event), &sample::areas()).is_ok());
    assert_eq!(fields(review(request(pb::Cause::Court), &sample::areas())), ["cause"]);
    let found = fields(correct(pb::CorrectRequest::default(), &sample::areas()));
    assert_eq!(found, ["request_id", "determination", "cause", "reason", "input"]);
    let request = |effective_from| pb::CorrectRequest {
        request_id: sample::REQUEST_ID.to_owned(),
        determination: format!("{case}/determinations/{}", "cd".repeat(16)),
        cause: pb::Cause::Correction as i32,
        reason: "wages were counted twice".to_owned(),
        effective_from,
        input: Some(sample::input()),
        ..Default::default()
    };
    let month = |command: Result<Correct, AppError>| command.map(|command| command.effective_from).ok();
    assert_eq!(month(correct(request(None), &sample::areas())), Some(None));
    let given = correct(request(sample::month(2021, 9)), &sample::areas());
    assert_eq!(month(given), Some("2021-09".parse().ok()));
    assert_eq!(
        fields(correct(request(sample::day(2021, 9, 1)), &sample::areas())),
        ["effective_from"]
    );
}

#[test]
fn pages_and_positions_have_limits() {
    let entries = |page_size: i32, start_index: u64| {
        let area = "340321".to_owned();
        list_entries(
            pb::ListEntriesRequest {
                area,
                page_size,
                start_index,
                ..Default::default()
            },
            &sample::areas(),
        )
    };
    assert_eq!(entries(0, 0).map(|c| c.page.size).ok(), Some(50));
    assert_eq!(entries(1_000, 0).map(|c| c.page.size).ok(), Some(1_000));
    assert_eq!(fields(entries(1_001, u64::MAX)), ["start_index", "page_size"]);
    assert_eq!(fields(entries(-1, 0)), ["page_size"]);
    let sizes = |first_size: u64, second_size: u64| {
        let area = "340321".to_owned();
        let request = pb::ProveConsistencyRequest {
            area,
            first_size,
            second_size: Some(second_size),
            ..Default::default()
        };
        prove_consistency(request, &sample::areas())
    };
    assert!(sizes(1, 1).is_ok());
    assert_eq!(fields(sizes(0, 5)), ["first_size"]);
    assert_eq!(fields(sizes(2, 1)), ["second_size"]);
}

#[test]
fn a_household_at_every_limit_fits_into_a_request() {
    use crate::api::decode::limits as l;
    use prost::Message as _;
    let id = |letter: char, number: usize| format!("{letter}{number:015}");
    let long = |size: usize| "字".repeat(size / 3);
    let mut request = sample::determine();
    let input = request.input.as_mut().expect("input");
    let source = id('s', 1);
    let one = pb::Source {
        role: long(l::SHORT_TEXT_SIZE_MAX_BYTES),
        unit: long(l::NAME_SIZE_MAX_BYTES),
        ..input.sources[0].clone()
    };
    input.sources = (1..=l::SOURCE_COUNT_MAX)
        .map(|n| pb::Source {
            id: id('s', n),
            ..one.clone()
        })
        .collect();
    let choice = pb::Discretion {
        reason: long(l::REASON_SIZE_MAX_BYTES),
        unit: long(l::NAME_SIZE_MAX_BYTES),
        delegation: long(l::NAME_SIZE_MAX_BYTES),
        ..input.discretion[0].clone()
    };
    input.discretion = vec![choice; l::DISCRETION_COUNT_MAX];
    let person = pb::PersonIdentity {
        member_id: id('m', 1),
        name: long(l::NAME_SIZE_MAX_BYTES),
        id_number: sample::ID_NUMBER.to_owned(),
        phone: "1".repeat(l::PHONE_SIZE_MAX_BYTES),
    };
    input.identity = Some(pb::Identity {
        persons: vec![person; MEMBER_COUNT_MAX],
        address: long(l::ADDRESS_SIZE_MAX_BYTES),
        ..pb::Identity::default()
    });
    let facts = input.facts.as_mut().expect("facts");
    let member = pb::Member {
        source: source.clone(),
        person: "ab".repeat(16),
        ..sample::member()
    };
    let receipt = pb::MonthReceipt {
        source: source.clone(),
        amount_fen: Some(i64::MAX),
        ..member.jobs[0].receipts[0].clone()
    };
    let jobs = JOB_AND_INCOME_COUNT_MAX / MEMBER_COUNT_MAX;
    let receipts = RECEIPT_COUNT_MAX / JOB_AND_INCOME_COUNT_MAX;
    let job = pb::Job {
        source: source.clone(),
        receipts: vec![receipt; receipts],
        ..member.jobs[0].clone()
    };
    let jobs: Vec<pb::Job> = (1..=jobs)
        .map(|n| pb::Job {
            id: id('j', n),
            ..job.clone()
        })
        .collect();
    let full = pb::Member {
        jobs,
        incomes: Vec::new(),
        ..member
    };
    facts.members = (1..=MEMBER_COUNT_MAX)
        .map(|n| pb::Member {
            id: id('m', n),
            ..full.clone()
        })
        .collect();
    let expense = pb::Expense {
        id: id('e', 1),
        source: source.clone(),
        ..facts.expenses[0].clone()
    };
    facts.expenses = vec![expense; l::EXPENSE_COUNT_MAX];
    let size = request.encoded_len();
    assert!(size > 200 * 1024 && size < l::REQUEST_SIZE_MAX_BYTES, "{size} bytes");
}
