//! How many cases to review.

use super::quantile::{Confidence, normal};

/// Shares come as parts of a million.
const MILLION: f64 = 1_000_000.0;

/// Why no size can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// A share outside (0, 1).
    #[error("a rate or margin is out of range: give more than 0 and less than 100 %")]
    Share,
    /// More errors than cases, or none.
    #[error("the population is smaller than the errors that shall be found, or there are none: correct one of them")]
    Population,
}

/// A size that lies no more than this part of itself above a whole number is that number: so much is lost in computing
/// it, a few roundings of 2^-53 each and a logarithm.
const ROUNDING: f64 = 1e-12;

fn share(millionths: u32) -> Result<f64, SizeError> {
    if (1..1_000_000).contains(&millionths) {
        Ok(f64::from(millionths) / MILLION)
    } else {
        Err(SizeError::Share)
    }
}

/// Cases to review so that an error rate near `rate` is known within `margin`, both in parts of a million.
///
/// # Errors
/// [`SizeError`].
pub fn sample_size(rate: u32, margin: u32, population: Option<u64>, confidence: Confidence) -> Result<u64, SizeError> {
    let (p, d, z) = (share(rate)?, share(margin)?, normal(confidence));
    let endless = z * z * p * (1.0 - p) / (d * d);
    let size = match population {
        None => endless,
        Some(0) => return Err(SizeError::Population),
        Some(population) => endless / (1.0 + (endless - 1.0) / population as f64),
    };
    Ok(whole(size))
}

/// Cases to review without an error before a rate of `rate` parts of a million can be excluded.
///
/// # Errors
/// [`SizeError`].
pub fn discovery_size(rate: u32, confidence: Confidence) -> Result<u64, SizeError> {
    let p = share(rate)?;
    Ok(whole(confidence.alpha().ln() / (1.0 - p).ln()))
}

/// The same in a population that has a certain number of errors: the smallest sample that misses all of
/// them with no more than what the confidence leaves.
///
/// # Errors
/// [`SizeError`].
pub fn discovery_size_of(population: u64, errors: u64, confidence: Confidence) -> Result<u64, SizeError> {
    if errors == 0 || errors > population {
        return Err(SizeError::Population);
    }
    // Each step rounds twice: a chance that is what the confidence leaves comes out a little above it or below.
    let enough = |missed: f64, size: u64| missed <= confidence.alpha() * (1.0 + 2.0 * size as f64 * f64::EPSILON);
    let mut missed = 1.0;
    let mut size = 0;
    while !enough(missed, size) && size < population - errors {
        missed *= (population - errors - size) as f64 / (population - size) as f64;
        size += 1;
    }
    // One more than all that are right finds an error for certain.
    Ok(if enough(missed, size) { size } else { size + 1 })
}

/// Rounded up; positive and far below 2^53, because a share is at least a millionth.
fn whole(size: f64) -> u64 {
    (size * (1.0 - ROUNDING)).ceil() as u64
}
