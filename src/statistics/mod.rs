//! Error rates and sample sizes: the one place where floating-point numbers are.
//!
//! Money and law are exact; what an audit concludes from a sample is an estimate and never enters a
//! decision. Special functions come from a statistics crate. Counts come in, decimal strings go out, so
//! that no float is seen outside. Nothing here is a bare 0 %: where no error was found there is a bound, or everything was
//! reviewed and nothing is estimated; and a rate that is too small for its digits is not shown as nothing.

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

pub use amounts::{AmountStratum, AmountUnit, WrongWay, hansen_hurwitz, monetary_unit_bound, ratio, worst_amount};
pub use cases::{error_rate, worst_case};
pub use quantile::Confidence;
pub use sizes::{SizeError, discovery_size, discovery_size_of, sample_size};
pub use stratified::Reviewed;

/// Digits after the point of what leaves.
const DECIMAL_DIGIT_COUNT: usize = 6;

/// Most digits after the point, for what has only zeros in fewer: a fen in all amounts of the largest sample has its first
/// digit before the 17th place.
const DECIMAL_DIGIT_COUNT_MAX: usize = 20;

/// Digits after the point of a percentage.
const PERCENT_DIGIT_COUNT: usize = 2;

/// What is shown of a rate above 0 that [`PERCENT_DIGIT_COUNT`] digits do not show.
const LEAST_PERCENT: &str = "<0.01%";

/// A whole in millionths.
const MILLION: f64 = 1_000_000.0;

/// A share of a whole: an error rate, or a bound of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// As a decimal: `0.046970`. A rate above 0 has so many more digits that one of them is not 0: `0.0000003`.
    #[must_use]
    pub fn to_decimal(self) -> String {
        let shown = decimal(self.0, DECIMAL_DIGIT_COUNT);
        if self.0 <= 0.0 || !is_zero(&shown) {
            return shown;
        }
        (DECIMAL_DIGIT_COUNT..=DECIMAL_DIGIT_COUNT_MAX)
            .map(|digit_count| decimal(self.0, digit_count))
            .find(|longer| !is_zero(longer))
            .unwrap_or(shown)
    }

    /// In hundredths, for people: `4.70%`; `<0.01%` of a rate above 0 that would be shown as nothing.
    #[must_use]
    pub fn to_percent(self) -> String {
        let shown = decimal(self.0 * 100.0, PERCENT_DIGIT_COUNT);
        if self.0 > 0.0 && is_zero(&shown) {
            return LEAST_PERCENT.to_owned();
        }
        format!("{shown}%")
    }

    /// In millionths, for a drawing; nothing for what lies below 0.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "held between the ends of the scale, and it only places a mark"
    )]
    pub fn to_millionths(self) -> u64 {
        (self.0.clamp(0.0, 1.0) * MILLION).round() as u64
    }
}

/// A number with so many digits after the point, and never `-0`.
fn decimal(value: f64, digit_count: usize) -> String {
    let shown = format!("{value:.digit_count$}");
    match shown.strip_prefix('-') {
        Some(without) if is_zero(&shown) => without.to_owned(),
        _ => shown,
    }
}

/// Whether none of the digits says anything.
fn is_zero(shown: &str) -> bool {
    !shown.bytes().any(|digit| matches!(digit, b'1'..=b'9'))
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
    /// Hansen and Hurwitz, Student's t, with the upper bound of monetary units without an error, which is larger.
    HansenHurwitzRaised,
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
            Method::HansenHurwitzRaised => "hansen_hurwitz_t_raised",
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

/// Why a rate has no interval, although not everything was reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoInterval {
    /// A single unit shows nothing of how units differ.
    OneUnit,
    /// The same share is wrong in every unit of the sample, or of a stratum that was not reviewed whole: its variance
    /// would be taken for 0.
    Alike,
    /// Units are missing, and how much may be wrong in them is not known.
    Missing,
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
    /// Why there is none beside a rate that was not counted.
    pub no_interval: Option<NoInterval>,
    /// Everything was reviewed: the rate is counted, not estimated, and where there is none, no error is there.
    pub is_census: bool,
}

impl Estimate {
    /// The interval to rely on.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        self.intervals.first().copied()
    }

    /// The rate alone, if it is an estimate.
    #[must_use]
    pub fn without_interval(self, why: NoInterval) -> Estimate {
        if self.is_census || self.rate.is_none() {
            return self;
        }
        Estimate {
            rate: self.rate,
            no_interval: Some(self.no_interval.unwrap_or(why)),
            ..Estimate::default()
        }
    }
}
