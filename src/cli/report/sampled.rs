//! The section of a sample: how it was drawn, what its reviews show, and what they do not.

use super::html::Html;
use super::lang::{Lang, sample_problem};
use super::plot;
use super::rates::{amounts, bounds, method, statement};
use super::read::{Sample, Shown};
use super::sections::{DASH, paragraph, section};
use crate::app::rates::Unit;
use crate::canonical::Json;
use crate::statistics::Confidence;

/// One sample: how it was drawn, what its reviews show, and what they do not.
pub fn sample(html: &mut Html, lang: Lang, number: usize, of: &Sample, confidence: Confidence) {
    let title = match lang {
        Lang::Zh => format!("样本 {}", of.period),
        Lang::En => format!("Sample {}", of.period),
    };
    section(html, &title, |html| {
        agreement(html, lang, of);
        if let Some(problem) = &of.problem {
            html.put("p", &[("class", "fails")], &sample_problem(lang, problem));
        }
        html.put("h3", &[], lang.say("抽样设计", "Design"));
        design(html, lang, of);
        let rates = of.rates(confidence);
        html.put("h3", &[], lang.say("差错率", "Error rates"));
        let response = match lang {
            Lang::Zh => format!(
                "总体 {}，抽取 {}，复核 {}，未复核 {}，已签署 {}。各类差错分别估计，置信度 {}%。",
                rates.population,
                rates.drawn,
                rates.reviewed,
                rates.missing,
                rates.signed_off,
                confidence.percent()
            ),
            Lang::En => format!(
                "Population {}, drawn {}, reviewed {}, not reviewed {}, signed off {}. Each kind of error has a rate of \
                 its own, with {}% confidence.",
                rates.population,
                rates.drawn,
                rates.reviewed,
                rates.missing,
                rates.signed_off,
                confidence.percent()
            ),
        };
        html.put(
            "p",
            &[("class", if rates.missing > 0 { "warns" } else { "plain" })],
            &response,
        );
        if rates.missing > 0 {
            paragraph(html, lang.say(
                "未复核的单元不视为无差错：“最坏情形”一列假定其全部无差错或全部有差错。",
                "What is not reviewed is not taken for right: the worst case takes all of it for right and for wrong.",
            ));
        }
        if rates.reviewed == 0 {
            let text = lang.say("没有复核，不能下结论。", "Nothing was reviewed: nothing can be said.");
            html.put("p", &[("class", "fails")], text);
            strata(html, lang, of);
            return;
        }
        let id = format!("{}-rates-{number}", lang.tag());
        plot::intervals(html, lang, &id, &rates);
        if rates.of_spending {
            paragraph(
                html,
                lang.say(
                    "本样本按金额抽取：差错率是占支出的比例，不是占决定件数的比例。",
                    "This sample was drawn by amount: a rate is a share of the spending, not of the decisions.",
                ),
            );
        }
        let basis = if rates.of_spending {
            lang.say("占支出的比例", "Rate, of spending")
        } else {
            lang.say("占决定的比例", "Rate, of decisions")
        };
        let head = [
            lang.say("差错类别", "Kind of error"),
            lang.say("件数", "Errors"),
            basis,
            lang.say("方法", "Method"),
            lang.say("最坏情形", "Worst case"),
            lang.say("占金额的比例", "Share of what is paid"),
        ];
        let row = |rate: &crate::app::rates::KindRate| {
            vec![
                lang.word(rate.outcome.code()).to_owned(),
                if rate.is_out_of_reach {
                    DASH.to_owned()
                } else {
                    rate.errors.to_string()
                },
                statement(lang, &rates, rate),
                method(lang, &rate.estimate).to_owned(),
                rate.worst_case
                    .as_ref()
                    .map_or_else(|| DASH.to_owned(), |worst| bounds(lang, worst)),
                amounts(lang, rate),
            ]
        };
        let rows: Vec<Vec<String>> = rates.rates.iter().map(row).collect();
        html.table(
            lang.say("差错率及其区间", "Error rates and their intervals"),
            &head,
            &[1],
            &rows,
        );
        strata(html, lang, of);
    });
}

