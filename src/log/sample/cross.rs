//! Cross-checks between townships (乡镇互查): who reviews whom.

use super::seed::Seed;
use crate::area::AreaCode;

/// Fewest townships: two could only review each other.
pub const TOWNSHIP_COUNT_MIN: usize = 3;

/// Most townships of one county.
pub const TOWNSHIP_COUNT_MAX: usize = 200;

/// One township reviews another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossCheck {
    /// Who reviews.
    pub reviewer: AreaCode,
    /// Who is reviewed.
    pub reviewed: AreaCode,
}

/// Why townships cannot be assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrossCheckError {
    /// Too few.
    #[error("has fewer than {TOWNSHIP_COUNT_MIN} townships: two would review each other")]
    TooFew,
    /// Too many.
    #[error("has more than {TOWNSHIP_COUNT_MAX} townships: give those of one county")]
    TooMany,
    /// One stands twice.
    #[error("names a township twice: give each once")]
    Twice,
}

/// Puts the townships, in ascending order, into a random ring, in which each reviews the next: nobody
/// its own, and no two each other.
///
/// # Errors
/// [`CrossCheckError`].
pub fn cross_checks(seed: &Seed, townships: &[AreaCode]) -> Result<Vec<CrossCheck>, CrossCheckError> {
    let mut ring = check(townships)?;
    let mut stream = seed.stream("townships");
    // Fisher-Yates from the end: every order is as likely as any other.
    for last in (1..ring.len()).rev() {
        let other = usize::try_from(stream.below(last as u64 + 1)).unwrap_or_default();
        ring.swap(last, other);
    }
    let next = ring.iter().cycle().skip(1);
    let mut checks: Vec<CrossCheck> = ring
        .iter()
        .zip(next)
        .map(|(&reviewer, &reviewed)| CrossCheck { reviewer, reviewed })
        .collect();
    checks.sort_by_key(|check| check.reviewer);
    Ok(checks)
}

/// The townships in ascending order, if they can be assigned.
///
/// # Errors
/// [`CrossCheckError`].
pub fn check(townships: &[AreaCode]) -> Result<Vec<AreaCode>, CrossCheckError> {
    if townships.len() < TOWNSHIP_COUNT_MIN {
        return Err(CrossCheckError::TooFew);
    }
    if townships.len() > TOWNSHIP_COUNT_MAX {
        return Err(CrossCheckError::TooMany);
    }
    let mut sorted = townships.to_vec();
    sorted.sort();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(CrossCheckError::Twice);
    }
    Ok(sorted)
}
