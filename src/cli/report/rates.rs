//! Error rates in words: never a rate of nothing, always what is missing.

use serde_json::{Value, json};

use super::lang::Lang;
use super::sections::DASH;
use crate::app::rates::{ErrorRates, KindRate};
use crate::statistics::{Estimate, Interval, Method, NoInterval, Rate};

/// The rate of one kind in a sentence.
pub fn statement(lang: Lang, rates: &ErrorRates, rate: &KindRate) -> String {
    if rate.is_out_of_reach {
        return lang
            .say(
                "本样本看不到此类差错：抽样总体中的决定不可能有此类差错",
                "cannot be seen in this sample: no decision that it was drawn from can have such an error",
            )
            .to_owned();
    }
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
        (0, ..) if rates.of_spending => match lang {
            Lang::Zh => {
                format!("复核 {reviewed} 件，未发现差错；{sure}% 置信度下，有此类差错的决定所占支出低于 {upper}")
            }
            Lang::En => format!(
                "no error in {reviewed} reviewed; with {sure}% confidence less than {upper} of the spending is in \
                 decisions with one"
            ),
        },
        (0, ..) => match lang {
            Lang::Zh => format!("复核 {reviewed} 件，未发现差错；{sure}% 置信度下差错率低于 {upper}"),
            Lang::En => format!("no error in {reviewed} reviewed; with {sure}% confidence the rate is below {upper}"),
        },
        (_, lower, point) => {
            let point = point.map_or_else(String::new, |point| match (lang, rates.of_spending) {
                (Lang::Zh, false) => format!("估计 {}，", point.to_percent()),
                (Lang::Zh, true) => format!("估计有此类差错的决定占支出的 {}，", point.to_percent()),
                (Lang::En, false) => format!("estimate {}, ", point.to_percent()),
                (Lang::En, true) => format!(
                    "estimate {} of the spending in decisions with one, ",
                    point.to_percent()
                ),
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

/// The share of what is paid, for errors of payment, with why it has no interval and with its worst case.
pub fn amounts(lang: Lang, rate: &KindRate) -> String {
    let estimate = &rate.amounts;
    let interval = estimate
        .interval()
        .map(|interval| format!("{}, {}", bounds(lang, &interval), lang.method(interval.method)));
    let found = match (estimate.rate, interval, estimate.no_interval) {
        (Some(point), Some(interval), _) => format!("{} ({interval})", point.to_percent()),
        (None, Some(interval), _) => interval,
        (Some(point), None, Some(why)) => match lang {
            Lang::Zh => format!("{}（不给区间：{}）", point.to_percent(), reason(lang, why)),
            Lang::En => format!("{} (no interval: {})", point.to_percent(), reason(lang, why)),
        },
        // Counted: there is no interval to wait for.
        (Some(point), None, None) => point.to_percent(),
        (None, None, _) => return DASH.to_owned(),
    };
    match (&rate.amounts_worst_case, lang) {
        (Some(worst), Lang::Zh) => format!("{found}；最坏情形 {}", bounds(lang, worst)),
        (Some(worst), Lang::En) => format!("{found}; worst case {}", bounds(lang, worst)),
        (None, _) => found,
    }
}

/// Why a share has no interval.
fn reason(lang: Lang, why: NoInterval) -> &'static str {
    match why {
        NoInterval::OneUnit => lang.say(
            "未全部复核的部分只复核了一件",
            "a single unit was reviewed where more are",
        ),
        NoInterval::Alike => lang.say(
            "某层已复核各件的差错比例全部相同（或均无差错），看不出其差异有多大",
            "all units reviewed of a stratum have the same share wrong, or none, and do not show how far it varies",
        ),
        NoInterval::Missing => lang.say(
            "有单元未复核，其中可能有多少差错金额无从得知",
            "units are missing, and how much may be wrong in them is not known",
        ),
    }
}

/// The figures of a sample for machines, as `doudi sample estimate` names them.
pub fn document(period: &str, rates: &ErrorRates) -> Value {
    let one = |rate: &KindRate| {
        let interval = rate.estimate.interval();
        json!({
            "outcome": rate.outcome.code(), "errors": rate.errors, "out_of_reach": rate.is_out_of_reach,
            "rate": rate.estimate.rate.map(Rate::to_decimal),
            "lower": interval.and_then(|interval| interval.lower).map(Rate::to_decimal),
            "upper": interval.map(|interval| interval.upper.to_decimal()),
            "method": interval.map(|interval| interval.method.word()), "census": rate.estimate.is_census,
        })
    };
    json!({
        "period": period, "population": rates.population, "drawn": rates.drawn, "reviewed": rates.reviewed,
        "missing": rates.missing, "signed_off": rates.signed_off, "confidence": rates.confidence.percent(),
        "basis": if rates.of_spending { "spending" } else { "cases" },
        "rates": rates.rates.iter().map(one).collect::<Vec<_>>(),
    })
}
