//! Tests of records: entries, documents, sealing, keys.

mod entries;
mod sealing;

use super::*;
use crate::area::AreaCode;
use crate::log::entropy::Counting;
use crate::log::{Hash, Origin, RecordId};

pub(super) fn origin() -> Origin {
    "doudi.example/340321/1".parse().expect("an origin")
}

pub(super) fn area() -> AreaCode {
    "340321".parse().expect("an area")
}

pub(super) fn name(text: &str) -> DocumentName {
    text.parse().expect("a document name")
}

pub(super) fn record_id() -> RecordId {
    RecordId::from_bytes([0x11; 16])
}

pub(super) fn case_keys() -> CaseKeys {
    let mut entropy = Counting(0x40);
    let mut pair = || {
        let key_ref = KeyRef::draw(&mut entropy).expect("counting");
        (key_ref, DataKey::draw(&mut entropy).expect("counting"))
    };
    CaseKeys {
        identity: pair(),
        content: pair(),
    }
}
