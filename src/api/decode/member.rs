//! Members with their jobs, incomes and receipts.

use std::collections::BTreeSet;

use super::LocalId;
use super::limits::{
    COUNT_MAX, DISABILITY_LEVEL_MAX, JOB_AND_INCOME_COUNT_MAX, MONTH_HOUR_COUNT_MAX, RECEIPT_COUNT_MAX,
    SELF_CARE_ITEM_COUNT,
};
use super::record::Record;
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::command::{Member, PersonId};
use crate::canonical::Json;
use crate::rules::calendar::Date;

/// The members of one household, read one after the other: ids and totals concern them all.
pub struct Members {
    /// Those whose ids were right, in their order.
    pub found: Vec<Member>,
    decision_date: Option<Json>,
    taken: BTreeSet<LocalId>,
    persons: BTreeSet<PersonId>,
    /// Jobs and incomes share one set of ids: a missing fact is named by the id alone.
    records: BTreeSet<LocalId>,
    job_and_income_count: usize,
    receipt_count: usize,
}

impl Members {
    /// No members yet.
    pub fn new(decision_date: Option<Date>) -> Members {
        Members {
            found: Vec::new(),
            decision_date: decision_date.map(|date| Json::text(date.to_string())),
            taken: BTreeSet::new(),
            persons: BTreeSet::new(),
            records: BTreeSet::new(),
            job_and_income_count: 0,
            receipt_count: 0,
        }
    }

    /// Reads a member. A member's record grows over its lists only while the totals are within their limits, so that a
    /// request cannot make more work than its size.
    pub fn read(&mut self, raw: pb::Member, mut record: Record<'_>) -> Json {
        let id = record.id(&raw.id, &mut self.taken);
        let person = record.person(&raw.person, &mut self.persons);
        if let (Some(id), Some(person)) = (id, person) {
            self.found.push(Member { id, person });
        }
        record.code::<pb::MemberRelation>("relation", raw.relation);
        record.date("birth", raw.birth);
        record.date("death", raw.death);
        record.place("hukou", raw.hukou);
        record.place("residence", raw.residence);
        record.code::<pb::ExclusionGround>("excluded_for", raw.excluded_for);
        record.code::<pb::Education>("education", raw.education);
        record.flag("full_time", raw.full_time);
        record.flag("cannot_live_alone", raw.cannot_live_alone);
        record.flag("shares_life", raw.shares_life);
        record.code::<pb::Labour>("labour", raw.labour);
        record.code::<pb::DisabilityKind>("disability_kind", raw.disability_kind);
        record.count("disability_level", raw.disability_level, DISABILITY_LEVEL_MAX);
        record.date("disability_until", raw.disability_until);
        record.flag("severe_illness", raw.severe_illness);
        record.code::<pb::Supporter>("supported_by", raw.supported_by);
        record.count("unmet_items", raw.unmet_items, SELF_CARE_ITEM_COUNT);
        record.count("refused_work", raw.refused_work, COUNT_MAX);
        record.flag("asks_single", raw.asks_single);
        record.fen("cert_needs_fen", raw.cert_needs_fen);
        record.source(raw.source);
        record.ordered("birth", "death");
        record.not_after("birth", self.decision_date.as_ref());
        record.not_after("death", self.decision_date.as_ref());
        self.job_and_income_count += raw.jobs.len() + raw.incomes.len();
        if self.job_and_income_count <= JOB_AND_INCOME_COUNT_MAX {
            record.items("jobs", raw.jobs, |raw, record| self.job(raw, record));
            record.items("incomes", raw.incomes, |raw, record| self.income(raw, record));
        }
        record.finish()
    }

    /// Notes that the household has more jobs, incomes or receipts than can be evaluated.
    pub fn check_totals(&self, at: Path<'_>, v: &mut Violations) {
        if self.job_and_income_count > JOB_AND_INCOME_COUNT_MAX {
            let max = JOB_AND_INCOME_COUNT_MAX;
            v.add(
                at,
                format!("have too many jobs and incomes: give at most {max} in the household"),
            );
        }
        if self.receipt_count > RECEIPT_COUNT_MAX {
            v.add(
                at,
                format!("have too many receipts: give at most {RECEIPT_COUNT_MAX} in the household"),
            );
        }
    }

    fn job(&mut self, raw: pb::Job, mut record: Record<'_>) -> Json {
        record.id(&raw.id, &mut self.records);
        record.date("start", raw.start);
        record.date("end", raw.end);
        record.place("place", raw.place);
        record.fen("wage_fen", raw.wage_fen);
        record.code::<pb::Regularity>("regularity", raw.regularity);
        record.flag("part_time", raw.part_time);
        record.count("hours", raw.hours, MONTH_HOUR_COUNT_MAX);
        record.date("first_pay_on", raw.first_pay_on);
        record.date("reported_on", raw.reported_on);
        record.date("pay_on", raw.pay_on);
        record.source(raw.source);
        record.ordered("start", "end");
        self.receipts(raw.receipts, &mut record, false);
        record.finish()
    }

    fn income(&mut self, raw: pb::Income, mut record: Record<'_>) -> Json {
        record.id(&raw.id, &mut self.records);
        // Only farm and business are net of cost, so only they can lose.
        let net = raw
            .kind
            .is_some_and(|kind| kind == pb::IncomeKind::Farm as i32 || kind == pb::IncomeKind::Business as i32);
        record.code::<pb::IncomeKind>("kind", raw.kind);
        record.code::<pb::Regularity>("regularity", raw.regularity);
        if net {
            record.net_fen("amount_fen", raw.amount_fen);
        } else {
            record.fen("amount_fen", raw.amount_fen);
        }
        record.code::<pb::PensionScheme>("pension_scheme", raw.pension_scheme);
        record.fen("central_part_fen", raw.central_part_fen);
        record.fen("local_part_fen", raw.local_part_fen);
        record.fen("account_part_fen", raw.account_part_fen);
        record.source(raw.source);
        self.receipts(raw.receipts, &mut record, net);
        record.finish()
    }

    fn receipts(&mut self, raw: Vec<pb::MonthReceipt>, record: &mut Record<'_>, net: bool) {
        self.receipt_count += raw.len();
        if self.receipt_count > RECEIPT_COUNT_MAX {
            return;
        }
        record.items("receipts", raw, |raw, mut record| {
            record.required_month("month", raw.month);
            if net {
                record.net_fen("amount_fen", raw.amount_fen);
            } else {
                record.fen("amount_fen", raw.amount_fen);
            }
            record.source(raw.source);
            record.finish()
        });
    }
}
