//! Exact fractions: every number of an evaluation.

/// A reduced fraction; the denominator is positive. Integers have denominator 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    numerator: i128,
    denominator: i128,
}

impl Number {
    /// Zero.
    pub const ZERO: Number = Number::integer(0);

    /// A whole number.
    #[must_use]
    pub const fn integer(value: i128) -> Number {
        Number {
            numerator: value,
            denominator: 1,
        }
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
}
