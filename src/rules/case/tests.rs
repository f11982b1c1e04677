//! The case's life as sentences: entry, grace, its end, exit, a new spell.

use super::*;
use crate::rules::determination::{Carried, Decided, Determination};
use crate::rules::outcome::{Cause, Outcome, Programme};

fn month(text: &str) -> Month {
    text.parse().expect("a month")
}

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn decided(outcome: Outcome, from: &str, fen: i64) -> Decided {
    Decided {
        outcome,
        proposes: None,
        effect: None,
        row: None,
        reason: None,
        cite: None,
        amount: Fen::new(fen).filter(|amount| *amount > Fen::ZERO),
        from: Some(month(from)),
        valid_until: None,
        shows: None,
        required_steps: Vec::new(),
        planned: None,
        refer: Vec::new(),
        flags: Vec::new(),
        error: None,
    }
}

/// A determination on `day` for persons a and b; paid from `from`, to `to` for a grace calendar.
fn determination(outcome: Outcome, day: &str, from: &str, to: Option<&str>, fen: i64) -> Determination {
    let persons = vec!["a".to_owned(), "b".to_owned()];
    let entitlements = outcome.programme().map(|programme| Entitlement {
        programme,
        persons: persons.clone(),
        from: month(from),
        to: to.map(month),
        amount: Fen::new(fen).expect("in range"),
        supersedes: Vec::new(),
        record: None,
    });
    Determination {
        area: "340321".to_owned(),
        kind: "review".to_owned(),
        cause: Cause::Review,
        decision_date: date(day),
        month: date(day).month(),
        household: decided(outcome, from, fen),
        persons,
        members: Vec::new(),
        entitlements: entitlements.into_iter().collect(),
        proposed: Vec::new(),
        difference: Vec::new(),
        due: Vec::new(),
        carried: Vec::new(),
        parameters: Vec::new(),
        choices: Vec::new(),
        samples: Vec::new(),
        missing_facts: Vec::new(),
        missing_rules: Vec::new(),
        trace: String::new(),
    }
}

