//! Error rates in words: never a rate of nothing, and always of what it is a share.

use crate::statistics::{Confidence, Estimate, Interval, Method, NoInterval, Rate};

/// Of an error that no unit of the sample can have.
pub(super) const OUT_OF_REACH: &str =
    "cannot be seen in this sample: no decision that it was drawn from can have such an error";

/// The rate of one kind, of so many errors in so many reviews.
pub(super) fn of_rate(
    (errors, reviewed): (u64, u64),
    estimate: &Estimate,
    of_spending: bool,
    confidence: Confidence,
) -> String {
    let sure = confidence.percent();
    match (estimate.is_census, estimate.rate) {
        (true, None) => return format!("no error, and all {reviewed} of the population were reviewed"),
        (true, Some(rate)) => {
            let rate = rate.to_percent();
            return format!("{errors} of {reviewed}: {rate}, and all of the population were reviewed");
        }
        (false, _) => {}
    }
    let Some(interval) = estimate.interval() else {
        return "nothing was reviewed: nothing can be said".to_owned();
    };
    let upper = interval.upper.to_percent();
    match (errors, interval.lower, estimate.rate) {
        (0, _, _) if of_spending => format!(
            "no error in {reviewed} reviewed: with {sure}% confidence less than {upper} of the spending is in decisions \
             with one"
        ),
        (0, _, _) => format!("no error in {reviewed} reviewed: with {sure}% confidence the rate is below {upper}"),
        (_, Some(lower), Some(rate)) => {
            let (rate, lower) = (rate.to_percent(), lower.to_percent());
            let of = if of_spending {
                " of the spending is in decisions with one"
            } else {
                ""
            };
            format!("{errors} of {reviewed} reviewed: {rate}{of}, with {sure}% confidence between {lower} and {upper}")
        }
        (_, lower, _) => format!(
            "{errors} of {reviewed} reviewed, and a stratum without a review: with {sure}% confidence between {} and {upper}",
            lower.map_or_else(|| "nothing".to_owned(), Rate::to_percent)
        ),
    }
}

/// The wrong share of what is paid; none where there is nothing to say of it.
pub(super) fn of_amounts(estimate: &Estimate, worst_case: Option<&Interval>, confidence: Confidence) -> Option<String> {
    let sure = confidence.percent();
    let rate = estimate.rate.map(Rate::to_percent);
    let found = match (rate, estimate.interval()) {
        (Some(rate), Some(interval)) => {
            format!("{rate} of what is paid, with {sure}% confidence {}", bounds(&interval))
        }
        (Some(rate), None) => match estimate.no_interval {
            Some(why) => format!("{rate} of what is paid, without an interval: {}", reason(why)),
            None => format!("{rate} of what is paid, and all of the population were reviewed"),
        },
        (None, Some(interval)) => {
            format!(
                "no wrong amount: with {sure}% confidence {} of what is paid",
                bounds(&interval)
            )
        }
        (None, None) => return None,
    };
    Some(match worst_case {
        Some(worst) => format!(
            "{found}; if what is missing were right or wholly wrong, {}",
            bounds(worst)
        ),
        None => found,
    })
}

fn bounds(interval: &Interval) -> String {
    let upper = interval.upper.to_percent();
    let found = match interval.lower {
        Some(lower) => format!("between {} and {upper}", lower.to_percent()),
        None => format!("below {upper}"),
    };
    if interval.method == Method::HansenHurwitzRaised {
        format!("{found} (as much as no error would leave open)")
    } else {
        found
    }
}

/// Why there is no interval.
fn reason(why: NoInterval) -> &'static str {
    match why {
        NoInterval::OneUnit => "a single unit was reviewed where more are",
        NoInterval::Alike => {
            "all units reviewed of a stratum have the same share wrong, or none, and do not show how far it varies"
        }
        NoInterval::Missing => "units are missing, and how much may be wrong in them is not known",
    }
}
