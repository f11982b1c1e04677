//! Error rates and sample sizes: the one place where floating-point numbers are.
//!
//! Money and law are exact; what an audit concludes from a sample is an estimate and never enters a
//! decision. Special functions come from a statistics crate. Counts come in, decimal strings go out, so
//! that no float is seen outside. Nothing here is a bare 0 %: where no error was found there is a bound, or everything was
//! reviewed and nothing is estimated.

#![expect(
    clippy::float_arithmetic,
    reason = "estimates are real numbers; counts are far below 2^53"
)]

mod amounts;
mod cases;
mod proportion;
mod quantile;
mod sizes;
mod stratified;
#[cfg(test)]
mod tests;

pub use amounts::{AmountStratum, AmountUnit, hansen_hurwitz, monetary_unit_bound, ratio};
pub use cases::{error_rate, worst_case};
pub use quantile::Confidence;
pub use sizes::{SizeError, discovery_size, discovery_size_of, sample_size};
pub use stratified::Reviewed;

/// Digits after the point of what leaves.
const DECIMAL_DIGIT_COUNT: usize = 6;

/// A share of a whole: an error rate, or a bound of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// As a decimal: `0.046970`.
    #[must_use]
    pub fn to_decimal(self) -> String {
        format!("{:.DECIMAL_DIGIT_COUNT$}", self.0)
    }

    /// In hundredths, for people: `4.70%`.
    #[must_use]
    pub fn to_percent(self) -> String {
        format!("{:.2}%", self.0 * 100.0)
    }
}

/// How an interval was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Wilson's score interval.
    Wilson,
    /// Clopper and Pearson's exact interval.
    ClopperPearson,
    /// Exact, upper bound alone: no error was found.
    OneSided,
    /// Stratified, normal.
    StratifiedNormal,
    /// Exact in each stratum, combined (MOVER).
    Mover,
    /// Ratio of amounts, linearised, Student's t.
    Ratio,
    /// Hansen and Hurwitz, Student's t.
    HansenHurwitz,
    /// Monetary units, upper bound alone: no error was found.
    MonetaryUnit,
    /// Counted: everything was reviewed, or is taken to be.
    Census,
}

impl Method {
    /// The word in answers and documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Method::Wilson => "wilson",
            Method::ClopperPearson => "clopper_pearson",
            Method::OneSided => "one_sided_exact",
            Method::StratifiedNormal => "stratified_normal",
            Method::Mover => "mover",
            Method::Ratio => "ratio_t",
            Method::HansenHurwitz => "hansen_hurwitz_t",
            Method::MonetaryUnit => "monetary_unit",
            Method::Census => "census",
        }
    }
}

/// An interval in which the rate lies with the confidence asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// How it was computed.
    pub method: Method,
    /// Lower bound; none for a one-sided interval.
    pub lower: Option<Rate>,
    /// Upper bound.
    pub upper: Rate,
}

/// What a sample says about a rate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The rate; none where no error was found or a part was not reviewed: then only the interval speaks.
    pub rate: Option<Rate>,
    /// Its standard error, where the method has one.
    pub standard_error: Option<Rate>,
    /// Intervals, the one to rely on first; none where nothing was reviewed, and none in a census.
    pub intervals: Vec<Interval>,
    /// Everything was reviewed: the rate is counted, not estimated, and where there is none, no error is there.
    pub is_census: bool,
}

impl Estimate {
    /// The interval to rely on.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        self.intervals.first().copied()
    }
}