/// Whether it can be drawn again, and as far as that is shown.
fn agreement(html: &mut Html, lang: Lang, of: &Sample) {
    let (class, text) = match (of.agrees, of.shown()) {
        (false, _) => (
            "fails",
            lang.say(
                "✗ 重新抽取的结果与日志记载不一致，或无法重新抽取。",
                "✗ It cannot be drawn again, or the log records another one.",
            ),
        ),
        (true, Shown::Whole) => (
            "holds",
            lang.say(
                "✓ 依公开的随机种子重新抽取，与日志记载一致。",
                "✓ Drawn again from its seed, it is the one that the log records.",
            ),
        ),
        (true, Shown::OfOpened) => (
            "warns",
            lang.say(
                "△ 依公开的随机种子从抽样时可以开示的抽样框中重新抽取，与日志记载一致；其余决定不在总体之内，须由运营方以密钥逐一说明。",
                "△ Drawn again from its seed, out of the frames that could be opened when it was drawn, it is the one that \
                 the log records. The other decisions are not in its population: only the operator's keys can account for \
                 each.",
            ),
        ),
        (true, Shown::InPart) => (
            "warns",
            lang.say(
                "△ 抽样之后有抽样框被销毁，只能核对到此：其余单元的抽取次序与种子一致；被销毁的决定中哪些被抽中，无法证明。",
                "△ Frames were erased after the draw, and it agrees as far as it can be told: all others were drawn in the \
                 order of the seed. Which of the erased ones were drawn is not shown.",
            ),
        ),
        (true, Shown::Not) => (
            "warns",
            lang.say(
                "△ 抽样之后有抽样框被销毁，其金额已不可知：日志记载的样本是否由种子抽出，无法证明。",
                "△ Frames were erased after the draw, and their amounts are not known any more: that the seed draws the \
                 sample that the log records is not shown.",
            ),
        ),
    };
    html.put("p", &[("class", class)], text);
}

fn design(html: &mut Html, lang: Lang, of: &Sample) {
    let request = of.json.get("request");
    let at = |key: &str| request.and_then(|request| request.get(key));
    let text = |key: &str| {
        at(key)
            .and_then(Json::as_text)
            .map_or(DASH, |code| lang.word(code))
            .to_owned()
    };
    let number = |key: &str| {
        at(key)
            .and_then(Json::as_integer)
            .map_or_else(|| DASH.to_owned(), |value| value.to_string())
    };
    let fields = at("strata").and_then(Json::as_list).unwrap_or_default();
    let fields: Vec<&str> = fields
        .iter()
        .filter_map(Json::as_text)
        .map(|field| lang.word(field))
        .collect();
    let seed = of.json.get("seed").and_then(Json::as_text).unwrap_or(DASH);
    html.pairs(&[
        (
            lang.say("方法", "Method"),
            of.json.get("method").and_then(Json::as_text).unwrap_or(DASH).to_owned(),
        ),
        (lang.say("总体", "Drawn from"), text("population")),
        (lang.say("条目范围", "Entries"), range(at("from"), at("to"))),
        (lang.say("抽取方式", "Draw"), text("draw")),
        (
            lang.say("分层依据", "Strata by"),
            if fields.is_empty() {
                DASH.to_owned()
            } else {
                fields.join(", ")
            },
        ),
        (lang.say("分配", "Allocation"), text("allocation")),
        (lang.say("样本量", "Size"), number("size")),
        (lang.say("备用样本", "Reserve in each stratum"), number("reserve")),
        (
            lang.say("抽样框无法开示", "Frames that cannot be opened"),
            of.unopened_count.to_string(),
        ),
        (
            lang.say("抽样之后被销毁的抽样框", "Frames erased after the draw"),
            of.erased_since_count.to_string(),
        ),
        (lang.say("种子", "Seed"), seed.to_owned()),
    ]);
    let parties = of.json.get("parties").and_then(Json::as_list).unwrap_or_default();
    if !parties.is_empty() {
        let word = |party: &Json, key: &str| party.get(key).and_then(Json::as_text).unwrap_or(DASH).to_owned();
        let row = |party: &Json| {
            let (role, answer) = (word(party, "role"), word(party, "answer"));
            vec![
                word(party, "party"),
                lang.word(&role).to_owned(),
                lang.word(&answer).to_owned(),
            ]
        };
        let rows: Vec<Vec<String>> = parties.iter().map(row).collect();
        let head = [
            lang.say("各方", "Party"),
            lang.say("身份", "Role"),
            lang.say("随机值", "Random value"),
        ];
        html.table(
            lang.say("谁参与了随机种子", "Whose values made the seed"),
            &head,
            &[],
            &rows,
        );
    }
    let checks = of.json.get("cross_checks").and_then(Json::as_list).unwrap_or_default();
    if !checks.is_empty() {
        let word = |check: &Json, key: &str| check.get(key).and_then(Json::as_text).unwrap_or(DASH).to_owned();
        let rows: Vec<Vec<String>> = checks
            .iter()
            .map(|check| vec![word(check, "reviewer"), word(check, "reviewed")])
            .collect();
        let head = [
            lang.say("复核乡镇", "Reviewing township"),
            lang.say("被复核乡镇", "Reviewed township"),
        ];
        html.table(
            lang.say("乡镇互查", "Cross-checks between townships 乡镇互查"),
            &head,
            &[],
            &rows,
        );
    }
}

