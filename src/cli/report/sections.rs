//! The sections of a report, in the order in which a reader needs them.

use super::html::Html;
use super::lang::{Lang, unchecked};
use super::plot;
use super::rates::{amounts, bounds, statement};
use super::read::{Finding, Sample, Verification};
use crate::canonical::Json;
use crate::rules::calendar::Date;
use crate::statistics::Confidence;

/// Asia/Shanghai is eight hours ahead of UTC all year.
const SHANGHAI_AHEAD_SECONDS: i64 = 8 * 60 * 60;

/// A day.
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Nothing to show.
const DASH: &str = "\u{2013}";

fn section(html: &mut Html, title: &str, inside: impl FnOnce(&mut Html)) {
    html.element("section", &[], |html| {
        html.put("h2", &[], title);
        inside(html);
    });
}

fn paragraph(html: &mut Html, text: &str) {
    html.put("p", &[], text);
}

/// Whether everything verifies, first of all.
pub fn verdict(html: &mut Html, lang: Lang, of: &Verification) {
    let violations = of.count(&["violations", "count"]);
    let class = if of.is_good { "verdict good" } else { "verdict bad" };
    html.element("section", &[("class", class), ("role", "status")], |html| {
        let word = if of.is_good {
            lang.say("✓ 验证通过", "✓ Verified")
        } else {
            lang.say("✗ 验证未通过", "✗ Refuted")
        };
        html.put("h2", &[], word);
        if of.is_good {
            let text = lang.say(
                "证据包与签名检查点一致；已开示的决定依其事实和当时公布的政策重新计算，结果逐字节相同；样本可由他人重新抽取。",
                "The bundle is what the signed checkpoint says. Every decision that is opened follows again, byte for \
                 byte, from its facts and the law then published. The samples can be drawn again by anybody.",
            );
            paragraph(html, text);
            return;
        }
        let text = match lang {
            Lang::Zh => format!("发现 {violations} 处不符。在查明之前，不得以本日志作为结论依据。"),
            Lang::En => format!("{violations} violations were found. Until they are explained, nothing rests on this log."),
        };
        paragraph(html, &text);
        let head = [lang.say("代码", "Code"), lang.say("位置", "Place"), lang.say("说明", "What is wrong")];
        let text = |json: &Json, key: &str| json.get(key).and_then(Json::as_text).unwrap_or(DASH).to_owned();
        let row = |one: &Json| vec![text(one, "code"), text(one, "place"), text(one, "text")];
        let rows: Vec<Vec<String>> = of.list(&["violations", "kept"]).iter().map(row).collect();
        html.table(lang.say("不符之处", "Violations"), &head, &[], &rows);
        let rest = violations.saturating_sub(rows.len() as u64);
        if rest > 0 {
            let text = match lang {
                Lang::Zh => format!("另有 {rest} 处未列出。"),
                Lang::En => format!("{rest} more are not listed."),
            };
            paragraph(html, &text);
        }
    });
}

/// What was looked at.
pub fn overview(html: &mut Html, lang: Lang, of: &Verification) {
    section(html, lang.say("审计范围", "What was checked"), |html| {
        let (first, last) = (day(of, "first_logged"), day(of, "last_logged"));
        let opened = lang.word(of.text(&["bundle", "opened"])).to_owned();
        let identity = of.at(&["bundle", "identity"]).and_then(Json::as_bool) == Some(true);
        html.pairs(&[
            (lang.say("日志", "Log"), of.text(&["checkpoint", "origin"]).to_owned()),
            (
                lang.say("记录起止", "Logged from and to"),
                format!("{first} \u{2013} {last}"),
            ),
            (
                lang.say("日志条目", "Entries"),
                of.count(&["entries", "count"]).to_string(),
            ),
            (
                lang.say("决定", "Decisions"),
                of.count(&["decisions", "count"]).to_string(),
            ),
            (
                lang.say("已开示并重新计算", "Opened and decided again"),
                of.count(&["decisions", "replayed"]).to_string(),
            ),
            (
                lang.say("结果一致", "With the same result"),
                of.count(&["decisions", "equal"]).to_string(),
            ),
            (
                lang.say("结果不一致", "With another result"),
                of.count(&["decisions", "different"]).to_string(),
            ),
            (
                lang.say("复核结论", "Findings that stand"),
                of.count(&["findings", "standing"]).to_string(),
            ),
            (lang.say("开示范围", "Opened in the bundle"), opened),
            (
                lang.say("身份信息", "Identities"),
                lang.say(
                    if identity { "已开示" } else { "未开示" },
                    if identity { "opened" } else { "not opened" },
                )
                .to_owned(),
            ),
        ]);
    });
}

