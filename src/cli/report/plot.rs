//! The plots, as SVG inside the page: shape and place carry the meaning, colour only repeats it.

use super::html::Html;
use super::lang::Lang;
use super::rates::statement;
use crate::app::rates::ErrorRates;
use crate::statistics::Rate;

/// Width of a plot in its own units.
const WIDTH: u64 = 720;

/// Where the scale begins: the names stand before it.
const LEFT: u64 = 230;

/// Where it ends: the last mark needs room for its text.
const RIGHT: u64 = WIDTH - 40;

/// Height of a row.
const ROW: u64 = 34;

/// A whole in millionths.
const WHOLE: u64 = 1_000_000;

/// Ends of a scale, in millionths: the first that holds everything is taken.
const SCALES: [u64; 8] = [10_000, 20_000, 50_000, 100_000, 200_000, 300_000, 500_000, WHOLE];

/// Marks on a scale, its beginning apart.
const MARK_COUNT: u64 = 5;

/// Interval and estimate of every kind of error.
pub fn intervals(html: &mut Html, lang: Lang, id: &str, rates: &ErrorRates) {
    let ends = rates.rates.iter().flat_map(|rate| {
        let upper = rate.estimate.interval().map(|interval| interval.upper);
        upper.into_iter().chain(rate.estimate.rate)
    });
    let largest = ends.map(Rate::to_millionths).max().unwrap_or_default();
    let end = SCALES.into_iter().find(|end| *end >= largest).unwrap_or(WHOLE);
    let at = |value: u64| LEFT + value.min(end) * (RIGHT - LEFT) / end;
    let height = ROW * (rates.rates.len() as u64 + 1) + 10;
    let title = lang.say("各类差错率的置信区间", "Confidence intervals of the error rates");
    let described: Vec<String> = rates
        .rates
        .iter()
        .map(|rate| format!("{}: {}", lang.word(rate.outcome.code()), statement(lang, rates, rate)))
        .collect();
    figure(html, id, height, title, &described.join("; "), |html| {
        let bottom = ROW * rates.rates.len() as u64 + 6;
        for mark in 0..=MARK_COUNT {
            let value = end * mark / MARK_COUNT;
            let x = at(value).to_string();
            line(html, "grid", (&x, "4"), (&x, &bottom.to_string()));
            let text = percent(value);
            let y = (bottom + 18).to_string();
            html.put(
                "text",
                &[("x", &x), ("y", &y), ("class", "mark"), ("text-anchor", "middle")],
                &text,
            );
        }
        for (row, rate) in (0..).zip(&rates.rates) {
            let middle = ROW * row + ROW / 2;
            let y = middle.to_string();
            let named = (middle + 5).to_string();
            let name = lang.word(rate.outcome.code());
            html.put("text", &[("x", "0"), ("y", &named), ("class", "name")], name);
            if let Some(interval) = rate.estimate.interval() {
                let (from, to) = (
                    at(interval.lower.map_or(0, Rate::to_millionths)),
                    at(interval.upper.to_millionths()),
                );
                line(html, "whisker", (&from.to_string(), &y), (&to.to_string(), &y));
                for end in [from, to] {
                    let x = end.to_string();
                    let (top, low) = ((middle - 6).to_string(), (middle + 6).to_string());
                    line(html, "whisker", (&x, &top), (&x, &low));
                }
            } else if rate.estimate.rate.is_none() {
                let x = (LEFT + 8).to_string();
                let text = if rate.is_out_of_reach {
                    lang.say("本样本看不到", "cannot be seen in this sample")
                } else if rate.estimate.is_census {
                    lang.say("全部复核，未发现", "none, and everything was reviewed")
                } else {
                    lang.say("未复核", "not reviewed")
                };
                html.put("text", &[("x", &x), ("y", &named), ("class", "mark")], text);
            }
            if let Some(point) = rate.estimate.rate {
                let x = at(point.to_millionths()).to_string();
                html.empty("circle", &[("cx", &x), ("cy", &y), ("r", "6"), ("class", "point")]);
            }
        }
    });
}

/// How many findings there are of each name.
pub fn bars(html: &mut Html, id: &str, title: &str, counts: &[(String, u64)]) {
    let largest = counts.iter().map(|(_, count)| *count).max().unwrap_or_default().max(1);
    let height = ROW * counts.len() as u64 + 10;
    let described: Vec<String> = counts.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    figure(html, id, height, title, &described.join("; "), |html| {
        for (row, (name, count)) in (0..).zip(counts) {
            let top = ROW * row + 6;
            let named = (top + 16).to_string();
            html.put("text", &[("x", "0"), ("y", &named), ("class", "name")], name);
            let width = count * (RIGHT - LEFT) / largest;
            let (x, y) = (LEFT.to_string(), top.to_string());
            let wide = width.to_string();
            let place = [
                ("x", x.as_str()),
                ("y", &y),
                ("width", &wide),
                ("height", "22"),
                ("class", "bar"),
            ];
            html.empty("rect", &place);
            let x = (LEFT + width + 8).to_string();
            html.put(
                "text",
                &[("x", &x), ("y", &named), ("class", "mark")],
                &count.to_string(),
            );
        }
    });
}

fn figure(html: &mut Html, id: &str, height: u64, title: &str, described: &str, inside: impl FnOnce(&mut Html)) {
    let (box_text, title_id, text_id) = (
        format!("0 0 {WIDTH} {height}"),
        format!("{id}-title"),
        format!("{id}-text"),
    );
    let labelled = format!("{title_id} {text_id}");
    html.element("figure", &[], |html| {
        html.put("figcaption", &[], title);
        let attributes = [
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("viewBox", box_text.as_str()),
            ("role", "img"),
            ("aria-labelledby", &labelled),
        ];
        html.element("svg", &attributes, |html| {
            html.put("title", &[("id", &title_id)], title);
            html.put("desc", &[("id", &text_id)], described);
            inside(html);
        });
    });
}

fn line(html: &mut Html, class: &str, (x1, y1): (&str, &str), (x2, y2): (&str, &str)) {
    html.empty(
        "line",
        &[("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2), ("class", class)],
    );
}

/// A mark of the scale: whole and tenths of a percent.
fn percent(millionths: u64) -> String {
    let tenths = millionths / 1_000;
    match tenths % 10 {
        0 => format!("{}%", tenths / 10),
        tenth => format!("{}.{tenth}%", tenths / 10),
    }
}
