//! Exact fractions: every number of an evaluation.
//!
//! A result overflows exactly when its reduced numerator or denominator exceeds 2^127-1 in size.
//! Intermediates are wider (`wide`), and comparison never overflows.

mod wide;

use std::cmp::Ordering;
use std::fmt;

use super::expr::RoundMode;
use wide::Wide;

/// A reduced fraction; the denominator is positive. Integers have denominator 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    numerator: i128,
    denominator: i128,
}

/// Why an operation has no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The reduced result does not fit.
    #[error("a number beyond 2^127-1")]
    Overflow,
    /// The divisor is zero.
    #[error("division by zero")]
    DivisionByZero,
}

impl Number {
    /// Zero.
    pub const ZERO: Number = Number::integer(0);

    /// A whole number; the caller's value lies within 2^127-1 in size.
    #[must_use]
    pub const fn integer(value: i128) -> Number {
        Number {
            numerator: value,
            denominator: 1,
        }
    }

    /// The fraction `numerator / denominator`, reduced.
    ///
    /// # Errors
    /// Division by zero, or overflow where the reduced form does not fit.
    pub fn ratio(numerator: i128, denominator: i128) -> Result<Number, NumberError> {
        if denominator == 0 {
            return Err(NumberError::DivisionByZero);
        }
        let divisor = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let negative = (numerator < 0) != (denominator < 0);
        Ok(Number {
            numerator: signed(negative, numerator.unsigned_abs() / divisor)?,
            denominator: signed(false, denominator.unsigned_abs() / divisor)?,
        })
    }

    /// The numerator of the reduced form; carries the sign.
    #[must_use]
    pub const fn numerator(self) -> i128 {
        self.numerator
    }

    /// The denominator of the reduced form; positive.
    #[must_use]
    pub const fn denominator(self) -> i128 {
        self.denominator
    }

    /// The whole number, if this is one.
    #[must_use]
    pub const fn as_integer(self) -> Option<i128> {
        if self.denominator == 1 {
            Some(self.numerator)
        } else {
            None
        }
    }

    /// The number with the other sign.
    #[must_use]
    pub const fn negated(self) -> Number {
        Number {
            numerator: -self.numerator,
            denominator: self.denominator,
        }
    }

    /// The sum.
    ///
    /// # Errors
    /// Overflow of the reduced sum.
    pub fn plus(self, other: Number) -> Result<Number, NumberError> {
        if self.denominator == 1 && other.denominator == 1 {
            return match self.numerator.checked_add(other.numerator) {
                Some(sum) if sum != i128::MIN => Ok(Number::integer(sum)),
                Some(_) | None => Err(NumberError::Overflow),
            };
        }
        // Knuth 4.5.1: with d = gcd of the denominators only d can share a factor with the numerator.
        let (b, d) = (self.denominator.unsigned_abs(), other.denominator.unsigned_abs());
        let common = gcd(b, d);
        let sum = Wide::product(self.numerator, d / common).plus(Wide::product(other.numerator, b / common));
        let shared = gcd(sum.remainder(common), common);
        Ok(Number {
            numerator: signed(sum.is_negative(), sum.quotient(shared).ok_or(NumberError::Overflow)?)?,
            denominator: (b / common)
                .checked_mul(d / shared)
                .ok_or(NumberError::Overflow)
                .and_then(|size| signed(false, size))?,
        })
    }

    /// The difference.
    ///
    /// # Errors
    /// Overflow of the reduced difference.
    pub fn minus(self, other: Number) -> Result<Number, NumberError> {
        self.plus(other.negated())
    }

    /// The product.
    ///
    /// # Errors
    /// Overflow of the reduced product.
    pub fn times(self, other: Number) -> Result<Number, NumberError> {
        // Cross reduction first: the products are then the reduced result, never larger.
        let left = gcd(self.numerator.unsigned_abs(), other.denominator.unsigned_abs());
        let right = gcd(other.numerator.unsigned_abs(), self.denominator.unsigned_abs());
        let size = (self.numerator.unsigned_abs() / left).checked_mul(other.numerator.unsigned_abs() / right);
        let denominator =
            (self.denominator.unsigned_abs() / right).checked_mul(other.denominator.unsigned_abs() / left);
        let negative = (self.numerator < 0) != (other.numerator < 0);
        Ok(Number {
            numerator: signed(negative, size.ok_or(NumberError::Overflow)?)?,
            denominator: signed(false, denominator.ok_or(NumberError::Overflow)?)?,
        })
    }

    /// The exact quotient.
    ///
    /// # Errors
    /// Division by zero, or overflow of the reduced quotient.
    pub fn over(self, other: Number) -> Result<Number, NumberError> {
        if other.numerator == 0 {
            return Err(NumberError::DivisionByZero);
        }
        let sign = other.numerator.signum();
        self.times(Number {
            numerator: other.denominator * sign,
            denominator: other.numerator * sign,
        })
    }

    /// The nearest multiple of `quantum` (1 or more) in the direction of `mode`.
    ///
    /// # Errors
    /// Overflow where the multiple does not fit.
    pub fn rounded(self, quantum: u32, mode: RoundMode) -> Result<Number, NumberError> {
        let step = u128::from(quantum.max(1));
        let size = self.numerator.unsigned_abs();
        let denominator = self.denominator.unsigned_abs();
        let (whole, fraction) = (size / denominator, size % denominator);
        let (multiple, rest) = (whole / step, whole % step);
        let exact = rest == 0 && fraction == 0;
        let away = match mode {
            RoundMode::HalfUp => match step.saturating_sub(2 * rest) {
                0 => true,
                1 => 2 * fraction >= denominator,
                2.. => false,
            },
            RoundMode::Up => !exact && self.numerator > 0,
            RoundMode::Down => !exact && self.numerator < 0,
        };
        let size = (multiple + u128::from(away))
            .checked_mul(step)
            .ok_or(NumberError::Overflow)?;
        signed(self.numerator < 0, size).map(Number::integer)
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        if self.denominator == other.denominator {
            return self.numerator.cmp(&other.numerator);
        }
        let left = Wide::product(self.numerator, other.denominator.unsigned_abs());
        left.cmp(&Wide::product(other.numerator, self.denominator.unsigned_abs()))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `3`, or `1/2`.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == 1 {
            write!(f, "{}", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

/// The greatest common divisor; `gcd(0, b) = b`.
fn gcd(mut a: u128, mut b: u128) -> u128 {
    loop {
        // 64-bit division is several times faster, and nearly every number of a case fits.
        if let (Ok(small), Ok(other)) = (u64::try_from(a), u64::try_from(b)) {
            return u128::from(gcd_small(small, other));
        }
        if b == 0 {
            return a;
        }
        (a, b) = (b, a % b);
    }
}

fn gcd_small(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// A size with its sign; -2^127 does not count as fitting, so that every number has a negative.
fn signed(negative: bool, size: u128) -> Result<i128, NumberError> {
    let value = i128::try_from(size).map_err(|_| NumberError::Overflow)?;
    Ok(if negative { -value } else { value })
}

#[cfg(test)]
mod tests;
