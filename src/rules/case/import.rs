//! The state of a case that another authority decided before: what an IMPORT record leaves.

use std::collections::BTreeMap;

use super::apply::is_paid;
use super::{CaseState, GraceCalendar, MemberState};
use crate::canonical::Json;
use crate::reader::{RecordError, each, maybe, need};
use crate::rules::calendar::Date;
use crate::rules::entitlement::Entitlement;
use crate::rules::money::Fen;
use crate::rules::outcome::{CaseStatus, Programme};

/// History fields of a member's record that the state keeps in places of its own.
const KEPT_APART: [&str; 8] = [
    "id",
    "key",
    "source",
    "programme",
    "counted_before",
    "recipient_since",
    "other_programme",
    "other_programme_until",
];

impl CaseState {
    /// The state that an IMPORT record's `facts` document describes: `history`, `members` with
    /// their history fields by person id, `paid`.
    ///
    /// # Errors
    /// [`RecordError`] with the path of what is wrong.
    pub fn imported(facts: &Json) -> Result<CaseState, RecordError> {
        let none = Json::Object(BTreeMap::new());
        let history = facts.get("history").unwrap_or(&none);
        let grace = maybe(history, "grace_from")?.zip(maybe(history, "grace_until")?);
        let status: CaseStatus = maybe(history, "status")?.unwrap_or_default();
        let confirmed_on: Option<Date> = maybe(history, "confirmed_on")?;
        let mut members: Vec<ImportedMember> = each(facts, "members", ImportedMember::read)?;
        if is_paid(status) {
            members.iter_mut().for_each(|member| member.count_in(confirmed_on));
        }
        let mut state = CaseState {
            township: maybe(facts, "township")?,
            status,
            confirmed_on,
            // Pay begins in the month after the confirmation where the other authority did not say (P22).
            pay_from: maybe(history, "pay_from")?.or_else(|| confirmed_on.and_then(|day| day.month().plus(1))),
            last_amount: maybe(history, "last_amount")?,
            last_headcount: maybe(history, "last_headcount")?.or_else(|| headcount(&members)),
            grace: grace.map(|(from, until)| GraceCalendar { from, until }),
            grace_granted_months: 0,
            grace_used_before: 0,
            last_review: maybe(history, "last_review")?,
            exited_on: maybe(history, "exited_on")?,
            leaving: None,
            standing: Vec::new(),
            due: Vec::new(),
            carried: BTreeMap::new(),
            members: members
                .iter()
                .map(|member| (member.id.clone(), member.state.clone()))
                .collect(),
            prior: Vec::new(),
        };
        state.standing = standing(&state, &members, facts)?;
        let granted = maybe(history, "grace_granted_months")?.unwrap_or(0);
        state.take_over_grace(granted, maybe(history, "grace_used")?.unwrap_or(0));
        Ok(state)
    }

    /// A calendar that runs stands to its end (P16): whatever else was granted was used before it. Without one, what the
    /// other authority says was used.
    fn take_over_grace(&mut self, granted: u64, used: u64) {
        let runs = self.grace.filter(|_| self.status == CaseStatus::Grace);
        let months = runs.map(|grace| u64::try_from(grace.from.until(grace.until) + 1).unwrap_or(0));
        self.grace_granted_months = granted.max(months.unwrap_or(0));
        self.grace_used_before = months.map_or(used, |months| self.grace_granted_months - months);
    }
}

struct ImportedMember {
    id: String,
    programme: Option<String>,
    /// Whether the record says if the member was counted.
    says_whether: bool,
    state: MemberState,
}

impl ImportedMember {
    fn read(record: &Json) -> Result<ImportedMember, RecordError> {
        let fields = record.as_object().ok_or_else(|| RecordError("member".to_owned()))?;
        let carried = fields.iter().filter(|(field, _)| !KEPT_APART.contains(&field.as_str()));
        let programme: Option<String> = maybe(record, "programme")?;
        Ok(ImportedMember {
            id: need(record, "id")?,
            state: MemberState {
                key: maybe(record, "key")?,
                recipient_since: maybe(record, "recipient_since")?,
                counted_before: maybe(record, "counted_before")?
                    .unwrap_or_else(|| programme.as_deref().is_some_and(|code| code != "none")),
                carried: carried
                    .map(|(field, value)| (format!("member.{field}"), value.clone()))
                    .collect(),
            },
            says_whether: record.get("counted_before").is_some(),
            programme,
        })
    }

    /// A member of a household in pay is one of its recipients, and was from the day of the confirmation,
    /// unless the other authority says otherwise.
    fn count_in(&mut self, confirmed_on: Option<Date>) {
        if !self.says_whether && self.programme.is_none() {
            self.state.counted_before = true;
        }
        if self.state.counted_before && self.state.recipient_since.is_none() {
            self.state.recipient_since = confirmed_on;
        }
    }
}

/// How many members the last decision counted, as far as it is known.
fn headcount(members: &[ImportedMember]) -> Option<u64> {
    let counted = members.iter().filter(|member| member.state.counted_before).count();
    u64::try_from(counted).ok().filter(|count| *count > 0)
}