fn strata(html: &mut Html, lang: Lang, of: &Sample) {
    if of.strata.len() < 2 {
        return;
    }
    html.put("h3", &[], lang.say("各层", "Strata"));
    let head = [
        lang.say("层", "Stratum"),
        lang.say("总体", "Population"),
        lang.say("抽取", "Drawn"),
        lang.say("有结论", "With a finding"),
        lang.say("备用", "Reserve"),
    ];
    let row = |(key, stratum): &(String, crate::app::rates::StratumUnits)| {
        let found = stratum.units.iter().filter(|unit| matches!(unit, Unit::Found(_)));
        vec![
            readable(lang, key),
            stratum.population.to_string(),
            stratum.units.len().to_string(),
            found.count().to_string(),
            stratum.reserve.len().to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = of.strata.iter().map(row).collect();
    html.table(
        lang.say("各层的总体与样本", "Population and sample of each stratum"),
        &head,
        &[1, 2, 3, 4],
        &rows,
    );
}

/// The entries of a range whose end is not of it.
fn range(from: Option<&Json>, to: Option<&Json>) -> String {
    match (from.and_then(Json::as_integer), to.and_then(Json::as_integer)) {
        (Some(from), Some(to)) => format!("{from} \u{2013} {}", to - 1),
        (_, _) => DASH.to_owned(),
    }
}

/// The key of a stratum, its members without the marks of JSON.
fn readable(lang: Lang, key: &str) -> String {
    let Some(Json::Object(members)) = Json::parse(key.as_bytes()).ok() else {
        return key.to_owned();
    };
    let member = |(name, value): (&String, &Json)| {
        let value = match (name.as_str(), value) {
            (_, Json::Text(text)) if text.is_empty() => lang.say("无", "none 无"),
            ("programme" | "outcome" | "residence_kind" | "source", Json::Text(text)) => lang.word(text),
            (_, Json::Bool(true)) => lang.say("是", "yes"),
            (_, Json::Bool(false)) => lang.say("否", "no"),
            // A township, or the number of an officer.
            (_, Json::Text(text)) => text,
            (_, other) => return format!("{}: {other}", lang.word(name)),
        };
        format!("{}: {value}", lang.word(name))
    };
    members.iter().map(member).collect::<Vec<_>>().join(", ")
}
