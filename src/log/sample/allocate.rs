//! How many units of each stratum: in proportion to its size, or to size times deviation (Neyman).
//!
//! Whole numbers only. What is left after rounding down goes to the largest remainders.

use super::RANGE_ENTRY_COUNT_MAX;
use super::request::{Allocation, Prior};

/// Deviations are kept in units of 10^-9, rounded down.
const DEVIATION_UNIT: u128 = 1_000_000_000;

/// Most units of a stratum that are allocated to: more entries than any log has, and so few that no product of sizes,
/// deviations and strata leaves 128 bits.
pub const STRATUM_POPULATION_MAX: u64 = u32::MAX as u64;

const _: () = assert!(RANGE_ENTRY_COUNT_MAX <= STRATUM_POPULATION_MAX);

/// A stratum that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Units that it has.
    pub population: u64,
    /// Errors found in it before, for Neyman.
    pub prior: Option<Prior>,
}

/// Units of each stratum, in the order of the shares.
pub type Allocated = Vec<u64>;

/// Why a size cannot be allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllocationError {
    /// More than there are.
    #[error("the population has {population} units, fewer than the size asked for: ask for no more than there are")]
    TooLarge {
        /// Units that there are.
        population: u64,
    },
    /// A stratum that no log can have.
    #[error("a stratum has more than {STRATUM_POPULATION_MAX} units: no range holds so many")]
    Beyond,
    /// The floors alone are more.
    #[error(
        "the floors of the strata need {floors} units, more than the size asked for: raise the size or lower the floor"
    )]
    Floors {
        /// What the floors need.
        floors: u64,
    },
    /// A Neyman allocation without earlier findings.
    #[error("a stratum has no earlier findings: give them for every stratum, or allocate in proportion")]
    NoPrior,
    /// A Neyman allocation where nothing ever varied.
    #[error("no stratum had an error before, so that deviations say nothing: allocate in proportion")]
    NoDeviation,
}

/// Shares `size` among strata, at least `floor` of each (or all that it has), and never more than it has.
///
/// # Errors
/// [`AllocationError`].
pub fn allocate(rule: Allocation, shares: &[Share], size: u64, floor: u64) -> Result<Allocated, AllocationError> {
    if shares.iter().any(|share| share.population > STRATUM_POPULATION_MAX) {
        return Err(AllocationError::Beyond);
    }
    let sum = |each: &dyn Fn(&Share) -> u64| shares.iter().map(each).fold(0, u64::saturating_add);
    let population = sum(&|share| share.population);
    if size > population {
        return Err(AllocationError::TooLarge { population });
    }
    let floors = sum(&|share| share.population.min(floor));
    if floors > size {
        return Err(AllocationError::Floors { floors });
    }
    let weights = weights(rule, shares)?;
    Ok(distribute(shares, &weights, size, floor))
}

fn weights(rule: Allocation, shares: &[Share]) -> Result<Vec<u128>, AllocationError> {
    let weights: Vec<u128> = match rule {
        Allocation::Proportional => shares.iter().map(|share| u128::from(share.population)).collect(),
        Allocation::Neyman => {
            let weigh = |share: &Share| {
                let prior = share.prior.ok_or(AllocationError::NoPrior)?;
                Ok(u128::from(share.population) * deviation(prior))
            };
            shares.iter().map(weigh).collect::<Result<_, _>>()?
        }
    };
    // A population without units needs nothing and weighs nothing.
    if rule == Allocation::Neyman && !weights.is_empty() && weights.iter().all(|weight| *weight == 0) {
        return Err(AllocationError::NoDeviation);
    }
    Ok(weights)
}

/// sqrt(p (1 - p)) of the earlier error rate p = errors / reviewed, in units of 10^-9, rounded down.
pub(super) fn deviation(prior: Prior) -> u128 {
    let (errors, reviewed) = (u128::from(prior.errors), u128::from(prior.reviewed));
    if reviewed == 0 || errors > reviewed {
        return 0;
    }
    (errors * (reviewed - errors) * DEVIATION_UNIT * DEVIATION_UNIT / (reviewed * reviewed)).isqrt()
}

/// Fixes strata whose share passes the floor or what they have, and rounds the others by the largest remainder.
///
/// As long as shares pass on both sides, the side that passes by more in all is fixed first: what it takes or
/// leaves moves the others away from their own limit, never over it.
fn distribute(shares: &[Share], weights: &[u128], size: u64, floor: u64) -> Allocated {
    let mut weights = weights.to_vec();
    let mut fixed: Vec<Option<u64>> = vec![None; shares.len()];
    loop {
        let open = Open::of(&weights, size, &fixed);
        if open.total == 0 && open.strata.iter().any(|at| shares[*at].population > 0) {
            // Only strata without deviation are left: they share what is left by their size.
            for at in open.strata {
                weights[at] = u128::from(shares[at].population);
            }
            continue;
        }
        let floors = |at: usize| shares[at].population.min(floor);
        let most = |at: usize| shares[at].population;
        let scaled = |limit: u64| u128::from(limit) * open.total;
        let (mut below, mut above, mut short, mut excess) = (Vec::new(), Vec::new(), 0_u128, 0_u128);
        for &at in &open.strata {
            // left * weight / total against the limits, without a division.
            let part = u128::from(open.left) * weights[at];
            if part < scaled(floors(at)) {
                short += scaled(floors(at)) - part;
                below.push(at);
            } else if part > scaled(most(at)) {
                excess += part - scaled(most(at));
                above.push(at);
            }
        }
        if below.is_empty() && above.is_empty() {
            return round(&weights, &open, &fixed);
        }
        if short >= excess {
            below.into_iter().for_each(|at| fixed[at] = Some(floors(at)));
        } else {
            above.into_iter().for_each(|at| fixed[at] = Some(most(at)));
        }
    }
}

/// The strata that are not fixed, what is left for them, and the sum of their weights.
struct Open {
    strata: Vec<usize>,
    left: u64,
    total: u128,
}

impl Open {
    fn of(weights: &[u128], size: u64, fixed: &[Option<u64>]) -> Open {
        let strata: Vec<usize> = (0..fixed.len()).filter(|at| fixed[*at].is_none()).collect();
        let taken: u64 = fixed.iter().flatten().sum();
        Open {
            left: size.saturating_sub(taken),
            total: strata.iter().map(|at| weights[*at]).sum(),
            strata,
        }
    }
}

/// Rounds down, and gives what is left to the largest remainders; of equal ones to the earlier stratum.
fn round(weights: &[u128], open: &Open, fixed: &[Option<u64>]) -> Allocated {
    let mut allocated: Vec<u64> = fixed.iter().map(|fixed| fixed.unwrap_or(0)).collect();
    let mut remainders = Vec::with_capacity(open.strata.len());
    let mut given = 0;
    for &at in &open.strata {
        let part = u128::from(open.left) * weights[at];
        let whole = part.checked_div(open.total).unwrap_or(0);
        // A share is at most what is left.
        allocated[at] = u64::try_from(whole).unwrap_or(open.left);
        given += allocated[at];
        remainders.push((part - whole * open.total, at));
    }
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let rest = usize::try_from(open.left.saturating_sub(given)).unwrap_or(0);
    for (_, at) in remainders.into_iter().take(rest) {
        allocated[at] += 1;
    }
    allocated
}
