//! 256-bit signed intermediates, as far as exact fractions need them.

use std::cmp::Ordering;

/// A signed integer of up to 255 bits: sign and size. Zero is never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wide {
    negative: bool,
    high: u128,
    low: u128,
}

impl Wide {
    /// The exact product.
    pub(super) fn product(a: i128, b: u128) -> Wide {
        let (high, low) = multiply(a.unsigned_abs(), b);
        Wide {
            negative: a < 0 && (high, low) != (0, 0),
            high,
            low,
        }
    }

    /// The sum of two products of numbers below 2^127, which has room.
    pub(super) fn plus(self, other: Wide) -> Wide {
        if self.negative == other.negative {
            let (low, carry) = self.low.overflowing_add(other.low);
            let high = self.high + other.high + u128::from(carry);
            return Wide { high, low, ..self };
        }
        let (more, less) = if self.size() >= other.size() {
            (self, other)
        } else {
            (other, self)
        };
        let (low, borrow) = more.low.overflowing_sub(less.low);
        let high = more.high - less.high - u128::from(borrow);
        Wide {
            negative: more.negative && (high, low) != (0, 0),
            high,
            low,
        }
    }

    pub(super) fn is_negative(self) -> bool {
        self.negative
    }

    /// The size modulo `divisor`, which lies in 1..2^127.
    pub(super) fn remainder(self, divisor: u128) -> u128 {
        self.divided(divisor).1
    }

    /// The size over `divisor` (1..2^127), rounded down; `None` beyond 128 bits.
    pub(super) fn quotient(self, divisor: u128) -> Option<u128> {
        self.divided(divisor).0
    }

    fn size(self) -> (u128, u128) {
        (self.high, self.low)
    }

    fn divided(self, divisor: u128) -> (Option<u128>, u128) {
        if self.high == 0 {
            return (Some(self.low / divisor), self.low % divisor);
        }
        let fits = self.high < divisor;
        let mut remainder = self.high % divisor;
        let mut quotient: u128 = 0;
        for bit in (0..128).rev() {
            // The divisor is below 2^127, so doubling a remainder does not wrap.
            remainder = (remainder << 1) | ((self.low >> bit) & 1);
            quotient <<= 1;
            if remainder >= divisor {
                remainder -= divisor;
                quotient |= 1;
            }
        }
        (fits.then_some(quotient), remainder)
    }
}

impl Ord for Wide {
    fn cmp(&self, other: &Wide) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.size().cmp(&other.size()),
            (true, true) => other.size().cmp(&self.size()),
        }
    }
}

impl PartialOrd for Wide {
    fn partial_cmp(&self, other: &Wide) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The 256-bit product as (high, low), schoolbook over 64-bit halves.
fn multiply(a: u128, b: u128) -> (u128, u128) {
    const HALF: u128 = (1 << 64) - 1;
    let (a1, a0, b1, b0) = (a >> 64, a & HALF, b >> 64, b & HALF);
    if a1 == 0 && b1 == 0 {
        return (0, a0 * b0);
    }
    let lowest = a0 * b0;
    let middle = a1 * b0 + (lowest >> 64);
    let cross = a0 * b1 + (middle & HALF);
    (
        a1 * b1 + (middle >> 64) + (cross >> 64),
        (cross << 64) | (lowest & HALF),
    )
}
