//! The report says what the verification says: every figure, in well-formed markup that loads nothing.

use clap::Parser as _;

use super::*;
use crate::cli::Cli;

/// A verification with two samples: one stratified with a unit that nobody reviewed, one without any error.
const VERIFICATION: &str = include_str!("example.json");

fn verification(edit: impl Fn(&mut serde_json::Value)) -> Verification {
    let mut json: serde_json::Value = serde_json::from_str(VERIFICATION).unwrap();
    edit(&mut json);
    Verification::read(&Json::parse(json.to_string().as_bytes()).unwrap()).unwrap_or_else(|error| panic!("{error}"))
}

fn page_of(verification: &Verification, langs: &[Lang]) -> String {
    page::page(verification, langs, Confidence::NinetyFive)
}

/// Walks through the markup: every element is closed in order, every `&` is an entity, no text has a bare `<`.
/// Returns the names of the elements and all text with `|` between.
fn well_formed(page: &str) -> (Vec<String>, String) {
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("a document type");
    let (mut open, mut names, mut text) = (Vec::new(), Vec::new(), String::new());
    while let Some((before, after)) = rest.split_once('<') {
        assert!(!before.contains('>'), "a bare > in {before:?}");
        if open.last().is_some_and(|name| name != "style") {
            text += before;
            text.push('|');
        }
        let (tag, after) = after.split_once('>').expect("a tag ends");
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else {
            let name = tag.split([' ', '/']).next().unwrap().to_owned();
            if !tag.ends_with('/') {
                open.push(name.clone());
            }
            names.push(name);
        }
        rest = after;
    }
    assert!(open.is_empty(), "left open: {open:?}");
    for part in text.split('&').skip(1) {
        let entity = part.split_once(';').map(|(entity, _)| entity);
        assert!(
            matches!(entity, Some("amp" | "lt" | "gt" | "quot" | "#39")),
            "a bare & before {part:.20}"
        );
    }
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'");
    (names, text.replace("&amp;", "&"))
}

#[test]
fn the_page_is_well_formed_and_loads_nothing() {
    let good = verification(|_| {});
    for langs in [&[Lang::Zh, Lang::En][..], &[Lang::Zh], &[Lang::En]] {
        let page = page_of(&good, langs);
        let (names, _) = well_formed(&page);
        for loading in [
            "script", "img", "iframe", "object", "embed", "video", "audio", "base", "form",
        ] {
            assert!(!names.iter().any(|name| name == loading), "{loading}");
        }
        let outside = page.replace("http://www.w3.org/", "");
        for word in ["http:", "https:", "//", "url(", "@import", "src=", "data:"] {
            assert!(!outside.contains(word), "{word}");
        }
        assert_eq!(
            names.iter().filter(|name| *name == "h1").count(),
            langs.len(),
            "one heading a language"
        );
        let figures = names.iter().filter(|name| *name == "svg").count();
        assert_eq!(
            names.iter().filter(|name| *name == "desc").count(),
            figures,
            "each plot has its text"
        );
        assert_eq!(figures, 3 * langs.len(), "rates, outcomes, causes");
    }
}

#[test]
fn what_is_read_is_never_markup() {
    let hostile = "</td><script>alert(1)</script>&\"'\u{202e}\u{61c}";
    let spoilt = verification(|json| {
        json["findings"]["list"][0]["summary"] = hostile.into();
        json["checkpoint"]["note"] = hostile.into();
        json["samples"][0]["parties"][0]["party"] = hostile.into();
        json["policies"][0]["title"] = hostile.into();
    });
    let page = page_of(&spoilt, &[Lang::En]);
    let (names, text) = well_formed(&page);
    assert!(!names.iter().any(|name| name == "script"));
    assert_eq!(
        text.matches("<script>alert(1)</script>&\"'\u{fffd}\u{fffd}").count(),
        4,
        "shown as it is"
    );
}

