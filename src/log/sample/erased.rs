//! A recorded sample of which frames were erased since: whether the seed can have drawn it.
//!
//! An erased frame may have been of any stratum, or of none. Everything else is known: which of the others belong where,
//! the order in which the seed takes them, and how the recorded sizes are allocated.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ids::LogIndex;
use super::allocate::{Share, allocate};
use super::draw::{Frames, Positions, label, stratum};
use super::frame::Frame;
use super::request::{DrawKind, Population, SampleRequest};
use super::seed::Seed;
use super::selection::{DrawnStratum, Selection};

/// Whether the strata of a recorded selection can be those that the seed drew when the frames of `lost` could still be
/// opened. `frames` holds the decisions of the range as they are now.
pub(super) fn may_be_drawn(
    request: &SampleRequest,
    seed: &Seed,
    frames: &Frames,
    lost: &BTreeSet<LogIndex>,
    recorded: &Selection,
) -> bool {
    // Where the kind alone decides, an erased frame changes nothing.
    if lost.is_empty() || stratum(request, None).is_some() {
        return false;
    }
    let mut known: BTreeMap<String, BTreeSet<LogIndex>> = BTreeMap::new();
    for (&index, frame) in frames {
        let in_range = index >= request.from && request.to.holds(index);
        if let Some(key) = stratum(request, frame.as_ref()).filter(|_| in_range && frame.is_some()) {
            known.entry(key).or_default().insert(index);
        }
    }
    if request.draw == DrawKind::SizeProportional {
        let members = known.remove("{}").unwrap_or_default();
        return matches!(&recorded.strata[..], [only] if by_size(request, frames, &members, lost, only));
    }
    let mut taken = BTreeSet::new();
    let mut hidden = 0_u64;
    let keys_ascend = recorded.strata.is_sorted_by(|a, b| a.key < b.key);
    let each = recorded.strata.iter().all(|stratum| {
        let members = known.remove(&stratum.key).unwrap_or_default();
        let Some(of_lost) = stratum.population.checked_sub(members.len() as u64) else {
            return false;
        };
        let Some(so_far) = hidden.checked_add(of_lost) else {
            return false;
        };
        hidden = so_far;
        stratum.population > 0
            && stratum.size_fen.is_none()
            && in_order(request, seed, (&members, of_lost), lost, &mut taken, stratum)
    });
    let lost_count = lost.len() as u64;
    let accounted = match request.population {
        Population::Decisions => hidden == lost_count,
        Population::Paid | Population::Negative => hidden <= lost_count,
    };
    keys_ascend && each && known.is_empty() && accounted && is_allocated(request, recorded)
}

/// Whether the recorded populations give the recorded numbers of units.
fn is_allocated(request: &SampleRequest, recorded: &Selection) -> bool {
    let shares: Vec<Share> = recorded
        .strata
        .iter()
        .map(|stratum| Share {
            population: stratum.population,
            prior: request.prior.get(&stratum.key).copied(),
        })
        .collect();
    let Ok(allocated) = allocate(request.allocation, &shares, request.size, request.floor) else {
        return false;
    };
    recorded.strata.iter().zip(allocated).all(|(stratum, size)| {
        let all = size.saturating_add(request.reserve).min(stratum.population);
        let units = size.min(all);
        stratum.units.len() as u64 == units && stratum.reserve.len() as u64 == all - units
    })
}

/// Whether the units and reserves of a stratum stand in the order of its stream, none of its known members passed over.
fn in_order(
    request: &SampleRequest,
    seed: &Seed,
    (members, of_lost): (&BTreeSet<LogIndex>, u64),
    lost: &BTreeSet<LogIndex>,
    taken: &mut BTreeSet<LogIndex>,
    recorded: &DrawnStratum,
) -> bool {
    let mut positions = Positions::of(request, seed.stream(&label(&recorded.key)));
    let mut erased = 0;
    for unit in recorded.units.iter().chain(&recorded.reserve) {
        loop {
            match positions.next() {
                Some(index) if index == *unit => break,
                // A lost one may have been of another stratum; a known member was not.
                Some(index) if !members.contains(&index) => {}
                Some(_) | None => return false,
            }
        }
        if !members.contains(unit) {
            erased += 1;
            if !lost.contains(unit) || !taken.insert(*unit) {
                return false;
            }
        }
    }
    erased <= of_lost
}

/// What can be said of a draw by size: an amount that is not known any more moves every later number of its stream.
fn by_size(
    request: &SampleRequest,
    frames: &Frames,
    members: &BTreeSet<LogIndex>,
    lost: &BTreeSet<LogIndex>,
    recorded: &DrawnStratum,
) -> bool {
    let amount = |index: &LogIndex| frames.get(index).and_then(Option::as_ref).map_or(0, Frame::amount_fen);
    let Some(known) = members.iter().map(amount).try_fold(0, u64::checked_add) else {
        return false;
    };
    let Some(of_lost) = recorded.population.checked_sub(members.len() as u64) else {
        return false;
    };
    let erased: BTreeSet<&LogIndex> = recorded.units.iter().chain(&recorded.reserve).collect();
    let erased: Vec<&LogIndex> = erased.into_iter().filter(|index| !members.contains(index)).collect();
    let paid = |index: &LogIndex| lost.contains(index) || members.contains(index) && amount(index) > 0;
    recorded.key == "{}"
        && (1..=lost.len() as u64).contains(&of_lost)
        && recorded.size_fen.is_some_and(|size| size >= known)
        && recorded.units.len() as u64 == request.size
        && recorded.reserve.len() as u64 == request.reserve
        && recorded.units.iter().chain(&recorded.reserve).all(paid)
        && erased.len() as u64 <= of_lost
}
