//! Money at the edges of an evaluation: whole fen. Between the edges every amount is an exact fraction.

use super::number::Number;

/// The greatest amount that is accepted or answered: ten billion yuan. Far above any household's
/// and any township's year, far below the 2^53-1 that every JSON reader holds exactly.
pub const FEN_MAX: i64 = 1_000_000_000_000;

/// An amount of CNY in fen, at most [`FEN_MAX`] in size. Signed, because a difference has a sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fen(i64);

impl Fen {
    /// Nothing.
    pub const ZERO: Fen = Fen(0);

    /// An amount; none beyond [`FEN_MAX`].
    #[must_use]
    pub const fn new(fen: i64) -> Option<Fen> {
        if fen > FEN_MAX || fen < -FEN_MAX {
            None
        } else {
            Some(Fen(fen))
        }
    }

    /// An amount from an evaluated number; none if it is not a whole number of fen in range.
    #[must_use]
    pub fn from_number(number: Number) -> Option<Fen> {
        if number.denominator() != 1 {
            return None;
        }
        Fen::new(i64::try_from(number.numerator()).ok()?)
    }

    /// The fen.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum; none beyond [`FEN_MAX`].
    #[must_use]
    pub const fn plus(self, other: Fen) -> Option<Fen> {
        Fen::new(self.0 + other.0)
    }
}

/// Yuan and fen as people write them: `1050.00`.
impl std::fmt::Display for Fen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", self.0.abs() / 100, self.0.abs() % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_shows_as_yuan_with_two_places() {
        let shown = |fen| Fen::new(fen).expect("in range").to_string();
        assert_eq!(
            [shown(105_000), shown(1), shown(-64_005), shown(0)],
            ["1050.00", "0.01", "-640.05", "0.00"]
        );
    }

    #[test]
    fn the_greatest_amount_is_accepted_and_one_fen_more_is_not() {
        assert!(Fen::new(FEN_MAX).is_some() && Fen::new(-FEN_MAX).is_some());
        assert!(Fen::new(FEN_MAX + 1).is_none() && Fen::new(i64::MIN).is_none());
    }
}