#[test]
fn every_figure_of_the_verification_stands_in_the_page() {
    let good = verification(|json| {
        let decisions = &mut json["decisions"];
        (decisions["equal"], decisions["different"]) = (121.into(), 1.into());
        decisions["differences"] = serde_json::json!([{
            "index": 1202, "cause": "engine", "path": "household.amount_fen", "recorded": "105000", "replayed": "104000",
        }]);
    });
    let (_, text) = well_formed(&page_of(&good, &[Lang::En]));
    for (name, value) in [
        ("Entries", "1204"),
        ("Decisions", "1100"),
        ("Opened and decided again", "122"),
        ("With the same result", "121"),
        ("With another result", "1"),
        ("Findings that stand", "120"),
        ("Size of the tree", "1204"),
    ] {
        assert!(text.contains(&format!("{name}||{value}|")), "{name} {value}");
    }
    assert!(
        text.contains("|1202||engine||household.amount_fen||105000||104000|"),
        "{text}"
    );
    assert!(
        text.contains("[sample 样例] standard.urban"),
        "sample values are marked as samples"
    );
    assert!(text.contains("Checkpoint of the audit before||none was given|"));
    assert!(text.contains("Quorum of the policy||met|"));
}

#[test]
fn the_rates_are_those_of_the_statistics_and_never_a_bare_nothing() {
    let good = verification(|_| {});
    let rates = good.samples[0].rates(Confidence::NinetyFive);
    assert_eq!((rates.drawn, rates.reviewed, rates.missing), (121, 120, 1));
    let (_, text) = well_formed(&page_of(&good, &[Lang::En]));
    let over = &rates.rates[1];
    assert_eq!((over.outcome.code(), over.errors), ("overpaid", 3));
    let interval = over.estimate.interval().unwrap();
    for value in [over.estimate.rate.unwrap(), interval.lower.unwrap(), interval.upper] {
        assert!(text.contains(&value.to_percent()), "{}", value.to_percent());
    }
    let nothing = good.samples[1].rates(Confidence::NinetyFive);
    assert!(
        nothing
            .rates
            .iter()
            .all(|rate| rate.errors == 0 && rate.estimate.rate.is_none())
    );
    for bare in ["|0.00%|", "estimate 0.00%", "|0.00% ("] {
        assert!(!text.contains(bare), "{bare}: no rate of nothing");
    }
    let none = nothing.rates[0].estimate.interval();
    assert!(none.is_none(), "nothing was reviewed in it");
    assert!(text.contains("Nothing was reviewed: nothing can be said."));
    assert!(text.contains("not reviewed 1,"), "what is missing is said");
    assert!(
        text.contains("|programme 项目: DIBAO 低保, urban or rural 城乡: urban|"),
        "strata are readable"
    );
    assert!(
        text.contains("|Procedure 程序 (Agency 经办, time limit 时限)|"),
        "cause and step"
    );
    assert!(text.contains("111 more decisions were found right"));
}

#[test]
fn a_finding_counts_in_every_sample_that_holds_its_decision() {
    // The finding on the decision at 7 was recorded again for another period, and one more without any.
    let amended = |period: Option<&'static str>| {
        move |json: &mut serde_json::Value| {
            let list = json["findings"]["list"].as_array_mut().unwrap();
            list[0]["stands"] = false.into();
            let mut again = list[0].clone();
            (again["index"], again["stands"]) = (1_300.into(), true.into());
            match period {
                Some(period) => again["period"] = period.into(),
                None => drop(again.as_object_mut().unwrap().remove("period")),
            }
            list.push(again);
            for stratum in json["samples"][0]["strata"].as_array_mut().unwrap() {
                for unit in stratum["units"].as_array_mut().unwrap() {
                    if unit["index"] == 7 {
                        unit["finding"] = 1_300.into();
                    }
                }
            }
        }
    };
    let reviewed = |edit: &dyn Fn(&mut serde_json::Value)| {
        let rates = verification(edit).samples[0].rates(Confidence::NinetyFive);
        (rates.reviewed, rates.missing)
    };
    assert_eq!(reviewed(&|_| {}), (120, 1));
    assert_eq!(reviewed(&amended(Some("2026-Q3-refusals"))), (120, 1));
    assert_eq!(
        reviewed(&amended(None)),
        (120, 1),
        "what was reviewed for a sample stays reviewed"
    );
    let unasked = |json: &mut serde_json::Value| {
        json["findings"]["list"][0].as_object_mut().unwrap().remove("period");
    };
    assert_eq!(reviewed(&unasked), (119, 2), "reviewed for another reason alone");
}

