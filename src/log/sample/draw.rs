//! The draw: positions out of the whole range, so that what one entry is never moves another.
//!
//! In every stratum positions of the range are drawn by the stratum's own stream, and one that is not
//! of the stratum is passed over by drawing the next. A frame that cannot be opened any more therefore
//! changes nothing about the others.

use std::collections::BTreeMap;

use super::super::ids::LogIndex;
use super::allocate::{AllocationError, Share, allocate};
use super::cross::cross_checks;
use super::frame::Frame;
use super::request::{DrawKind, Population, SampleRequest};
use super::seed::{Seed, Stream};
use super::selection::{DrawnStratum, Selection};
use super::{CrossCheckError, STRATUM_COUNT_MAX};

/// Tries of one size-proportional draw. Where amounts are so uneven that this is not enough, the large
/// ones belong into a stratum of their own.
const TRY_COUNT_MAX: u64 = 50_000_000;

/// Why a sample cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// The size cannot be shared.
    #[error(transparent)]
    Allocation(#[from] AllocationError),
    /// The townships cannot be assigned.
    #[error(transparent)]
    CrossCheck(#[from] CrossCheckError),
    /// Too many strata.
    #[error("the fields make more than {STRATUM_COUNT_MAX} strata: name fewer or coarser fields")]
    TooManyStrata,
    /// Nothing is paid.
    #[error("no unit of the population has an amount: draw simple or stratified")]
    NoAmount,
    /// More is paid than can be counted.
    #[error("the amounts of the population together pass 2^64 fen: no frame of a real decision says such an amount")]
    TooLarge,
    /// Amounts too uneven.
    #[error("the amounts are too uneven to be drawn by: draw stratified")]
    TooUneven,
}

/// What stands at a position of the range.
pub type Frames = BTreeMap<LogIndex, Option<Frame>>;

/// Draws a sample. `frames` holds every decision of the range, nothing for one whose frame cannot be opened.
///
/// # Errors
/// [`DrawError`].
pub fn draw(request: &SampleRequest, seed: &Seed, frames: &Frames) -> Result<Selection, DrawError> {
    let mut strata: BTreeMap<String, Vec<LogIndex>> = BTreeMap::new();
    let mut sizes: BTreeMap<LogIndex, u64> = BTreeMap::new();
    let in_range = |index: LogIndex| index >= request.from && request.to.holds(index);
    for (&index, frame) in frames.iter().filter(|(index, _)| in_range(**index)) {
        let Some(key) = stratum(request, frame.as_ref()) else {
            continue;
        };
        strata.entry(key).or_default().push(index);
        sizes.insert(index, frame.as_ref().map_or(0, Frame::amount_fen));
        if strata.len() > STRATUM_COUNT_MAX {
            return Err(DrawError::TooManyStrata);
        }
    }
    let drawn = if request.draw == DrawKind::SizeProportional {
        let units = strata.into_values().next().unwrap_or_default();
        vec![by_size(request, seed, units, &sizes)?]
    } else {
        each_stratum(request, seed, strata)?
    };
    let unopened = frames
        .iter()
        .filter(|(index, frame)| in_range(**index) && frame.is_none());
    Ok(Selection {
        strata: drawn,
        unopened: unopened.map(|(index, _)| *index).collect(),
        cross_checks: if request.townships.is_empty() {
            Vec::new()
        } else {
            cross_checks(seed, &request.townships)?
        },
    })
}

/// The stratum of an entry; none if it is not of the population. Without its frame an entry is only known
/// to be a decision.
pub(super) fn stratum(request: &SampleRequest, frame: Option<&Frame>) -> Option<String> {
    match frame {
        Some(frame) => frame.belongs_to(request.population).then(|| frame.stratum(request)),
        None => {
            let kind_is_enough = request.population == Population::Decisions && request.draw == DrawKind::Simple;
            kind_is_enough.then(|| "{}".to_owned())
        }
    }
}

fn each_stratum(
    request: &SampleRequest,
    seed: &Seed,
    strata: BTreeMap<String, Vec<LogIndex>>,
) -> Result<Vec<DrawnStratum>, DrawError> {
    let shares: Vec<Share> = strata
        .iter()
        .map(|(key, units)| Share {
            population: units.len() as u64,
            prior: request.prior.get(key).copied(),
        })
        .collect();
    let allocated = allocate(request.allocation, &shares, request.size, request.floor)?;
    let each = strata.into_iter().zip(allocated).map(|((key, members), size)| {
        let wanted = usize::try_from(size.saturating_add(request.reserve))
            .unwrap_or(usize::MAX)
            .min(members.len());
        let mut positions = Positions::of(request, seed.stream(&label(&key)));
        let mut units = Vec::with_capacity(wanted);
        while units.len() < wanted
            && let Some(index) = positions.next()
        {
            if members.binary_search(&index).is_ok() {
                units.push(index);
            }
        }
        let reserve = units.split_off(units.len().min(usize::try_from(size).unwrap_or(usize::MAX)));
        DrawnStratum {
            key,
            population: members.len() as u64,
            size_fen: None,
            units,
            reserve,
        }
    });
    Ok(each.collect())
}

/// Lahiri's method (拉希里法): a position, then a number below a bound that no amount passes; taken if the
/// number is below the unit's amount. Exactly in proportion to the amounts, with replacement.
fn by_size(
    request: &SampleRequest,
    seed: &Seed,
    members: Vec<LogIndex>,
    sizes: &BTreeMap<LogIndex, u64>,
) -> Result<DrawnStratum, DrawError> {
    let amount = |index: &LogIndex| sizes.get(index).copied().unwrap_or(0);
    let largest = members.iter().map(amount).max().unwrap_or(0);
    if largest == 0 {
        return Err(DrawError::NoAmount);
    }
    let size_fen = members.iter().map(amount).try_fold(0, u64::checked_add);
    // A power of two, so that the bound rarely depends on one unit alone.
    let (Some(size_fen), Some(bound)) = (size_fen, largest.checked_next_power_of_two()) else {
        return Err(DrawError::TooLarge);
    };
    let key = "{}".to_owned();
    let mut stream = seed.stream(&label(&key));
    let wanted = usize::try_from(request.size.saturating_add(request.reserve)).unwrap_or(usize::MAX);
    let mut units = Vec::with_capacity(wanted);
    for _ in 0..TRY_COUNT_MAX {
        if units.len() == wanted {
            break;
        }
        let position = request.from.get() + stream.below(range(request));
        let Ok(index) = LogIndex::new(position) else { continue };
        if members.binary_search(&index).is_ok() && stream.below(bound) < amount(&index) {
            units.push(index);
        }
    }
    if units.len() < wanted {
        return Err(DrawError::TooUneven);
    }
    let reserve = units.split_off(usize::try_from(request.size).unwrap_or(usize::MAX).min(wanted));
    Ok(DrawnStratum {
        key,
        population: members.len() as u64,
        size_fen: Some(size_fen),
        units,
        reserve,
    })
}

pub(super) fn label(key: &str) -> String {
    format!("stratum {key}")
}

fn range(request: &SampleRequest) -> u64 {
    request.to.get().saturating_sub(request.from.get())
}

/// The positions of the range in random order, without replacement: Fisher-Yates from the front, of which
/// only what was swapped is kept.
pub(super) struct Positions {
    stream: Stream,
    from: u64,
    count: u64,
    drawn: u64,
    swapped: BTreeMap<u64, u64>,
}

impl Positions {
    pub(super) fn of(request: &SampleRequest, stream: Stream) -> Positions {
        Positions {
            stream,
            from: request.from.get(),
            count: range(request),
            drawn: 0,
            swapped: BTreeMap::new(),
        }
    }

    pub(super) fn next(&mut self) -> Option<LogIndex> {
        if self.drawn == self.count {
            return None;
        }
        let at = self.drawn + self.stream.below(self.count - self.drawn);
        let first = self.swapped.remove(&self.drawn).unwrap_or(self.drawn);
        let picked = if at == self.drawn {
            first
        } else {
            self.swapped.insert(at, first).unwrap_or(at)
        };
        self.drawn += 1;
        LogIndex::new(self.from + picked).ok()
    }
}
