//! Samples: vectors of an independent program, uniformity, properties of draw and allocation, the round, evidence.

pub(crate) mod evidence;
mod properties;
mod round;
mod uniform;
mod vectors;

use super::*;
use crate::area::AreaCode;
use crate::log::{Hash, LogIndex, TreeSize};

pub(super) fn at(index: u64) -> LogIndex {
    LogIndex::new(index).expect("small")
}

pub(super) fn size(size: u64) -> TreeSize {
    TreeSize::new(size).expect("small")
}

pub(super) fn value(number: u8) -> SeedValue {
    SeedValue::from_bytes([number; 32])
}

/// A simple request over the first `to` entries.
pub(super) fn request(to: u64, count: u64) -> SampleRequest {
    SampleRequest {
        period: "2026-Q3".parse().expect("a period"),
        party: "audit-firm".parse().expect("a party"),
        checkpoint_size: size(to),
        checkpoint_root: Hash::of(b"root"),
        from: at(0),
        to: size(to),
        population: request::Population::Decisions,
        draw: DrawKind::Simple,
        strata: Vec::new(),
        allocation: Allocation::Proportional,
        floor: 0,
        size: count,
        reserve: 0,
        prior: std::collections::BTreeMap::new(),
        values: 2,
        townships: Vec::new(),
    }
}

/// The frame of a decision that pays `amount_fen` in one of the townships; 0 is a refusal.
pub(super) fn frame(township: u64, amount_fen: i64) -> Frame {
    let outcome = if amount_fen > 0 { "DIBAO" } else { "REFUSED" };
    let programme = if amount_fen > 0 { "DIBAO" } else { "" };
    let amount_fen = crate::canonical::Json::integer(amount_fen.into());
    let text = format!(
        r#"{{"amount_fen":{amount_fen},"continuing":false,"decider":"n1","household_size":1,"outcome":"{outcome}","programme":"{programme}","residence_kind":"rural","source":"live","township":"34032110{township}"}}"#
    );
    Frame::parse(text.as_bytes()).expect("a frame")
}

pub(super) fn seed(number: u64) -> Seed {
    Seed::from_hash(Hash::of(&number.to_be_bytes()))
}

pub(super) fn area(code: &str) -> AreaCode {
    code.parse().expect("an area")
}
