//! Sources, choices of officers, the deciding officer and relations.

use std::collections::BTreeSet;

use super::codes::{self, Coded};
use super::limits::{
    DISCRETION_COUNT_MAX, NAME_SIZE_MAX_BYTES, REASON_SIZE_MAX_BYTES, RELATION_COUNT_MAX, SHORT_TEXT_SIZE_MAX_BYTES,
    SOURCE_COUNT_MAX,
};
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::command::{LocalId, Officer, Relation};
use crate::canonical::Json;

/// Size of an evidence commitment: SHA-256.
const COMMITMENT_SIZE_BYTES: usize = 32;

/// The sources as they are sealed, and their ids.
pub fn sources(raw: Vec<pb::Source>, at: Path<'_>, v: &mut Violations) -> (Vec<Json>, BTreeSet<String>) {
    let mut ids = BTreeSet::new();
    let mut read = Vec::new();
    for (index, raw) in v.limit(at, raw, SOURCE_COUNT_MAX).into_iter().enumerate() {
        let at = at.item(index);
        let id: Option<LocalId> = v.parse(at.field("id"), &raw.id);
        // Known even if the rest is wrong, so that its users are not reported as well.
        if let Some(id) = &id
            && !ids.insert(id.to_string())
        {
            v.add(at.field("id"), "stands twice: give every source an id of its own");
        }
        read.extend(source(id, raw, at, v));
    }
    (read, ids)
}

fn source(id: Option<LocalId>, raw: pb::Source, at: Path<'_>, v: &mut Violations) -> Option<Json> {
    let kind = v.check(at.field("kind"), pb::SourceKind::required(raw.kind));
    let obtained_on = v.date(at.field("obtained_on"), raw.obtained_on);
    let role = v.text(at.field("role"), raw.role, SHORT_TEXT_SIZE_MAX_BYTES);
    let unit = v.text(at.field("unit"), raw.unit, NAME_SIZE_MAX_BYTES);
    let evidence = match raw.evidence_commitment {
        Some(bytes) if bytes.len() != COMMITMENT_SIZE_BYTES => {
            v.add(
                at.field("evidence_commitment"),
                "has another size: give 32 bytes or leave it out",
            );
            None
        }
        evidence => evidence,
    };
    let mut fields = vec![
        ("id", Json::text(id?.as_str())),
        ("kind", Json::text(kind?)),
        ("obtained_on", Json::text(obtained_on?.to_string())),
        ("role", Json::text(role?)),
        ("unit", Json::text(unit?)),
    ];
    fields.extend(evidence.map(|bytes| ("evidence_commitment", Json::text(hex::encode(bytes)))));
    Some(Json::object(fields))
}

/// The choices of officers as they are sealed.
pub fn discretion(raw: Vec<pb::Discretion>, at: Path<'_>, v: &mut Violations) -> Vec<Json> {
    let raw = v.limit(at, raw, DISCRETION_COUNT_MAX);
    raw.into_iter()
        .enumerate()
        .filter_map(|(index, raw)| choice(raw, at.item(index), v))
        .collect()
}

fn choice(raw: pb::Discretion, at: Path<'_>, v: &mut Violations) -> Option<Json> {
    let fields = [
        ("choice", raw.choice, SHORT_TEXT_SIZE_MAX_BYTES),
        ("value", raw.value, SHORT_TEXT_SIZE_MAX_BYTES),
        ("reason", raw.reason, REASON_SIZE_MAX_BYTES),
        ("by", raw.by, SHORT_TEXT_SIZE_MAX_BYTES),
        ("role", raw.role, SHORT_TEXT_SIZE_MAX_BYTES),
        ("unit", raw.unit, NAME_SIZE_MAX_BYTES),
    ];
    let read = fields.map(|(name, text, max)| (name, v.text(at.field(name), text, max)));
    let delegation = v.maybe_text(at.field("delegation"), raw.delegation, NAME_SIZE_MAX_BYTES);
    let mut fields = Vec::new();
    for (name, text) in read {
        fields.push((name, Json::text(text?)));
    }
    fields.extend(delegation?.map(|act| ("delegation", Json::text(act))));
    Some(Json::object(fields))
}

/// The officer who decides.
pub fn officer(raw: Option<pb::Officer>, at: Path<'_>, v: &mut Violations) -> Option<Officer> {
    let raw = v.require(at, raw)?;
    let id = v.text(at.field("id"), raw.id, SHORT_TEXT_SIZE_MAX_BYTES);
    let role = v.text(at.field("role"), raw.role, SHORT_TEXT_SIZE_MAX_BYTES);
    let unit = v.text(at.field("unit"), raw.unit, NAME_SIZE_MAX_BYTES);
    let delegation = v.maybe_text(at.field("delegation"), raw.delegation, NAME_SIZE_MAX_BYTES);
    Some(Officer {
        id: id?,
        role: role?,
        unit: unit?,
        delegation: delegation?,
    })
}

/// Relations to earlier determinations.
pub fn relations(raw: Vec<pb::Relation>, at: Path<'_>, v: &mut Violations) -> Vec<Relation> {
    let raw = v.limit(at, raw, RELATION_COUNT_MAX);
    let read = raw.into_iter().enumerate().filter_map(|(index, raw)| {
        let at = at.item(index);
        let kind = v.check(at.field("kind"), codes::relation(raw.kind));
        let determination = v.parse(at.field("determination"), &raw.determination);
        Some(Relation {
            kind: kind?,
            determination: determination?,
        })
    });
    read.collect()
}
