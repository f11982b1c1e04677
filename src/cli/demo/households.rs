//! The invented households of the demo. Nobody in them exists; the standards they meet are samples.

use uuid::Uuid;

use super::AREA;
use crate::api::pb;

/// A household and what happens to it, call after call.
pub struct Household {
    /// One line about it, in both languages.
    pub title: &'static str,
    /// The calls, on one case.
    pub calls: Vec<Call>,
}

/// One call of the service.
pub enum Call {
    /// A case that another authority decided.
    Import(pb::ImportCaseRequest),
    /// An application.
    Determine(pb::DetermineRequest),
    /// A review of the case.
    Review(pb::ReviewRequest),
    /// An exit from the case.
    Exit(pb::DecideExitRequest),
}

/// The officer of the demo.
pub fn officer() -> Option<pb::Officer> {
    Some(pb::Officer {
        id: "n1".to_owned(),
        role: "确认".to_owned(),
        unit: "怀远县民政局".to_owned(),
        delegation: String::new(),
    })
}

fn day(year: i32, month: i32, day: i32) -> Option<pb::Date> {
    Some(pb::Date { year, month, day })
}

fn request_id() -> String {
    Uuid::new_v4().to_string()
}

fn member(id: &str, relation: pb::MemberRelation, year: i32) -> pb::Member {
    pb::Member {
        id: id.to_owned(),
        relation: Some(relation.into()),
        birth: day(year, 5, 6),
        labour: Some(pb::Labour::Full.into()),
        ..Default::default()
    }
}

fn income(fen: i64) -> pb::Income {
    pb::Income {
        id: "i1".to_owned(),
        kind: Some(pb::IncomeKind::Other.into()),
        regularity: Some(pb::Regularity::Monthly.into()),
        amount_fen: Some(fen),
        ..Default::default()
    }
}

/// Two parents and a child; the first has `fen` a month.
fn family(fen: i64) -> Vec<pb::Member> {
    let first = pb::Member {
        incomes: vec![income(fen)],
        ..member("m1", pb::MemberRelation::Self_, 1980)
    };
    vec![
        first,
        member("m2", pb::MemberRelation::Spouse, 1982),
        member("m3", pb::MemberRelation::MinorChild, 2016),
    ]
}

fn input(date: (i32, i32, i32), members: Vec<pb::Member>) -> pb::DecisionInput {
    pb::DecisionInput {
        decision_date: day(date.0, date.1, date.2),
        month: day(date.0, date.1, 0),
        facts: Some(pb::HouseholdFacts {
            case: Some(pb::CaseFacts {
                residence_kind: Some(pb::ResidenceKind::Rural.into()),
                property_ok: Some(true),
                income_unstable: Some(false),
                checked_on: day(date.0, date.1, date.2),
                ..Default::default()
            }),
            notice: Some(pb::NoticeFacts {
                reasons_written: Some(true),
                ..Default::default()
            }),
            members,
            ..Default::default()
        }),
        officer: officer(),
        ..Default::default()
    }
}

/// An application, in the month it is decided.
fn determine(date: (i32, i32, i32), members: Vec<pb::Member>) -> pb::DetermineRequest {
    let mut input = input(date, members);
    if let Some(case) = input.facts.as_mut().and_then(|facts| facts.case.as_mut()) {
        case.applied_on = day(date.0, date.1, 2);
        case.accepted_on = day(date.0, date.1, 2);
        case.obligor_status = Some(pb::ObligorStatus::None.into());
    }
    pb::DetermineRequest {
        request_id: request_id(),
        area: AREA.to_owned(),
        input: Some(input),
        ..Default::default()
    }
}

fn review(date: (i32, i32, i32), members: Vec<pb::Member>) -> pb::ReviewRequest {
    pb::ReviewRequest {
        request_id: request_id(),
        cause: pb::Cause::Review.into(),
        input: Some(input(date, members)),
        ..Default::default()
    }
}

fn exit(date: (i32, i32, i32), members: Vec<pb::Member>) -> pb::DecideExitRequest {
    pb::DecideExitRequest {
        request_id: request_id(),
        input: Some(input(date, members)),
        ..Default::default()
    }
}

