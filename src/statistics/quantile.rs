//! Quantiles of the distributions that intervals need, from a statistics crate.

use statrs::distribution::{Beta, ContinuousCDF as _, Normal, StudentsT};

/// How sure an interval is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// 90 %.
    Ninety,
    /// 95 %.
    NinetyFive,
    /// 99 %.
    NinetyNine,
}

impl Confidence {
    /// The level of a percentage, if it is one of the three.
    #[must_use]
    pub const fn of_percent(percent: u32) -> Option<Confidence> {
        match percent {
            90 => Some(Confidence::Ninety),
            95 => Some(Confidence::NinetyFive),
            99 => Some(Confidence::NinetyNine),
            _ => None,
        }
    }

    /// The percentage.
    #[must_use]
    pub const fn percent(self) -> u32 {
        match self {
            Confidence::Ninety => 90,
            Confidence::NinetyFive => 95,
            Confidence::NinetyNine => 99,
        }
    }

    /// What is left out: 0.05 at 95 %.
    pub(super) fn alpha(self) -> f64 {
        f64::from(100 - self.percent()) / 100.0
    }

    /// The auditors' factor for no error among monetary units, as their tables print it.
    pub(super) const fn monetary_unit_factor(self) -> f64 {
        match self {
            Confidence::Ninety => 2.31,
            Confidence::NinetyFive => 3.0,
            Confidence::NinetyNine => 4.61,
        }
    }
}

/// The standard normal's two-sided quantile: 1.96 at 95 %.
pub(super) fn normal(confidence: Confidence) -> f64 {
    Normal::standard().inverse_cdf(1.0 - confidence.alpha() / 2.0)
}

/// Student's two-sided quantile.
pub(super) fn student(confidence: Confidence, freedom: f64) -> f64 {
    let at = 1.0 - confidence.alpha() / 2.0;
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |t| t.inverse_cdf(at))
}

/// The beta distribution's quantile; both shapes are at least 1 here.
pub(super) fn beta(at: f64, a: f64, b: f64) -> f64 {
    Beta::new(a, b).map_or(f64::NAN, |beta| beta.inverse_cdf(at))
}
