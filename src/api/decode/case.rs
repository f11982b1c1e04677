//! Requests that move a case: ImportCase, RecordRemedy, TransferCase.

use std::collections::BTreeSet;

use super::codes;
use super::decision::area;
use super::identity::identity;
use super::limits::{
    COUNT_MAX, GRACE_MONTH_COUNT_MAX, MEMBER_COUNT_MAX, NAME_SIZE_MAX_BYTES, PAYMENT_COUNT_MAX, REASON_SIZE_MAX_BYTES,
};
use super::provenance::{officer, sources};
use super::record::{Context, Record, records};
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::command::{CaseName, ImportCase, Member, RecordRemedy, TransferCase};
use crate::app::{AppError, AreaRegister};
use crate::area::AreaCode;
use crate::canonical::Json;

/// Members counted: as many as a household can have.
const HEADCOUNT_MAX: i32 = 64;

/// Reads ImportCase.
///
/// # Errors
/// [`AppError::Invalid`] with every violation.
pub fn import_case(raw: pb::ImportCaseRequest, areas: &AreaRegister) -> Result<ImportCase, AppError> {
    let mut v = Violations::default();
    let at = Path::ROOT;
    let request_id = v.parse(at.field("request_id"), &raw.request_id);
    let area = area(&raw.area, at.field("area"), areas, &mut v);
    let (sources, ids) = sources(raw.sources, at.field("sources"), &mut v);
    let context = Context { areas, sources: ids };
    let officer = officer(raw.officer, at.field("officer"), &mut v);
    let at_imported = at.field("imported");
    let member_count = raw.imported.as_ref().map_or(0, |imported| imported.members.len());
    let imported = v.require(at_imported, raw.imported);
    let imported = imported.and_then(|raw| imported_case(raw, at_imported, &context, sources, &mut v));
    let members = imported.as_ref().map(|imported| &imported.members[..]);
    let members = members.filter(|members| members.len() == member_count);
    let identity = identity(raw.identity, at.field("identity"), members, &mut v);
    let command = (|| {
        let imported = imported?;
        Some(ImportCase {
            request_id: request_id?,
            area: area?,
            authority: imported.authority,
            document_number: imported.document_number,
            decided_on: imported.decided_on,
            history: imported.history,
            members: imported.members,
            identity: identity?,
            officer: officer?,
            validate_only: raw.validate_only,
        })
    })();
    v.finish(command)
}

struct Imported {
    authority: String,
    document_number: String,
    decided_on: crate::rules::calendar::Date,
    history: Json,
    members: Vec<Member>,
}

fn imported_case(
    raw: pb::ImportedCase,
    at: Path<'_>,
    context: &Context<'_>,
    sources: Vec<Json>,
    v: &mut Violations,
) -> Option<Imported> {
    let authority = v.text(at.field("authority"), raw.authority.clone(), NAME_SIZE_MAX_BYTES);
    let document_number = v.text(
        at.field("document_number"),
        raw.document_number.clone(),
        NAME_SIZE_MAX_BYTES,
    );
    let decided_on = v.date(at.field("decided_on"), raw.decided_on);
    let mut case = Record::new(context, at, v);
    case.required_code::<pb::ResidenceKind>("residence_kind", raw.residence_kind);
    let case = case.finish();
    let members = v.limit(at.field("members"), raw.members.clone(), MEMBER_COUNT_MAX);
    if raw.members.is_empty() {
        v.add(
            at.field("members"),
            format!("is empty: give 1 to {MEMBER_COUNT_MAX} members"),
        );
    }
    let paid = v.limit(at.field("paid"), raw.paid.clone(), PAYMENT_COUNT_MAX);
    let history = history(raw, Record::new(context, at, v));

    let mut found = Vec::new();
    let (mut taken, mut persons) = (BTreeSet::new(), BTreeSet::new());
    let members = records(context, at.field("members"), v, members, |raw, mut record| {
        let id = record.id(&raw.id, &mut taken);
        let person = record.person(&raw.person, &mut persons);
        if let (Some(id), Some(person)) = (id, person) {
            found.push(Member { id, person });
        }
        member(raw, record)
    });
    let mut taken = BTreeSet::new();
    let paid = records(context, at.field("paid"), v, paid, |raw, mut record| {
        record.id(&raw.id, &mut taken);
        record.required_month("month", raw.month);
        record.required_fen("amount_fen", raw.amount_fen);
        record.code::<pb::PersonProgramme>("programme", raw.programme);
        record.finish()
    });

    let mut document = vec![("case", case), ("history", history), ("members", Json::List(members))];
    document.extend((!paid.is_empty()).then_some(("paid", Json::List(paid))));
    document.extend((!sources.is_empty()).then_some(("sources", Json::List(sources))));
    Some(Imported {
        authority: authority?,
        document_number: document_number?,
        decided_on: decided_on?,
        history: Json::object(document),
        members: found,
    })
}