fn facts() -> Json {
    Json::parse(br#"{"members":[{"id":"a","key":"m1"},{"id":"b","key":"m2"}]}"#).expect("subset")
}

fn admitted() -> CaseState {
    let mut entry = determination(Outcome::Dibao, "2021-07-15", "2021-08", None, 59_000);
    entry.carried = vec![Carried {
        member: Some("a".to_owned()),
        fact: "member.deduction_first_month".to_owned(),
        value: "2021-08".into(),
    }];
    CaseState::default().after(&entry, &facts(), "r1", "DETERMINATION")
}

fn in_grace() -> CaseState {
    let grace = determination(Outcome::Grace, "2021-09-20", "2021-10", Some("2022-03"), 59_000);
    admitted().after(&grace, &facts(), "r2", "DETERMINATION")
}

#[test]
fn a_spell_begins_with_the_decision_and_pays_from_the_month_it_names() {
    let case = admitted();
    assert_eq!(
        (case.status, case.confirmed_on),
        (CaseStatus::Dibao, Some(date("2021-07-15")))
    );
    assert_eq!((case.pay_from, case.last_headcount), (Some(month("2021-08")), Some(2)));
    assert_eq!(case.members["a"].recipient_since, Some(date("2021-07-15")));
}

#[test]
fn grace_keeps_the_last_ordinary_amount_and_counts_the_months_paid() {
    let case = in_grace();
    assert_eq!(case.status, CaseStatus::Grace);
    assert_eq!(case.grace_granted_months, 6);
    assert_eq!(case.last_amount, Fen::new(59_000));
    assert_eq!(
        [
            case.grace_used(month("2021-09")),
            case.grace_used(month("2021-12")),
            case.grace_used(month("2023-01"))
        ],
        [0, 3, 6]
    );
    assert_eq!(case.confirmed_on, Some(date("2021-07-15")), "grace is the same spell");
}

#[test]
fn ordinary_aid_after_three_months_of_grace_ends_the_calendar_and_keeps_what_was_used() {
    let back = determination(Outcome::Dibao, "2021-12-10", "2022-01", None, 45_000);
    let case = in_grace().after(&back, &facts(), "r3", "DETERMINATION");
    assert_eq!((case.status, case.grace), (CaseStatus::Dibao, None));
    assert_eq!((case.grace_used(month("2022-05")), case.grace_granted_months), (3, 6));
}

#[test]
fn a_stop_ends_the_spell_and_the_deduction_episode() {
    let stop = determination(Outcome::Stop, "2022-03-20", "2022-04", None, 0);
    let case = in_grace().after(&stop, &facts(), "r3", "DETERMINATION");
    assert_eq!(
        (case.status, case.exited_on),
        (CaseStatus::None, Some(month("2022-04")))
    );
    assert_eq!(case.members["a"].recipient_since, None);
    assert_eq!(case.members["a"].carried.get("member.deduction_first_month"), None);
    assert_eq!(
        case.members["a"].carried.get("member.deduction_episodes"),
        Some(&Json::Int(1))
    );
    assert!(case.standing.iter().all(|held| held.to <= Some(month("2022-03"))));
}

#[test]
fn a_proposal_is_listed_and_changes_nothing_else() {
    let mut proposal = determination(Outcome::ProposedStop, "2026-07-01", "2026-08", None, 0);
    proposal.household.proposes = Some(Outcome::Stop);
    let before = admitted();
    let mut after = before.after(&proposal, &facts(), "r3", "DETERMINATION");
    assert_eq!(after.prior.pop().map(|prior| prior.state), Some(PriorState::NoEffect));
    assert_eq!(after, before);
}

#[test]
fn whoever_a_proposal_named_is_known_by_the_same_person_afterwards() {
    let mut proposal = determination(Outcome::ProposedEntry, "2026-07-01", "2026-08", None, 0);
    proposal.household.proposes = Some(Outcome::Dibao);
    let case = CaseState::default().after(&proposal, &facts(), "r1", "DETERMINATION");
    assert_eq!(case.members["b"].key.as_deref(), Some("m2"));
    assert!(!case.members["b"].counted_before, "nobody was taken in");
}

#[test]
fn an_exit_decided_ahead_of_the_end_of_grace_ends_the_spell_in_its_own_month() {
    let stop = determination(Outcome::Stop, "2021-12-20", "2022-04", None, 0);
    let case = in_grace().after(&stop, &facts(), "r3", "DETERMINATION");
    let status = |day| {
        case.history(date(day), &[], &BTreeMap::new())
            .household
            .remove("status")
    };
    assert_eq!(status("2022-03-31"), Some(Json::text("grace")));
    assert_eq!(status("2022-04-01"), Some(Json::text("none")));
    assert_eq!(CaseState::from_json(&case.to_json()), Ok(case.clone()));
    let back = determination(Outcome::Dibao, "2022-01-20", "2022-02", None, 45_000);
    let case = case.after(&back, &facts(), "r4", "DETERMINATION");
    assert_eq!((case.status, case.leaving), (CaseStatus::Dibao, None));
    assert_eq!((case.grace_used(month("2022-05")), case.grace_granted_months), (4, 6));
}

/// The case in the fourth month of a grace that began after `before`, for a correction on `day` of the grace.
fn correcting(before: &CaseState, day: &str) -> (Corrected, History) {
    let corrected = in_grace().corrected(before, Standpoint::of(date(day)));
    let history = corrected.history(date(day), &["a".to_owned()], &BTreeMap::new());
    (corrected, history)
}

#[test]
fn a_correction_in_a_spell_remembers_the_spell_as_it_was_and_knows_what_is_paid_now() {
    let (corrected, history) = correcting(&admitted(), "2022-01-20");
    assert_eq!(
        (corrected.state.status, corrected.state.grace_granted_months),
        (CaseStatus::Dibao, 0)
    );
    assert_eq!(history.household.get("status"), Some(&Json::text("dibao")));
    assert_eq!(
        history.household.get("grace_used"),
        Some(&Json::Int(0)),
        "its own grace is none yet"
    );
    let now = in_grace().history(date("2022-01-20"), &[], &BTreeMap::new());
    assert_eq!((history.standing, history.paid), (now.standing, now.paid));
    assert_eq!(corrected.state.standing, in_grace().standing);
    assert_eq!(
        corrected.state.prior,
        in_grace().prior,
        "nothing that was recorded is gone"
    );
}

#[test]
fn a_correction_of_the_entry_itself_leaves_a_recipient_and_forgets_what_the_entry_carried() {
    let corrected = admitted()
        .corrected(&CaseState::default(), Standpoint::of(date("2021-10-20")))
        .state;
    assert_eq!(
        (corrected.status, corrected.confirmed_on),
        (CaseStatus::Dibao, Some(date("2021-07-15")))
    );
    let member = &corrected.members["a"];
    assert_eq!(
        (member.key.as_deref(), member.recipient_since),
        (Some("m1"), Some(date("2021-07-15")))
    );
    assert_eq!(member.carried, BTreeMap::new());
}

#[test]
fn a_correction_of_a_stop_finds_the_spell_that_it_ended() {
    let stop = determination(Outcome::Stop, "2021-10-20", "2021-11", None, 0);
    let stopped = admitted().after(&stop, &facts(), "r2", "DETERMINATION");
    let corrected = stopped.corrected(&admitted(), Standpoint::of(date("2022-02-10"))).state;
    assert_eq!(
        (corrected.status, corrected.exited_on, corrected.pay_from),
        (CaseStatus::Dibao, None, Some(month("2021-08")))
    );
    assert_eq!(corrected.members, admitted().members);
    assert_eq!(
        corrected.standing, stopped.standing,
        "nothing is paid before it is decided"
    );
}

#[test]
fn a_correction_begins_no_grace_again_that_has_run_out() {
    let back = determination(Outcome::Dibao, "2021-12-10", "2022-01", None, 45_000);
    let after = in_grace().after(&back, &facts(), "r3", "DETERMINATION");
    let status = |day| after.corrected(&in_grace(), Standpoint::of(date(day))).state.status;
    assert_eq!(status("2022-03-31"), CaseStatus::Grace);
    assert_eq!(status("2022-04-01"), CaseStatus::Dibao);
    let from = |month: &str| {
        let standpoint = Standpoint::of_correction(date("2022-06-20"), date("2021-12-10"), month.parse().ok());
        after.corrected(&in_grace(), standpoint).state.status
    };
    assert_eq!(from("2022-04"), CaseStatus::Grace, "seen from its last month");
    assert_eq!(from("2022-05"), CaseStatus::Dibao);
}

#[test]
fn a_correction_with_its_own_first_month_counts_the_months_of_grace_before_it() {
    let again = determination(Outcome::Grace, "2021-12-10", "2022-01", Some("2022-03"), 40_000);
    let now = in_grace().after(&again, &facts(), "r3", "DETERMINATION");
    let used = |from: Option<&str>| {
        let from = from.map(month);
        let standpoint = Standpoint::of_correction(date("2022-06-20"), date("2021-12-10"), from);
        let corrected = now.corrected(&in_grace(), standpoint);
        let history = corrected.history(date("2022-06-20"), &[], &BTreeMap::new());
        history.household.get("grace_used").cloned()
    };
    assert_eq!(used(Some("2022-01")), Some(Json::Int(3)));
    assert_eq!(used(Some("2022-03")), Some(Json::Int(5)));
    assert_eq!(used(None), Some(Json::Int(6)));
}

#[test]
fn a_state_reads_back_as_it_was_sealed() {
    let mut case = in_grace();
    case.mark("r1", PriorState::Corrected);
    case.place_newest(RecordPlace {
        origin: "doudi.example/340321/1".to_owned(),
        index: 7,
        leaf_hash: "00".to_owned(),
    });
    assert_eq!(CaseState::from_json(&case.to_json()), Ok(case));
}

#[test]
fn history_names_what_a_member_holds_here_and_elsewhere() {
    let other = OtherProgramme {
        programme: Programme::Tekun,
        until: Some(month("2022-01")),
    };
    let persons = ["a".to_owned(), "c".to_owned()];
    let history = admitted().history(date("2021-12-01"), &persons, &BTreeMap::from([("c".to_owned(), other)]));
    assert_eq!(history.members["a"].get("programme"), Some(&Json::text("dibao")));
    assert_eq!(
        history.members["c"].get("other_programme_until"),
        Some(&Json::text("2022-01"))
    );
    assert_eq!(history.household.get("status"), Some(&Json::text("dibao")));
    assert_eq!(history.paid.len(), 5, "August to December");
}