/// A family on dibao since 2020, as its old register leaves it.
fn imported() -> pb::ImportCaseRequest {
    let known = |id: &str| pb::ImportedMember {
        id: id.to_owned(),
        programme: Some(pb::PersonProgramme::Dibao.into()),
        recipient_since: day(2020, 6, 10),
        counted_before: Some(true),
        ..Default::default()
    };
    pb::ImportCaseRequest {
        request_id: request_id(),
        area: AREA.to_owned(),
        imported: Some(pb::ImportedCase {
            authority: "示例机关".to_owned(),
            document_number: "示例〔2020〕1号".to_owned(),
            decided_on: day(2020, 6, 10),
            residence_kind: pb::ResidenceKind::Rural.into(),
            status: pb::AssistanceStatus::Dibao.into(),
            confirmed_on: day(2020, 6, 10),
            pay_from: day(2020, 7, 0),
            last_amount_fen: Some(105_000),
            last_headcount: Some(3),
            last_review: day(2021, 6, 10),
            members: vec![known("m1"), known("m2"), known("m3")],
            ..Default::default()
        }),
        officer: officer(),
        ..Default::default()
    }
}

/// The second parent has worked in Huaiyuan since 2021-08-03 for 2,000 yuan a month.
fn working_family() -> Vec<pb::Member> {
    let mut members = family(0);
    members[0].incomes.clear();
    members[1].jobs.push(pb::Job {
        id: "j1".to_owned(),
        start: day(2021, 8, 3),
        place: Some(AREA.to_owned()),
        wage_fen: Some(200_000),
        ..Default::default()
    });
    members
}

fn old_and_alone() -> Vec<pb::Member> {
    vec![pb::Member {
        incomes: vec![income(30_000)],
        labour: Some(pb::Labour::None.into()),
        unmet_items: Some(2),
        ..member("m1", pb::MemberRelation::Self_, 1950)
    }]
}

fn disabled_member() -> Vec<pb::Member> {
    let mut members = family(270_000);
    members.push(pb::Member {
        cannot_live_alone: Some(true),
        disability_kind: Some(pb::DisabilityKind::Limb.into()),
        disability_level: Some(1),
        severe_illness: Some(false),
        asks_single: Some(true),
        ..member("m4", pb::MemberRelation::AdultChild, 1999)
    });
    members
}

/// Three persons apply, with 900 yuan a month: the first call of the demo.
pub fn application() -> pb::DetermineRequest {
    determine((2021, 8, 18), family(90_000))
}

/// All households, in the order in which they are told.
pub fn all() -> Vec<Household> {
    vec![
        Household {
            title: "三口之家申请低保，月收入900元 · three persons apply, 900 yuan a month",
            calls: vec![Call::Determine(application())],
        },
        Household {
            title: "低保家庭成员就业：扣减、渐退、退出 · work is found: deduction, grace, exit",
            calls: vec![
                Call::Import(imported()),
                Call::Review(review((2021, 8, 25), working_family())),
                Call::Review(review((2022, 8, 20), working_family())),
                Call::Exit(exit((2023, 2, 20), working_family())),
            ],
        },
        Household {
            title: "老人独居，无义务人 · an old person alone, nobody obliged to support",
            calls: vec![Call::Determine(determine((2021, 9, 10), old_and_alone()))],
        },
        Household {
            title: "低保边缘家庭中的一级残疾成员 · a severely disabled member of a family just above the line",
            calls: vec![Call::Determine(determine((2021, 9, 10), disabled_member()))],
        },
        Household {
            title: "缺少关键事实：财产未调查 · a fact is missing: property was not surveyed",
            calls: vec![Call::Determine(without_property(determine(
                (2021, 9, 10),
                family(90_000),
            )))],
        },
        Household {
            title: "2026年7月起，终止以前应当听取意见 · from 2026-07 nobody is stopped unheard",
            calls: vec![
                Call::Import(imported()),
                Call::Exit(property_found(exit((2026, 7, 1), family(90_000)))),
            ],
        },
    ]
}

/// The property does not fit the rules any more: a stop without grace.
fn property_found(mut request: pb::DecideExitRequest) -> pb::DecideExitRequest {
    if let Some(facts) = request.input.as_mut().and_then(|input| input.facts.as_mut()) {
        facts.exit = Some(pb::ExitFacts {
            ground: Some(pb::ExitGround::Property.into()),
            ..Default::default()
        });
        if let Some(case) = facts.case.as_mut() {
            case.property_ok = Some(false);
        }
    }
    request
}

fn without_property(mut request: pb::DetermineRequest) -> pb::DetermineRequest {
    let facts = request.input.as_mut().and_then(|input| input.facts.as_mut());
    if let Some(case) = facts.and_then(|facts| facts.case.as_mut()) {
        case.property_ok = None;
    }
    request
}