/// What the other authority left to be paid: the household's amount from its first month, the grace
/// calendar, and single-person amounts as its ledger shows them.
fn standing(state: &CaseState, members: &[ImportedMember], facts: &Json) -> Result<Vec<Entitlement>, RecordError> {
    let mut standing = Vec::new();
    let counted: Vec<String> = members
        .iter()
        .filter(|m| m.state.counted_before)
        .map(|m| m.id.clone())
        .collect();
    let household = match state.status {
        CaseStatus::Dibao | CaseStatus::Grace => Some(Programme::Dibao),
        CaseStatus::Tekun => Some(Programme::Tekun),
        CaseStatus::None | CaseStatus::Edge | CaseStatus::Rigid => None,
    };
    if let (Some(programme), Some(from), Some(amount)) = (household, state.pay_from, state.last_amount) {
        let whole = |programme, from, to| Entitlement {
            programme,
            persons: counted.clone(),
            from,
            to,
            amount,
            supersedes: Vec::new(),
            record: None,
        };
        let ordinary = whole(programme, from, None);
        match state.grace.filter(|_| state.status == CaseStatus::Grace) {
            Some(grace) => {
                standing.extend(ordinary.ended_before(grace.from));
                standing.push(whole(Programme::Grace, grace.from, Some(grace.until)));
            }
            None => standing.push(ordinary),
        }
    }
    for member in members
        .iter()
        .filter(|member| member.programme.as_deref() == Some("single"))
    {
        standing.extend(single(member, facts)?);
    }
    Ok(standing)
}

/// A member's single-person amount: the newest one in the ledger, from its month on.
fn single(member: &ImportedMember, facts: &Json) -> Result<Option<Entitlement>, RecordError> {
    let paid = each(facts, "paid", |row| {
        Ok((
            need(row, "month")?,
            need::<Fen>(row, "amount")?,
            maybe::<String>(row, "programme")?,
        ))
    })?;
    let newest = paid
        .into_iter()
        .filter(|row| row.2.as_deref() == Some("single"))
        .max_by_key(|row| row.0);
    Ok(newest.map(|(from, amount, _)| Entitlement {
        programme: Programme::SingleDibao,
        persons: vec![member.id.clone()],
        from,
        to: None,
        amount,
        supersedes: Vec::new(),
        record: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imported(text: &str) -> CaseState {
        CaseState::imported(&Json::parse(text.as_bytes()).expect("subset")).expect("an import")
    }

    #[test]
    fn an_imported_dibao_household_is_paid_until_the_next_decision() {
        let case = imported(
            r#"{"history":{"status":"dibao","confirmed_on":"2021-07-15","pay_from":"2021-08","last_amount":59000,
            "last_headcount":3,"last_review":"2021-07-15"},"members":[{"id":"a","counted_before":true,
            "recipient_since":"2021-07-15","deduction_first_month":"2021-08"},{"id":"b","counted_before":true}]}"#,
        );
        assert_eq!(case.standing.len(), 1);
        assert_eq!((case.standing[0].persons.len(), case.standing[0].to), (2, None));
        assert_eq!(
            case.members["a"].carried["member.deduction_first_month"],
            Json::text("2021-08")
        );
    }

    #[test]
    fn an_imported_grace_calendar_counts_its_own_months() {
        let case = imported(
            r#"{"history":{"status":"grace","pay_from":"2020-01","last_amount":59000,"grace_from":"2021-10",
            "grace_until":"2022-03","grace_granted_months":6,"grace_used":2},"members":[{"id":"a","counted_before":true}]}"#,
        );
        assert_eq!(
            case.standing.iter().map(|held| held.programme).collect::<Vec<_>>(),
            [Programme::Dibao, Programme::Grace]
        );
        assert_eq!(case.grace_used("2021-12".parse().expect("a month")), 3);
    }

    #[test]
    fn an_imported_grace_calendar_is_neither_longer_nor_shorter_than_it_stands() {
        let left = |granted: &str| {
            let case = imported(&format!(
                r#"{{"history":{{"status":"grace","pay_from":"2020-01","last_amount":59000,"grace_from":"2021-10",
                "grace_until":"2022-06"{granted}}},"members":[{{"id":"a","counted_before":true}}]}}"#
            ));
            case.grace_granted_months - case.grace_used("2021-12".parse().expect("a month"))
        };
        assert_eq!(left(""), 6);
        assert_eq!(left(r#","grace_granted_months":9,"grace_used":3"#), 6);
        assert_eq!(left(r#","grace_granted_months":12,"grace_used":5"#), 6);
    }

    #[test]
    fn an_imported_household_with_a_grace_behind_it_has_the_months_left_that_it_did_not_use() {
        let case = imported(
            r#"{"history":{"status":"dibao","pay_from":"2020-01","last_amount":59000,"grace_from":"2021-01",
            "grace_until":"2021-03","grace_granted_months":6,"grace_used":3},"members":[{"id":"a","counted_before":true}]}"#,
        );
        assert_eq!(
            (
                case.grace_granted_months,
                case.grace_used("2021-12".parse().expect("a month"))
            ),
            (6, 3)
        );
    }

    #[test]
    fn members_of_a_household_in_pay_are_its_recipients_since_its_confirmation() {
        let case = imported(
            r#"{"history":{"status":"dibao","confirmed_on":"2021-07-15","last_amount":59000},
            "members":[{"id":"a"},{"id":"b","programme":"none"},{"id":"c","recipient_since":"2021-08-20"}]}"#,
        );
        let since = |id: &str| case.members[id].recipient_since.map(|day| day.to_string());
        assert_eq!(
            [since("a"), since("b"), since("c")],
            [Some("2021-07-15".to_owned()), None, Some("2021-08-20".to_owned())]
        );
        assert_eq!(case.standing[0].persons, ["a", "c"]);
        assert_eq!(case.standing[0].from, "2021-08".parse().expect("a month"));
        assert_eq!(case.last_headcount, Some(2));
    }

    #[test]
    fn a_household_without_assistance_leaves_nothing_to_pay() {
        assert_eq!(
            imported(r#"{"history":{"status":"none","exited_on":"2022-04"},"members":[{"id":"a"}]}"#).standing,
            []
        );
    }
}