#[test]
fn a_census_is_said_to_be_one_in_the_page_and_in_the_figures() {
    let census = verification(|json| {
        json["samples"][1]["population"] = 1.into();
        json["samples"][1]["strata"][0]["population"] = 1.into();
        json["samples"][1]["strata"][0]["units"][0]["finding"] = 1_051.into();
    });
    let (_, text) = well_formed(&page_of(&census, &[Lang::Zh, Lang::En]));
    assert!(
        text.contains("|no error, and all 1 of the population were reviewed|"),
        "{text}"
    );
    assert!(text.contains("|总体 1 件已全部复核，未发现此类差错||全部复核（计数）|"));
    assert!(
        !text.contains("below 0.00%") && !text.contains("低于 0.00%"),
        "no rate of nothing"
    );
    let figures = rates::document("p", &census.samples[1].rates(Confidence::NinetyFive));
    for rate in figures["rates"].as_array().unwrap() {
        // Of refusals everything was counted but what no refusal can have.
        let is_out_of_reach = ["overpaid", "underpaid", "ineligible_paid"]
            .iter()
            .any(|code| rate["outcome"] == *code);
        assert_eq!(
            (&rate["census"], &rate["out_of_reach"], &rate["upper"]),
            (
                &(!is_out_of_reach).into(),
                &is_out_of_reach.into(),
                &serde_json::Value::Null
            )
        );
    }
}

#[test]
fn the_chinese_article_says_strata_and_problems_in_chinese() {
    let stratum = r#"{"continuing":false,"decider":"rule","outcome":"OTHER_LOW_INCOME","programme":""}"#;
    let spoilt = verification(|json| {
        json["samples"][0]["strata"][0]["key"] = stratum.into();
        json["samples"][0]["problem"] = "the log holds no result for this period yet".into();
    });
    let (_, text) = well_formed(&page_of(&spoilt, &[Lang::Zh]));
    // A decider is a number of the office, whatever it looks like.
    assert!(
        text.contains("|延续给付: 否, 决定人代号: rule, 决定结果: 其他低收入, 救助项目: 无|"),
        "{text}"
    );
    assert!(text.contains("|日志中尚无该周期的抽样结果|"));
}

#[test]
fn a_refuted_bundle_is_never_called_verified() {
    let bad = verification(|json| {
        json["verdict"] = "refuted".into();
        json["violations"] = serde_json::json!({
            "count": 3, "by_code": { "ROOT": 3 },
            "kept": [{ "code": "ROOT", "place": "tree of 1204 entries", "text": "another root" }],
        });
    });
    let (_, text) = well_formed(&page_of(&bad, &[Lang::Zh, Lang::En]));
    assert!(text.contains("✗ Refuted") && text.contains("✗ 验证未通过"));
    assert!(!text.contains("✓ Verified") && !text.contains("✓ 验证通过"));
    assert!(text.contains("|ROOT||tree of 1204 entries||another root|"));
    assert!(text.contains("|ROOT||tree of 1204 entries||全部条目得不出所签名的树根（程序原文：another root）|"));
    assert!(text.contains("2 more are not listed"));
}

#[test]
fn the_command_writes_the_file_and_says_its_figures() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (
        folder.path().join("verification.json"),
        folder.path().join("report.html"),
    );
    std::fs::write(&from, VERIFICATION).unwrap();
    let line = |lang: &str| {
        let (from, to) = (from.display().to_string(), to.display().to_string());
        let cli = Cli::try_parse_from(["doudi", "report", &from, "--to", &to, "--lang", lang]).unwrap();
        let crate::cli::Command::Report(args) = cli.command else {
            panic!("another command")
        };
        run(&args, &Out::new(false))
    };
    assert_eq!(line("both").unwrap(), Exit::Done);
    let both = std::fs::read_to_string(&to).unwrap();
    assert_eq!(line("zh").unwrap(), Exit::Done);
    let zh = std::fs::read_to_string(&to).unwrap();
    assert!(both.contains("id=\"en\"") && !zh.contains("id=\"en\""));
    std::fs::write(&to, "340321\n").unwrap();
    let refused = line("zh").expect_err("something else stands there");
    assert!(refused.text.contains("is no HTML page"), "{}", refused.text);
    assert_eq!(std::fs::read_to_string(&to).unwrap(), "340321\n", "and is left alone");
    std::fs::write(&from, "{}").unwrap();
    let refused = line("en").expect_err("no verification");
    assert_eq!(refused.exit, Exit::Usage);
    assert!(
        refused.text.contains("`format`") && refused.text.contains("doudi --json verify"),
        "{}",
        refused.text
    );
}

