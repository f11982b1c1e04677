//! The caller's part of the facts document, field by field after the vocabulary.

use std::collections::BTreeSet;

use super::limits::{ASSET_COUNT_MAX, EXPENSE_COUNT_MAX, GRACE_MONTH_COUNT_MAX, MEMBER_COUNT_MAX, OBLIGOR_COUNT_MAX};
use super::member::Members;
use super::record::{Context, Record, records};
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::command::Member;
use crate::canonical::Json;
use crate::rules::calendar::Date;

/// The facts, and the members in their order.
pub struct Facts {
    /// The groups and lists of the facts document.
    pub groups: Vec<(&'static str, Json)>,
    /// The members.
    pub members: Vec<Member>,
}

/// Reads the facts of a household.
pub fn household(
    raw: pb::HouseholdFacts,
    at: Path<'_>,
    context: &Context<'_>,
    decision_date: Option<Date>,
    v: &mut Violations,
) -> Facts {
    let mut groups = Vec::new();
    let listed = Some(i32::from(pb::ObligorStatus::Listed));
    let judges_by_list = raw.case.as_ref().is_some_and(|case| case.obligor_status == listed);
    if let Some(raw) = v.require(at.field("case"), raw.case) {
        groups.push(("case", case(raw, Record::new(context, at.field("case"), v))));
    }
    if let Some(raw) = raw.officer {
        groups.push(("officer", officer(raw, Record::new(context, at.field("officer"), v))));
    }
    if let Some(raw) = raw.hearing {
        let mut record = Record::new(context, at.field("hearing"), v);
        record.date("held_on", raw.held_on);
        record.source(raw.source);
        groups.push(("hearing", record.finish()));
    }
    if let Some(raw) = raw.notice {
        let mut record = Record::new(context, at.field("notice"), v);
        record.flag("reasons_written", raw.reasons_written);
        record.source(raw.source);
        groups.push(("notice", record.finish()));
    }
    if let Some(raw) = raw.exit {
        let mut record = Record::new(context, at.field("exit"), v);
        record.code::<pb::ExitGround>("ground", raw.ground);
        record.source(raw.source);
        groups.push(("exit", record.finish()));
    }
    let at_members = at.field("members");
    if raw.members.is_empty() {
        v.add(at_members, format!("is empty: give 1 to {MEMBER_COUNT_MAX} members"));
    }
    let raw_members = v.limit(at_members, raw.members, MEMBER_COUNT_MAX);
    let mut members = Members::new(decision_date);
    let read = records(context, at_members, v, raw_members, |raw, record| {
        members.read(raw, record)
    });
    members.check_totals(at_members, v);
    groups.push(("members", Json::List(read)));

    let mut taken = BTreeSet::new();
    let raw_assets = v.limit(at.field("assets"), raw.assets, ASSET_COUNT_MAX);
    let read = records(context, at.field("assets"), v, raw_assets, |raw, record| {
        asset(raw, record, &mut taken)
    });
    push_list(&mut groups, "assets", read);

    taken.clear();
    let raw_expenses = v.limit(at.field("expenses"), raw.expenses, EXPENSE_COUNT_MAX);
    let read = records(context, at.field("expenses"), v, raw_expenses, |raw, record| {
        expense(raw, record, &mut taken)
    });
    push_list(&mut groups, "expenses", read);

    taken.clear();
    if judges_by_list && raw.obligors.is_empty() {
        // Of an empty list every obligor is unable to support.
        let found =
            "is empty, and obligor_status says that each is judged: give them, or say NONE where there are none";
        v.add(at.field("obligors"), found);
    }
    let raw_obligors = v.limit(at.field("obligors"), raw.obligors, OBLIGOR_COUNT_MAX);
    let read = records(context, at.field("obligors"), v, raw_obligors, |raw, record| {
        obligor(raw, record, &mut taken)
    });
    push_list(&mut groups, "obligors", read);
    Facts {
        groups,
        members: members.found,
    }
}

/// An empty list is left out, so that one household has one form.
fn push_list(groups: &mut Vec<(&'static str, Json)>, key: &'static str, items: Vec<Json>) {
    if !items.is_empty() {
        groups.push((key, Json::List(items)));
    }
}

fn case(raw: pb::CaseFacts, mut record: Record<'_>) -> Json {
    record.code::<pb::ResidenceKind>("residence_kind", raw.residence_kind);
    record.date("applied_on", raw.applied_on);
    record.date("accepted_on", raw.accepted_on);
    record.date("checked_on", raw.checked_on);
    record.date("posted_on", raw.posted_on);
    record.flag("special_situation", raw.special_situation);
    record.code::<pb::ApplicationScope>("applied_for", raw.applied_for);
    record.flag("related_to_staff", raw.related_to_staff);
    record.flag("separately_registered", raw.separately_registered);
    record.date("county_visit_on", raw.county_visit_on);
    record.flag("income_unstable", raw.income_unstable);
    record.month("income_rise_month", raw.income_rise_month);
    record.flag("property_ok", raw.property_ok);
    record.code::<pb::ObligorStatus>("obligor_status", raw.obligor_status);
    record.date("hukou_changed_on", raw.hukou_changed_on);
    record.source(raw.source);
    record.ordered("applied_on", "accepted_on");
    record.finish()
}

fn officer(raw: pb::OfficerFacts, mut record: Record<'_>) -> Json {
    record.flag("grace_granted", raw.grace_granted);
    record.count("grace_months", raw.grace_months, GRACE_MONTH_COUNT_MAX);
    record.flag("reason_given", raw.reason_given);
    record.flag("approver_given", raw.approver_given);
    record.source(raw.source);
    record.finish()
}

fn asset(raw: pb::Asset, mut record: Record<'_>, taken: &mut BTreeSet<super::LocalId>) -> Json {
    record.id(&raw.id, taken);
    record.code::<pb::AssetKind>("kind", raw.kind);
    record.fen("value_fen", raw.value_fen);
    record.flag("exempt", raw.exempt);
    record.source(raw.source);
    record.finish()
}

fn expense(raw: pb::Expense, mut record: Record<'_>, taken: &mut BTreeSet<super::LocalId>) -> Json {
    record.id(&raw.id, taken);
    record.code::<pb::ExpenseKind>("kind", raw.kind);
    record.month("month", raw.month);
    record.fen("amount_fen", raw.amount_fen);
    record.source(raw.source);
    record.finish()
}

fn obligor(raw: pb::Obligor, mut record: Record<'_>, taken: &mut BTreeSet<super::LocalId>) -> Json {
    record.id(&raw.id, taken);
    record.code::<pb::ObligorKind>("kind", raw.kind);
    record.date("birth", raw.birth);
    record.fen("year_income_fen", raw.year_income_fen);
    record.flag("property_ok", raw.property_ok);
    record.source(raw.source);
    record.finish()
}
