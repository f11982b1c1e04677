//! The identity of a request: people by member, officers by number.

use std::collections::{BTreeMap, BTreeSet};

use super::limits::{
    ADDRESS_SIZE_MAX_BYTES, MEMBER_COUNT_MAX, NAME_SIZE_MAX_BYTES, OFFICER_NAME_COUNT_MAX, PHONE_SIZE_MAX_BYTES,
    SHORT_TEXT_SIZE_MAX_BYTES,
};
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::command::{IdNumber, Identity, LocalId, Member, PersonIdentity};

/// Reads the identity; its people must be members, if all members are known.
pub fn identity(
    raw: Option<pb::Identity>,
    at: Path<'_>,
    members: Option<&[Member]>,
    v: &mut Violations,
) -> Option<Identity> {
    let Some(raw) = raw else {
        return Some(Identity::default());
    };
    let persons = persons(raw.persons, at.field("persons"), members, v);
    let number = v.maybe_text(
        at.field("caller_case_number"),
        raw.caller_case_number,
        NAME_SIZE_MAX_BYTES,
    );
    let address = v.maybe_text(at.field("address"), raw.address, ADDRESS_SIZE_MAX_BYTES);
    let account = v.maybe_text(at.field("bank_account"), raw.bank_account, SHORT_TEXT_SIZE_MAX_BYTES);
    let officers = officers(raw.officers, at.field("officers"), v);
    Some(Identity {
        persons: persons?,
        caller_case_number: number?,
        address: address?,
        bank_account: account?,
        officers: officers?,
    })
}

fn persons(
    raw: Vec<pb::PersonIdentity>,
    at: Path<'_>,
    members: Option<&[Member]>,
    v: &mut Violations,
) -> Option<BTreeMap<LocalId, PersonIdentity>> {
    let mut numbers: BTreeSet<IdNumber> = BTreeSet::new();
    let mut people = BTreeMap::new();
    let mut complete = true;
    for (index, raw) in v.limit(at, raw, MEMBER_COUNT_MAX).into_iter().enumerate() {
        let at = at.item(index);
        let member: Option<LocalId> = v.parse(at.field("member_id"), &raw.member_id);
        if let Some(member) = &member
            && members.is_some_and(|members| !members.iter().any(|known| known.id == *member))
        {
            v.add(
                at.field("member_id"),
                "is no member of the facts: name a member by its id",
            );
        }
        let name = v.text(at.field("name"), raw.name, NAME_SIZE_MAX_BYTES);
        let id_number: Option<IdNumber> = v.parse(at.field("id_number"), &raw.id_number);
        if let Some(number) = &id_number
            && !numbers.insert(number.clone())
        {
            v.add(
                at.field("id_number"),
                "stands twice: a person is one member of a household",
            );
        }
        let phone = v.maybe_text(at.field("phone"), raw.phone, PHONE_SIZE_MAX_BYTES);
        let (Some(member), Some(name), Some(id_number), Some(phone)) = (member, name, id_number, phone) else {
            complete = false;
            continue;
        };
        if people
            .insert(member, PersonIdentity { name, id_number, phone })
            .is_some()
        {
            v.add(at.field("member_id"), "stands twice: give each member one identity");
        }
    }
    complete.then_some(people)
}

fn officers(raw: Vec<pb::OfficerName>, at: Path<'_>, v: &mut Violations) -> Option<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    let mut complete = true;
    for (index, raw) in v.limit(at, raw, OFFICER_NAME_COUNT_MAX).into_iter().enumerate() {
        let at = at.item(index);
        let id = v.text(at.field("officer_id"), raw.officer_id, SHORT_TEXT_SIZE_MAX_BYTES);
        let name = v.text(at.field("name"), raw.name, NAME_SIZE_MAX_BYTES);
        let (Some(id), Some(name)) = (id, name) else {
            complete = false;
            continue;
        };
        if names.insert(id, name).is_some() {
            v.add(at.field("officer_id"), "stands twice: give each officer one name");
        }
    }
    complete.then_some(names)
}