#[test]
fn a_sample_of_which_frames_are_gone_is_not_said_to_be_drawn_again_whole() {
    const WHOLE: [&str; 2] = [
        "✓ Drawn again from its seed, it is the one that the log records.",
        "✓ 依公开的随机种子重新抽取，与日志记载一致。",
    ];
    const ANYBODY: [&str; 2] = ["The samples can be drawn again by anybody.", "样本可由他人重新抽取"];
    let text_of = |edit: &dyn Fn(&mut serde_json::Value)| {
        let edited = verification(|json| {
            json["samples"].as_array_mut().unwrap().truncate(1);
            edit(&mut json["samples"][0]);
        });
        let page = page_of(&edited, &[Lang::Zh, Lang::En]);
        (page.contains("<p class=\"warns\">△"), well_formed(&page).1)
    };
    let (warns, text) = text_of(&|_| {});
    assert!(!warns && WHOLE.iter().chain(&ANYBODY).all(|said| text.contains(said)));
    type Edit = fn(&mut serde_json::Value);
    let spoilt: [(Edit, [&str; 2]); 3] = [
        (
            |sample| sample["erased_since"] = serde_json::json!([9]),
            ["it agrees as far as it can be told", "只能核对到此"],
        ),
        (
            |sample| {
                sample["erased_since"] = serde_json::json!([9]);
                sample["request"]["draw"] = "size_proportional".into();
            },
            [
                "that the seed draws the sample that the log records is not shown",
                "是否由种子抽出，无法证明",
            ],
        ),
        (
            |sample| sample["unopened"] = serde_json::json!([9]),
            [
                "out of the frames that could be opened when it was drawn",
                "其余决定不在总体之内",
            ],
        ),
    ];
    for (edit, said) in spoilt {
        let (warns, text) = text_of(&edit);
        assert!(warns && said.iter().all(|said| text.contains(said)), "{text}");
        for claimed in WHOLE.iter().chain(&ANYBODY) {
            assert!(!text.contains(claimed), "{claimed}");
        }
    }
    // Where the kind of an entry decides, no frame is needed.
    let (warns, text) = text_of(&|sample| {
        sample["unopened"] = serde_json::json!([9]);
        sample["request"]["draw"] = "simple".into();
    });
    assert!(!warns && text.contains(WHOLE[0]) && text.contains(ANYBODY[0]));
}

#[test]
fn a_unit_whose_case_is_erased_opens_the_reserve_in_the_report_as_in_the_service() {
    // The second stratum has one unit without a finding, and one in reserve: it takes over a finding of the first.
    let counts = |replay: &'static str| {
        let edited = verification(|json| {
            let strata = json["samples"][0]["strata"].as_array_mut().unwrap();
            let units = strata[1]["units"].as_array_mut().unwrap();
            let waiting = units.iter_mut().find(|unit| unit.get("finding").is_none());
            waiting.unwrap()["replay"] = replay.into();
            strata[1]["reserve"][0]["finding"] = 1_051.into();
        });
        let rates = edited.samples[0].rates(Confidence::NinetyFive);
        (rates.reviewed, rates.missing)
    };
    assert_eq!(counts("equal"), (120, 1));
    assert_eq!(counts("erased"), (121, 1));
    assert_eq!(counts("restricted"), (121, 1));
}

#[test]
fn a_share_of_spending_is_called_one_and_what_a_sample_cannot_show_is_not_a_rate() {
    let by_size = verification(|json| {
        let sample = &mut json["samples"][0];
        sample["request"]["draw"] = "size_proportional".into();
        sample["request"]["population"] = "paid".into();
        let mut strata = sample["strata"].as_array().unwrap().clone();
        strata.truncate(1);
        strata[0]["key"] = "{}".into();
        sample["strata"] = strata.into();
        // A fen of what 60 units pay: more than nothing.
        for finding in json["findings"]["list"].as_array_mut().unwrap() {
            for item in finding["items"].as_array_mut().unwrap() {
                if item["outcome"] == "overpaid" {
                    item["amount_fen"] = 1.into();
                }
            }
        }
    });
    let (_, text) = well_formed(&page_of(&by_size, &[Lang::Zh, Lang::En]));
    for said in [
        "a rate is a share of the spending, not of the decisions",
        "差错率是占支出的比例，不是占决定件数的比例",
        "of the spending in decisions with one",
        "有此类差错的决定占支出的",
        "|Eligible, refused or stopped 漏保||–||cannot be seen in this sample: no decision",
        "|漏保||–||本样本看不到此类差错",
        "|<0.01% (0.00% – 5.00%, Hansen-Hurwitz, Student's t; upper bound raised to that of monetary units without an error)",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("|0.00%"), "{text}");
}
