//! The rate of errors in a simple random sample.

use super::quantile::{Confidence, beta, normal};
use super::{Estimate, Interval, Method, Rate};

/// Below so many errors, or so many correct cases, the exact interval is the one to rely on.
const EXACT_BELOW: u64 = 5;

/// Errors among cases of a simple random sample.
#[must_use]
pub(super) fn proportion(errors: u64, reviewed: u64, confidence: Confidence) -> Estimate {
    if reviewed == 0 || errors > reviewed {
        return Estimate::default();
    }
    let p = errors as f64 / reviewed as f64;
    let mut intervals = vec![
        wilson(errors, reviewed, confidence),
        clopper_pearson(errors, reviewed, confidence),
    ];
    if is_exact(errors, reviewed) {
        intervals.swap(0, 1);
    }
    if errors == 0 {
        intervals.insert(0, one_sided(reviewed, confidence));
    }
    Estimate {
        rate: (errors > 0).then_some(Rate(p)),
        intervals,
        ..Estimate::default()
    }
}

/// Whether the exact interval is the one to rely on.
pub(super) fn is_exact(errors: u64, reviewed: u64) -> bool {
    errors < EXACT_BELOW || reviewed.saturating_sub(errors) < EXACT_BELOW
}

pub(super) fn wilson(errors: u64, reviewed: u64, confidence: Confidence) -> Interval {
    let (k, n, z) = (errors as f64, reviewed as f64, normal(confidence));
    let p = k / n;
    let centre = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    Interval {
        method: Method::Wilson,
        lower: Some(Rate(((centre - half) / scale).max(0.0))),
        upper: Rate(((centre + half) / scale).min(1.0)),
    }
}

pub(super) fn clopper_pearson(errors: u64, reviewed: u64, confidence: Confidence) -> Interval {
    let (lower, upper) = exact(errors, reviewed, confidence);
    Interval {
        method: Method::ClopperPearson,
        lower: Some(Rate(lower)),
        upper: Rate(upper),
    }
}

/// Clopper and Pearson's bounds.
pub(super) fn exact(errors: u64, reviewed: u64, confidence: Confidence) -> (f64, f64) {
    let (k, n, tail) = (errors as f64, reviewed as f64, confidence.alpha() / 2.0);
    let lower = if errors == 0 { 0.0 } else { beta(tail, k, n - k + 1.0) };
    let upper = if errors == reviewed {
        1.0
    } else {
        beta(1.0 - tail, k + 1.0, n - k)
    };
    (lower, upper)
}

/// The rate at which no error in so many cases is as unlikely as the confidence leaves: 1 - alpha^(1/n).
fn one_sided(reviewed: u64, confidence: Confidence) -> Interval {
    Interval {
        method: Method::OneSided,
        lower: None,
        upper: Rate(1.0 - confidence.alpha().powf(1.0 / reviewed as f64)),
    }
}
