//! The state of a case as canonical JSON: what is sealed beside the case.

use std::collections::BTreeMap;

use super::{CaseState, GraceCalendar, MemberState, PriorRecord, RecordPlace};
use crate::canonical::Json;
use crate::reader::{FromJson, RecordError, each, maybe, need, put};
use crate::rules::determination::Due;
use crate::rules::entitlement::Entitlement;
use crate::rules::outcome::CaseStatus;

/// The version of the layout.
const CASE_STATE_VERSION: u64 = 1;

impl CaseState {
    /// The canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut out = BTreeMap::new();
        put(&mut out, "v", Some(Json::integer(CASE_STATE_VERSION.into())));
        put(&mut out, "township", self.township.map(|area| area.to_string()));
        put(&mut out, "status", Some(self.status.code()));
        put(&mut out, "confirmed_on", self.confirmed_on.map(|date| date.to_string()));
        put(&mut out, "pay_from", self.pay_from.map(|month| month.to_string()));
        put(
            &mut out,
            "last_amount_fen",
            self.last_amount.map(|amount| Json::Int(amount.get())),
        );
        put(
            &mut out,
            "last_headcount",
            self.last_headcount.map(|count| Json::integer(count.into())),
        );
        put(&mut out, "grace_from", self.grace.map(|grace| grace.from.to_string()));
        put(&mut out, "grace_until", self.grace.map(|grace| grace.until.to_string()));
        put(
            &mut out,
            "grace_granted_months",
            Some(Json::integer(self.grace_granted_months.into())),
        );
        put(
            &mut out,
            "grace_used_before",
            Some(Json::integer(self.grace_used_before.into())),
        );
        put(&mut out, "last_review", self.last_review.map(|date| date.to_string()));
        put(&mut out, "exited_on", self.exited_on.map(|month| month.to_string()));
        put(&mut out, "leaving", self.leaving.map(|month| month.to_string()));
        put(
            &mut out,
            "standing",
            Some(self.standing.iter().map(Entitlement::to_json).collect::<Vec<_>>()),
        );
        put(
            &mut out,
            "due",
            Some(self.due.iter().map(Due::to_json).collect::<Vec<_>>()),
        );
        put(&mut out, "carried", Some(Json::Object(self.carried.clone())));
        put(
            &mut out,
            "members",
            Some(Json::object(
                self.members.iter().map(|(id, member)| (id, member.to_json())),
            )),
        );
        put(
            &mut out,
            "prior",
            Some(self.prior.iter().map(PriorRecord::to_json).collect::<Vec<_>>()),
        );
        Json::Object(out)
    }

    /// Reads what [`CaseState::to_json`] wrote.
    ///
    /// # Errors
    /// [`RecordError`] with the path of what is wrong.
    pub fn from_json(value: &Json) -> Result<CaseState, RecordError> {
        if need::<u64>(value, "v")? != CASE_STATE_VERSION {
            return Err(RecordError("v".to_owned()));
        }
        let grace = maybe(value, "grace_from")?.zip(maybe(value, "grace_until")?);
        Ok(CaseState {
            township: maybe(value, "township")?,
            status: need::<CaseStatus>(value, "status")?,
            confirmed_on: maybe(value, "confirmed_on")?,
            pay_from: maybe(value, "pay_from")?,
            last_amount: maybe(value, "last_amount_fen")?,
            last_headcount: maybe(value, "last_headcount")?,
            grace: grace.map(|(from, until)| GraceCalendar { from, until }),
            grace_granted_months: need(value, "grace_granted_months")?,
            grace_used_before: need(value, "grace_used_before")?,
            last_review: maybe(value, "last_review")?,
            exited_on: maybe(value, "exited_on")?,
            leaving: maybe(value, "leaving")?,
            standing: each(value, "standing", Entitlement::from_json)?,
            due: each(value, "due", Due::from_json)?,
            carried: value
                .get("carried")
                .and_then(Json::as_object)
                .cloned()
                .unwrap_or_default(),
            members: need(value, "members")?,
            prior: each(value, "prior", PriorRecord::from_json)?,
        })
    }
}

impl MemberState {
    fn to_json(&self) -> Json {
        let mut out = BTreeMap::new();
        put(
            &mut out,
            "recipient_since",
            self.recipient_since.map(|date| date.to_string()),
        );
        put(&mut out, "key", self.key.clone());
        put(&mut out, "counted_before", Some(self.counted_before));
        put(&mut out, "carried", Some(Json::Object(self.carried.clone())));
        Json::Object(out)
    }
}

impl FromJson for BTreeMap<String, MemberState> {
    fn from_json(value: &Json) -> Option<Self> {
        let read = |member: &Json| {
            Some(MemberState {
                key: maybe(member, "key").ok()?,
                recipient_since: maybe(member, "recipient_since").ok()?,
                counted_before: need(member, "counted_before").ok()?,
                carried: member.get("carried")?.as_object()?.clone(),
            })
        };
        value
            .as_object()?
            .iter()
            .map(|(id, member)| Some((id.clone(), read(member)?)))
            .collect()
    }
}

impl PriorRecord {
    /// The canonical JSON, also in the history of a facts document.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut out = BTreeMap::new();
        put(&mut out, "record", Some(self.record.clone()));
        if let Some(place) = &self.place {
            put(&mut out, "origin", Some(place.origin.clone()));
            put(&mut out, "index", Some(Json::integer(place.index.into())));
            put(&mut out, "leaf_hash", Some(place.leaf_hash.clone()));
        }
        put(&mut out, "kind", Some(self.kind.clone()));
        put(&mut out, "outcome", self.outcome.clone());
        put(&mut out, "date", Some(self.date.to_string()));
        put(&mut out, "state", Some(self.state.code()));
        Json::Object(out)
    }

    fn from_json(value: &Json) -> Result<PriorRecord, RecordError> {
        Ok(PriorRecord {
            record: need(value, "record")?,
            place: place(value)?,
            kind: need(value, "kind")?,
            outcome: maybe(value, "outcome")?,
            date: need(value, "date")?,
            state: need(value, "state")?,
        })
    }
}

fn place(value: &Json) -> Result<Option<RecordPlace>, RecordError> {
    let Some(origin) = maybe(value, "origin")? else {
        return Ok(None);
    };
    Ok(Some(RecordPlace {
        origin,
        index: need(value, "index")?,
        leaf_hash: need(value, "leaf_hash")?,
    }))
}