fn day(of: &Verification, member: &str) -> String {
    let seconds = of.at(&["entries", member]).and_then(Json::as_integer);
    let seconds = seconds.and_then(|seconds| i64::try_from(seconds).ok());
    let epoch = Date::new(1970, 1, 1);
    let date = seconds
        .zip(epoch)
        .and_then(|(seconds, epoch)| epoch.plus_days((seconds + SHANGHAI_AHEAD_SECONDS).div_euclid(DAY_SECONDS)));
    date.map_or_else(|| DASH.to_owned(), |date| date.to_string())
}

/// One sample: how it was drawn, what its reviews show, and what they do not.
pub fn sample(html: &mut Html, lang: Lang, number: usize, of: &Sample, confidence: Confidence) {
    let title = match lang {
        Lang::Zh => format!("样本 {}", of.period),
        Lang::En => format!("Sample {}", of.period),
    };
    section(html, &title, |html| {
        let agrees = if of.agrees {
            lang.say(
                "✓ 依公开的随机种子重新抽取，与日志记载一致。",
                "✓ Drawn again from its seed, it is the one that the log records.",
            )
        } else {
            lang.say(
                "✗ 重新抽取的结果与日志记载不一致，或无法重新抽取。",
                "✗ It cannot be drawn again, or the log records another one.",
            )
        };
        html.put("p", &[("class", if of.agrees { "holds" } else { "fails" })], agrees);
        if let Some(problem) = &of.problem {
            html.put("p", &[("class", "fails")], problem);
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
        if rates.reviewed > 0 {
            plot::intervals(html, lang, &format!("{}-rates-{number}", lang.tag()), &rates);
        }
        let basis = if of.of_spending {
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
            let interval = rate.estimate.interval();
            vec![
                lang.word(rate.outcome.code()).to_owned(),
                rate.errors.to_string(),
                statement(lang, &rates, rate),
                interval
                    .map_or(DASH, |interval| lang.method(interval.method))
                    .to_owned(),
                rate.worst_case
                    .as_ref()
                    .map_or_else(|| DASH.to_owned(), |worst| bounds(lang, worst)),
                amounts(lang, &rate.amounts),
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
    let fields: Vec<&str> = fields.iter().filter_map(Json::as_text).collect();
    let seed = of.json.get("seed").and_then(Json::as_text).unwrap_or(DASH);
    let unopened = of.json.get("unopened").and_then(Json::as_list).map_or(0, <[Json]>::len);
    html.pairs(&[
        (
            lang.say("方法", "Method"),
            of.json.get("method").and_then(Json::as_text).unwrap_or(DASH).to_owned(),
        ),
        (lang.say("总体", "Drawn from"), text("population")),
        (
            lang.say("条目范围", "Entries"),
            format!("{} \u{2013} {}", number("from"), number("to")),
        ),
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
            unopened.to_string(),
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
    let row = |(key, stratum): &(String, crate::app::rates::StratumReviews)| {
        vec![
            key.clone(),
            stratum.population.to_string(),
            stratum.units.len().to_string(),
            stratum.units.iter().flatten().count().to_string(),
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

/// The findings by kind and cause, and each of them.
pub fn findings(html: &mut Html, lang: Lang, of: &Verification) {
    section(html, lang.say("复核结论", "Findings"), |html| {
        if of.findings.is_empty() {
            paragraph(
                html,
                lang.say("证据包中没有复核结论。", "The bundle holds no findings."),
            );
            return;
        }
        let named = |counts: Vec<(String, u64)>| -> Vec<(String, u64)> {
            counts
                .into_iter()
                .map(|(code, count)| (lang.word(&code).to_owned(), count))
                .collect()
        };
        let tag = lang.tag();
        let outcomes = named(of.counted(|(outcome, ..)| Some(outcome.clone())));
        let title = lang.say("按结论类别的件数", "Findings by outcome");
        plot::bars(html, &format!("{tag}-outcomes"), title, &outcomes);
        let causes = named(of.counted(|(_, cause, ..)| cause.clone()));
        if !causes.is_empty() {
            let title = lang.say("按原因的差错件数", "Errors by cause");
            plot::bars(html, &format!("{tag}-causes"), title, &causes);
        }
        let head = [
            lang.say("条目", "Entry"),
            lang.say("决定条目", "On entry"),
            lang.say("周期", "Period"),
            lang.say("结论", "Outcome"),
            lang.say("说明与整改", "Summary and rectification"),
            lang.say("被审计方", "Auditee"),
            lang.say("状态", "State"),
        ];
        let rows: Vec<Vec<String>> = of.findings.iter().map(|finding| row(lang, finding)).collect();
        html.table(lang.say("全部结论", "Every finding"), &head, &[0, 1], &rows);
    });
}

fn row(lang: Lang, finding: &Finding) -> Vec<String> {
    let items = finding.items.iter().map(|(outcome, cause, step, amount_fen)| {
        let cause = cause.as_ref().or(step.as_ref()).map(|word| lang.word(word));
        let amount = amount_fen.map(yuan);
        let more: Vec<String> = cause.map(str::to_owned).into_iter().chain(amount).collect();
        match more.as_slice() {
            [] => lang.word(outcome).to_owned(),
            _ => format!("{} ({})", lang.word(outcome), more.join(", ")),
        }
    });
    let texts: Vec<&str> = finding
        .summary
        .iter()
        .chain(&finding.rectification)
        .map(String::as_str)
        .collect();
    let state = match (finding.stands, finding.review.signed_off) {
        (false, _) => lang.say("已被替代", "replaced"),
        (true, true) => lang.say("已签署", "signed off"),
        (true, false) => lang.say("未签署", "not signed off"),
    };
    let auditee = finding.auditee.as_deref().map_or(DASH, |answer| lang.word(answer));
    vec![
        finding.index.to_string(),
        finding.of.map_or_else(|| DASH.to_owned(), |index| index.to_string()),
        finding.period.clone().unwrap_or_else(|| DASH.to_owned()),
        items.collect::<Vec<_>>().join("; "),
        if texts.is_empty() {
            DASH.to_owned()
        } else {
            texts.join(" / ")
        },
        auditee.to_owned(),
        state.to_owned(),
    ]
}

/// Fen as yuan, exactly.
fn yuan(fen: u64) -> String {
    format!("{}.{:02} \u{5143}", fen / 100, fen % 100)
}

/// Whether the decisions follow again.
pub fn replay(html: &mut Html, lang: Lang, of: &Verification) {
    section(html, lang.say("重新计算", "Replay"), |html| {
        let count = |key: &str| of.count(&["decisions", key]);
        let (replayed, equal, different) = (count("replayed"), count("equal"), count("different"));
        let text = match lang {
            Lang::Zh => format!("重新计算 {replayed} 件决定：{equal} 件逐字节一致，{different} 件不一致。"),
            Lang::En => {
                format!("{replayed} decisions were decided again: {equal} gave the same bytes, {different} others.")
            }
        };
        html.put("p", &[("class", if different == 0 { "holds" } else { "fails" })], &text);
        html.pairs(&[
            (
                lang.say("本次计算程序", "Decided again by"),
                of.text(&["decisions", "engine"]).to_owned(),
            ),
            (lang.say("已销毁", "Said to be erased"), count("erased").to_string()),
            (
                lang.say("限制处理", "Said to be restricted"),
                count("restricted").to_string(),
            ),
        ]);
        let differences = of.list(&["decisions", "differences"]);
        if !differences.is_empty() {
            let cell = |one: &Json, key: &str| match one.get(key) {
                Some(Json::Text(text)) => lang.word(text).to_owned(),
                Some(Json::Int(number)) => number.to_string(),
                _ => DASH.to_owned(),
            };
            let row = |one: &Json| {
                ["index", "cause", "path", "recorded", "replayed"]
                    .map(|key| cell(one, key))
                    .to_vec()
            };
            let rows: Vec<Vec<String>> = differences.iter().map(row).collect();
            let head = [
                lang.say("条目", "Entry"),
                lang.say("原因", "Cause"),
                lang.say("位置", "Where"),
                lang.say("记录值", "Recorded"),
                lang.say("重算值", "Decided again"),
            ];
            html.table(lang.say("不一致的决定", "Decisions that differ"), &head, &[0], &rows);
        }
        policies(html, lang, of);
    });
}

/// The documents of law in the log, and which values in them are samples.
fn policies(html: &mut Html, lang: Lang, of: &Verification) {
    let policies = of.list(&["policies"]);
    if policies.is_empty() {
        return;
    }
    let cell = |one: &Json, key: &str| match one.get(key) {
        Some(Json::Text(text)) => text.clone(),
        Some(Json::Int(number)) => number.to_string(),
        _ => DASH.to_owned(),
    };
    let row = |one: &Json| ["index", "title", "area", "digest"].map(|key| cell(one, key)).to_vec();
    let rows: Vec<Vec<String>> = policies.iter().map(row).collect();
    let head = [
        lang.say("条目", "Entry"),
        lang.say("名称", "Title"),
        lang.say("地区", "Area"),
        lang.say("摘要值", "Digest"),
    ];
    html.table(
        lang.say("日志中的政策文件", "Documents of law in the log"),
        &head,
        &[0],
        &rows,
    );
    let samples = of.at(&["decisions", "sample_values"]).and_then(Json::as_object);
    if let Some(samples) = samples.filter(|samples| !samples.is_empty()) {
        html.put("p", &[("class", "warns")], lang.say(
            "下列参数为样例值，并非有权机关发布的数值。以其作出的决定不能作为真实待遇的依据。",
            "These parameters are sample values 样例值 that no authority set. A decision that used one says nothing \
             about what is owed.",
        ));
        let rows: Vec<Vec<String>> = samples
            .iter()
            .map(|(name, count)| {
                let count = count
                    .as_integer()
                    .map_or_else(|| DASH.to_owned(), |count| count.to_string());
                vec![format!("{} {name}", lang.say("【样例】", "[sample 样例]")), count]
            })
            .collect();
        let head = [
            lang.say("参数", "Parameter"),
            lang.say("使用它的决定", "Decisions that used it"),
        ];
        html.table(lang.say("样例值", "Sample values"), &head, &[1], &rows);
    }
}

/// What a reader must not believe to be checked.
pub fn not_checked(html: &mut Html, lang: Lang, of: &Verification) {
    section(html, lang.say("未核查的事项", "What was not checked"), |html| {
        html.element("ul", &[], |html| {
            for one in of.list(&["not_checked"]) {
                let text = |key: &str| one.get(key).and_then(Json::as_text).unwrap_or_default();
                let said = unchecked(lang, text("code"), text("text"));
                let count = one.get("count").and_then(Json::as_integer);
                let said = count.map_or_else(|| said.to_owned(), |count| format!("{said}: {count}"));
                html.put("li", &[], &said);
            }
        });
    });
}

/// What the whole rests on.
pub fn keys(html: &mut Html, lang: Lang, of: &Verification) {
    section(html, lang.say("密钥与检查点", "Keys and checkpoint"), |html| {
        let list = |path: &[&str]| -> String {
            let texts: Vec<&str> = of.list(path).iter().filter_map(Json::as_text).collect();
            if texts.is_empty() {
                DASH.to_owned()
            } else {
                texts.join(", ")
            }
        };
        let witnesses: Vec<&str> = of
            .list(&["checkpoint", "witnesses"])
            .iter()
            .filter_map(|witness| witness.get("name")?.as_text())
            .collect();
        let quorum = match of.at(&["checkpoint", "quorum_met"]).and_then(Json::as_bool) {
            Some(true) => lang.say("已达到", "met"),
            Some(false) => lang.say("未达到", "not met"),
            None => lang.say("未要求", "nobody was asked for"),
        };
        let previous = match of.at(&["previous", "continues"]).and_then(Json::as_bool) {
            Some(true) => format!("{}: {}", lang.say("接续", "continued"), of.count(&["previous", "size"])),
            Some(false) => format!(
                "{}: {}",
                lang.say("不接续", "NOT continued"),
                of.count(&["previous", "size"])
            ),
            None => lang.say("未提供", "none was given").to_owned(),
        };
        html.pairs(&[
            (
                lang.say("验证所用公钥", "Verified under the key"),
                list(&["checkpoint", "signed_by"]),
            ),
            (
                lang.say("树大小", "Size of the tree"),
                of.count(&["checkpoint", "size"]).to_string(),
            ),
            (lang.say("树根", "Root"), of.text(&["checkpoint", "root"]).to_owned()),
            (
                lang.say("见证方", "Witnesses"),
                if witnesses.is_empty() {
                    DASH.to_owned()
                } else {
                    witnesses.join(", ")
                },
            ),
            (lang.say("见证方法定数", "Quorum of the policy"), quorum.to_owned()),
            (lang.say("上次审计的检查点", "Checkpoint of the audit before"), previous),
            (
                lang.say("证据包清单摘要值", "Digest of the bundle's manifest"),
                of.text(&["bundle", "manifest"]).to_owned(),
            ),
            (
                lang.say("证据包制作程序", "Bundle made by"),
                of.text(&["bundle", "engine"]).to_owned(),
            ),
        ]);
        paragraph(
            html,
            lang.say(
                "请留存以下检查点，供下次审计使用：",
                "Keep this checkpoint for the next audit:",
            ),
        );
        html.put("pre", &[], of.text(&["checkpoint", "note"]));
    });
}

/// Room for those who answer for the report.
pub fn signatures(html: &mut Html, lang: Lang) {
    section(html, lang.say("签署", "Signatures"), |html| {
        html.element("div", &[("class", "signatures")], |html| {
            for role in [
                lang.say("复核人一", "First reviewer"),
                lang.say("复核人二", "Second reviewer"),
                lang.say("被审计方", "Auditee"),
                lang.say("日期", "Date"),
            ] {
                html.put("p", &[], role);
            }
        });
    });
}
