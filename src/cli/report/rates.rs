//! Error rates in words: never a rate of nothing, always what is missing.

use serde_json::{Value, json};

use super::lang::Lang;
use super::sections::DASH;
use crate::app::rates::{ErrorRates, KindRate};
use crate::statistics::{Estimate, Interval, Method, Rate};

/// The rate of one kind in a sentence.
pub fn statement(lang: Lang, rates: &ErrorRates, rate: &KindRate) -> String {
    let (sure, reviewed, errors) = (rates.confidence.percent(), rates.reviewed, rate.errors);
    match (rate.estimate.is_census, rate.estimate.rate, lang) {
        (true, None, Lang::Zh) => return format!("总体 {reviewed} 件已全部复核，未发现此类差错"),
        (true, None, Lang::En) => return format!("no error, and all {reviewed} of the population were reviewed"),
        (true, Some(point), Lang::Zh) => {
            let point = point.to_percent();
            return format!("总体 {reviewed} 件已全部复核，差错 {errors} 件，即 {point}");
        }
        (true, Some(point), Lang::En) => {
            let point = point.to_percent();
            return format!("{errors} of {reviewed}: {point}, and all of the population were reviewed");
        }
        (false, ..) => {}
    }
    let Some(interval) = rate.estimate.interval() else {
        return lang
            .say("没有复核，不能下结论", "nothing was reviewed: nothing can be said")
            .to_owned();
    };
    let upper = interval.upper.to_percent();
    match (errors, interval.lower, rate.estimate.rate) {
        (0, ..) => match lang {
            Lang::Zh => format!("复核 {reviewed} 件，未发现差错；{sure}% 置信度下差错率低于 {upper}"),
            Lang::En => format!("no error in {reviewed} reviewed; with {sure}% confidence the rate is below {upper}"),
        },
        (_, lower, point) => {
            let point = point.map_or_else(String::new, |point| match lang {
                Lang::Zh => format!("估计 {}，", point.to_percent()),
                Lang::En => format!("estimate {}, ", point.to_percent()),
            });
            let lower = lower.map_or_else(|| "0".to_owned(), Rate::to_percent);
            match lang {
                Lang::Zh => format!("复核 {reviewed} 件，差错 {errors} 件：{point}{sure}% 置信区间 {lower} 至 {upper}"),
                Lang::En => {
                    format!(
                        "{errors} of {reviewed} reviewed: {point}with {sure}% confidence between {lower} and {upper}"
                    )
                }
            }
        }
    }
}

/// How the rate was found, or a dash where nothing was reviewed.
pub fn method(lang: Lang, estimate: &Estimate) -> &'static str {
    let found = estimate.interval().map(|interval| interval.method);
    found
        .or(estimate.is_census.then_some(Method::Census))
        .map_or(DASH, |method| lang.method(method))
}

/// An interval.
pub fn bounds(lang: Lang, interval: &Interval) -> String {
    let upper = interval.upper.to_percent();
    match (interval.lower, lang) {
        (Some(lower), _) => format!("{} \u{2013} {upper}", lower.to_percent()),
        (None, Lang::Zh) => format!("低于 {upper}"),
        (None, Lang::En) => format!("below {upper}"),
    }
}

/// The share of what is paid, for errors of payment.
pub fn amounts(lang: Lang, estimate: &Estimate) -> String {
    let interval = estimate.interval().map(|interval| bounds(lang, &interval));
    match (estimate.rate, interval) {
        (Some(rate), Some(interval)) => format!("{} ({interval})", rate.to_percent()),
        (None, Some(interval)) => interval,
        // Counted: there is no interval to wait for.
        (Some(rate), None) if estimate.is_census => rate.to_percent(),
        (_, None) => DASH.to_owned(),
    }
}

/// The figures of a sample for machines, as `doudi sample estimate` names them.
pub fn document(period: &str, rates: &ErrorRates) -> Value {
    let one = |rate: &KindRate| {
        let interval = rate.estimate.interval();
        json!({
            "outcome": rate.outcome.code(), "errors": rate.errors,
            "rate": rate.estimate.rate.map(Rate::to_decimal),
            "lower": interval.and_then(|interval| interval.lower).map(Rate::to_decimal),
            "upper": interval.map(|interval| interval.upper.to_decimal()),
            "method": interval.map(|interval| interval.method.word()), "census": rate.estimate.is_census,
        })
    };
    json!({
        "period": period, "population": rates.population, "drawn": rates.drawn, "reviewed": rates.reviewed,
        "missing": rates.missing, "signed_off": rates.signed_off, "confidence": rates.confidence.percent(),
        "rates": rates.rates.iter().map(one).collect::<Vec<_>>(),
    })
}