fn history(raw: pb::ImportedCase, mut record: Record<'_>) -> Json {
    record.required_code::<pb::AssistanceStatus>("status", raw.status);
    record.date("confirmed_on", raw.confirmed_on);
    record.month("pay_from", raw.pay_from);
    record.fen("last_amount_fen", raw.last_amount_fen);
    record.count("last_headcount", raw.last_headcount, HEADCOUNT_MAX);
    record.month("grace_from", raw.grace_from);
    record.month("grace_until", raw.grace_until);
    record.count("grace_granted_months", raw.grace_granted_months, GRACE_MONTH_COUNT_MAX);
    record.count_as(
        "grace_used_months",
        "grace_used",
        raw.grace_used_months,
        GRACE_MONTH_COUNT_MAX,
    );
    record.date("last_review", raw.last_review);
    record.month("exited_on", raw.exited_on);
    record.source(raw.source);
    record.ordered("grace_from", "grace_until");
    record.finish()
}

fn member(raw: pb::ImportedMember, mut record: Record<'_>) -> Json {
    record.code::<pb::PersonProgramme>("programme", raw.programme);
    record.date("recipient_since", raw.recipient_since);
    record.month("deduction_first_month", raw.deduction_first_month);
    record.count("deduction_months_used", raw.deduction_months_used, COUNT_MAX);
    record.count("deduction_episodes", raw.deduction_episodes, COUNT_MAX);
    record.flag("counted_before", raw.counted_before);
    record.finish()
}

/// Reads RecordRemedy.
///
/// # Errors
/// [`AppError::Invalid`] with every violation.
pub fn record_remedy(raw: pb::RecordRemedyRequest) -> Result<RecordRemedy, AppError> {
    let mut v = Violations::default();
    let at = Path::ROOT;
    let request_id = v.parse(at.field("request_id"), &raw.request_id);
    let determination = v.parse(at.field("determination"), &raw.determination);
    let body = v.check(at.field("body"), codes::remedy_body(raw.body));
    let result = v.check(at.field("result"), codes::remedy_result(raw.result));
    let filed_on = v.date(at.field("filed_on"), raw.filed_on);
    let decided_on = v.date(at.field("decided_on"), raw.decided_on);
    if let (Some(filed_on), Some(decided_on)) = (filed_on, decided_on)
        && decided_on < filed_on
    {
        v.add(at.field("decided_on"), "is before filed_on: correct one of the two");
    }
    let document_number = v.text(at.field("document_number"), raw.document_number, NAME_SIZE_MAX_BYTES);
    let summary = v.maybe_text(at.field("summary"), raw.summary, REASON_SIZE_MAX_BYTES);
    let officer = officer(raw.officer, at.field("officer"), &mut v);
    let command = (|| {
        Some(RecordRemedy {
            request_id: request_id?,
            determination: determination?,
            body: body?,
            result: result?,
            filed_on: filed_on?,
            decided_on: decided_on?,
            document_number: document_number?,
            summary: summary?,
            officer: officer?,
            validate_only: raw.validate_only,
        })
    })();
    v.finish(command)
}

/// Reads TransferCase.
///
/// # Errors
/// [`AppError::Invalid`] with every violation.
pub fn transfer_case(raw: pb::TransferCaseRequest, areas: &AreaRegister) -> Result<TransferCase, AppError> {
    let mut v = Violations::default();
    let at = Path::ROOT;
    let request_id = v.parse(at.field("request_id"), &raw.request_id);
    let case: Option<CaseName> = v.parse(at.field("case"), &raw.case);
    let to_area = area(&raw.to_area, at.field("to_area"), areas, &mut v);
    if let (Some(case), Some(to_area)) = (case, to_area)
        && case.area == AreaCode::without_township(to_area)
    {
        v.add(at.field("to_area"), "is the area of the case: give another county");
    }
    let last_month = v.month(at.field("last_month"), raw.last_month);
    let reason = v.text(at.field("reason"), raw.reason, REASON_SIZE_MAX_BYTES);
    let officer = officer(raw.officer, at.field("officer"), &mut v);
    let command = (|| {
        Some(TransferCase {
            request_id: request_id?,
            case: case?,
            to_area: to_area?,
            last_month: last_month?,
            reason: reason?,
            officer: officer?,
            validate_only: raw.validate_only,
        })
    })();
    v.finish(command)
}
