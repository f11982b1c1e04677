//! The sections of a report, in the order in which a reader needs them.

use super::html::Html;
use super::lang::{Lang, unchecked, violation};
use super::plot;
use super::read::{Finding, Shown, Verification};
use crate::canonical::Json;
use crate::rules::calendar::Date;

/// Nothing to show.
pub(super) const DASH: &str = "\u{2013}";

pub(super) fn section(html: &mut Html, title: &str, inside: impl FnOnce(&mut Html)) {
    html.element("section", &[], |html| {
        html.put("h2", &[], title);
        inside(html);
    });
}

pub(super) fn paragraph(html: &mut Html, text: &str) {
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
            let text = if of.samples.iter().all(|sample| sample.shown() == Shown::Whole) {
                lang.say(
                    "证据包与签名检查点一致；已开示的决定依其事实和当时公布的政策重新计算，结果逐字节相同；样本可由他人重新抽取。",
                    "The bundle is what the signed checkpoint says. Every decision that is opened follows again, byte for \
                     byte, from its facts and the law then published. The samples can be drawn again by anybody.",
                )
            } else {
                lang.say(
                    "证据包与签名检查点一致；已开示的决定依其事实和当时公布的政策重新计算，结果逐字节相同。有抽样框已不能开示：各样本能否重新抽取、核对到何种程度，见该样本一节。",
                    "The bundle is what the signed checkpoint says. Every decision that is opened follows again, byte for \
                     byte, from its facts and the law then published. Frames of samples cannot be opened any more: how far \
                     each sample can be drawn again is said in its section.",
                )
            };
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
        let row = |one: &Json| {
            let code = text(one, "code");
            let said = violation(lang, &code, &text(one, "text"));
            vec![code, text(one, "place"), said]
        };
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
    let date = seconds.and_then(Date::in_shanghai);
    date.map_or_else(|| DASH.to_owned(), |date| date.to_string())
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
        let outcomes = named(of.counted(|item| Some(item.outcome.clone())));
        let title = lang.say("按结论类别的件数", "Findings by outcome");
        plot::bars(html, &format!("{tag}-outcomes"), title, &outcomes);
        let causes = named(of.counted(|item| item.cause.clone()));
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
        let rows: Vec<Vec<String>> = of
            .findings
            .iter()
            .filter(|finding| !is_plain(finding))
            .map(|finding| row(lang, finding))
            .collect();
        html.table(
            lang.say("另有说明的结论", "Findings that say more than correct"),
            &head,
            &[0, 1],
            &rows,
        );
        correct(html, lang, of);
    });
}

/// Whether it says that everything is right, and nothing else.
fn is_plain(finding: &Finding) -> bool {
    let correct = finding.items.iter().all(|item| item.outcome == "correct");
    correct && finding.stands && finding.summary.is_none() && finding.rectification.is_none()
}

/// The decisions that were found right, by their entries: many, and each says the same.
fn correct(html: &mut Html, lang: Lang, of: &Verification) {
    let plain = of.findings.iter().filter(|finding| is_plain(finding));
    let entries: Vec<String> = plain.filter_map(|finding| Some(finding.of?.to_string())).collect();
    if entries.is_empty() {
        return;
    }
    let (count, entries) = (entries.len(), entries.join(", "));
    paragraph(
        html,
        &match lang {
            Lang::Zh => format!("另有 {count} 件决定复核无差错，条目：{entries}。"),
            Lang::En => format!("{count} more decisions were found right, at the entries {entries}."),
        },
    );
}

fn row(lang: Lang, finding: &Finding) -> Vec<String> {
    let items = finding.items.iter().map(|item| {
        let words = item
            .cause
            .iter()
            .chain(&item.step)
            .map(|word| lang.word(word).to_owned());
        let more: Vec<String> = words.chain(item.amount_fen.map(yuan)).collect();
        match more.as_slice() {
            [] => lang.word(&item.outcome).to_owned(),
            _ => format!("{} ({})", lang.word(&item.outcome), more.join(", ")),
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
pub fn yuan(fen: u64) -> String {
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
                let said = count.map_or_else(|| said.clone(), |count| format!("{said}: {count}"));
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
            (lang.say("见证方的法定数", "Quorum of the policy"), quorum.to_owned()),
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
