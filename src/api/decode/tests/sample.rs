//! A request with every field of the facts filled in.

use crate::api::pb;
use crate::app::AreaRegister;
use crate::app::areas::Area;

pub const REQUEST_ID: &str = "6f1c2a34-0b7d-4f6e-9a51-2d3c4b5a6978";
/// The example of GB 11643-1999.
pub const ID_NUMBER: &str = "11010519491231002X";

pub fn areas() -> AreaRegister {
    AreaRegister::new(["340321", "340322"].map(|code| Area {
        code: code.parse().expect("an area"),
        name: code.to_owned(),
        from: "2018-01-01".parse().expect("a date"),
        until: None,
    }))
}

pub fn day(year: i32, month: i32, day: i32) -> Option<pb::Date> {
    Some(pb::Date { year, month, day })
}

pub fn month(year: i32, month: i32) -> Option<pb::Date> {
    day(year, month, 0)
}

fn s1() -> String {
    "s1".to_owned()
}

pub fn determine() -> pb::DetermineRequest {
    pb::DetermineRequest {
        request_id: REQUEST_ID.to_owned(),
        area: "340321100".to_owned(),
        case: String::new(),
        input: Some(input()),
        validate_only: false,
        explain: false,
    }
}

pub fn input() -> pb::DecisionInput {
    pb::DecisionInput {
        decision_date: day(2021, 8, 18),
        month: month(2021, 8),
        facts: Some(facts()),
        identity: Some(identity()),
        sources: vec![pb::Source {
            id: s1(),
            kind: pb::SourceKind::Visit as i32,
            obtained_on: day(2021, 8, 10),
            role: "调查".to_owned(),
            unit: "样例镇".to_owned(),
            evidence_commitment: Some(vec![7; 32]),
        }],
        discretion: vec![pb::Discretion {
            choice: "officer.grace_months".to_owned(),
            value: "12".to_owned(),
            reason: "就业不稳".to_owned(),
            by: "n17".to_owned(),
            role: "确认".to_owned(),
            unit: "县民政局".to_owned(),
            delegation: String::new(),
        }],
        officer: officer(),
        relations: Vec::new(),
    }
}

pub fn officer() -> Option<pb::Officer> {
    Some(pb::Officer {
        id: "n17".to_owned(),
        role: "确认".to_owned(),
        unit: "县民政局".to_owned(),
        delegation: String::new(),
    })
}

fn identity() -> pb::Identity {
    pb::Identity {
        persons: vec![pb::PersonIdentity {
            member_id: "m1".to_owned(),
            name: "张三".to_owned(),
            id_number: ID_NUMBER.to_owned(),
            phone: String::new(),
        }],
        ..pb::Identity::default()
    }
}

fn facts() -> pb::HouseholdFacts {
    pb::HouseholdFacts {
        case: Some(pb::CaseFacts {
            residence_kind: Some(pb::ResidenceKind::Rural as i32),
            applied_on: day(2021, 8, 1),
            accepted_on: day(2021, 8, 2),
            posted_on: day(2021, 8, 10),
            special_situation: Some(false),
            applied_for: Some(pb::ApplicationScope::Family as i32),
            related_to_staff: Some(false),
            separately_registered: Some(false),
            county_visit_on: day(2021, 8, 11),
            income_unstable: Some(true),
            income_rise_month: month(2021, 7),
            property_ok: Some(true),
            obligor_status: Some(pb::ObligorStatus::Listed as i32),
            source: s1(),
            checked_on: day(2021, 8, 12),
            hukou_changed_on: day(2021, 1, 5),
        }),
        officer: Some(pb::OfficerFacts {
            grace_granted: Some(true),
            grace_months: Some(12),
            reason_given: Some(true),
            approver_given: Some(true),
            source: s1(),
        }),
        hearing: Some(pb::HearingFacts {
            held_on: day(2021, 8, 12),
            source: s1(),
        }),
        notice: Some(pb::NoticeFacts {
            reasons_written: Some(true),
            source: s1(),
        }),
        exit: Some(pb::ExitFacts {
            ground: Some(pb::ExitGround::Income as i32),
            source: s1(),
        }),
        members: vec![member()],
        assets: vec![pb::Asset {
            id: "a1".to_owned(),
            kind: Some(pb::AssetKind::Housing as i32),
            value_fen: Some(1),
            exempt: Some(true),
            source: s1(),
        }],
        expenses: vec![pb::Expense {
            id: "e1".to_owned(),
            kind: Some(pb::ExpenseKind::Medical as i32),
            month: month(2021, 5),
            amount_fen: Some(100),
            source: s1(),
        }],
        obligors: vec![pb::Obligor {
            id: "o1".to_owned(),
            kind: Some(pb::ObligorKind::Ordinary as i32),
            birth: day(1970, 1, 1),
            year_income_fen: Some(1_000_000),
            property_ok: Some(true),
            source: s1(),
        }],
    }
}

pub fn member() -> pb::Member {
    pb::Member {
        id: "m1".to_owned(),
        person: String::new(),
        relation: Some(pb::MemberRelation::Self_ as i32),
        birth: day(1949, 12, 31),
        death: day(2021, 8, 17),
        hukou: Some("340321".to_owned()),
        residence: Some("340321".to_owned()),
        excluded_for: Some(pb::ExclusionGround::None as i32),
        education: Some(pb::Education::None as i32),
        full_time: Some(false),
        cannot_live_alone: Some(false),
        shares_life: Some(true),
        labour: Some(pb::Labour::Partial as i32),
        disability_kind: Some(pb::DisabilityKind::Limb as i32),
        disability_level: Some(3),
        disability_until: day(2031, 1, 1),
        severe_illness: Some(false),
        supported_by: Some(pb::Supporter::None as i32),
        unmet_items: Some(0),
        refused_work: Some(0),
        asks_single: Some(false),
        cert_needs_fen: Some(0),
        jobs: vec![pb::Job {
            id: "j1".to_owned(),
            start: day(2021, 8, 1),
            end: day(2021, 8, 17),
            place: Some("310115".to_owned()),
            wage_fen: Some(200_000),
            first_pay_on: day(2021, 8, 15),
            reported_on: day(2021, 8, 16),
            pay_on: day(2021, 8, 15),
            receipts: vec![receipt(200_000)],
            source: s1(),
            regularity: Some(pb::Regularity::Monthly as i32),
            part_time: Some(true),
            hours: Some(80),
        }],
        incomes: vec![pb::Income {
            id: "i1".to_owned(),
            kind: Some(pb::IncomeKind::Pension as i32),
            regularity: Some(pb::Regularity::Monthly as i32),
            amount_fen: Some(13_000),
            pension_scheme: Some(pb::PensionScheme::Resident as i32),
            central_part_fen: Some(9_300),
            local_part_fen: Some(1_200),
            account_part_fen: Some(2_500),
            receipts: vec![receipt(13_000)],
            source: s1(),
        }],
        source: s1(),
    }
}

fn receipt(amount_fen: i64) -> pb::MonthReceipt {
    pb::MonthReceipt {
        month: month(2021, 8),
        amount_fen: Some(amount_fen),
        source: s1(),
    }
}
