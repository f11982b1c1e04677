//! The page: one article a language, everything inside one file.

use super::html::Html;
use super::lang::Lang;
use super::read::Verification;
use super::{sampled, sections};
use crate::statistics::Confidence;

/// How every report begins.
pub const START: &str = "<!DOCTYPE html>\n";

/// Nothing is loaded from anywhere, whatever a text may say.
const HEAD: &str = "<meta charset=\"utf-8\"/>\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n";

/// The look, on a screen and on paper.
const STYLE: &str = include_str!("style.css");

/// Writes the page.
pub fn page(verification: &Verification, langs: &[Lang], confidence: Confidence) -> String {
    let mut html = Html::default();
    html.constant(START);
    let main = langs.first().copied().unwrap_or(Lang::En);
    let root = [("xmlns", "http://www.w3.org/1999/xhtml"), ("lang", main.tag())];
    html.element("html", &root, |html| {
        html.element("head", &[], |html| {
            html.constant(HEAD);
            let origin = verification.text(&["checkpoint", "origin"]);
            html.put("title", &[], &format!("{}: {origin}", title(main)));
            html.element("style", &[], |html| html.constant(STYLE));
        });
        html.element("body", &[], |html| {
            if langs.len() > 1 {
                html.element("nav", &[("aria-label", "\u{8bed}\u{8a00} Language")], |html| {
                    html.put("a", &[("href", "#zh-CN"), ("lang", "zh-CN")], "中文");
                    html.put("a", &[("href", "#en"), ("lang", "en")], "English");
                });
            }
            for lang in langs {
                let attributes = [("id", lang.tag()), ("lang", lang.tag())];
                html.element("article", &attributes, |html| {
                    article(html, *lang, verification, confidence)
                });
            }
        });
    });
    html.finish()
}

fn title(lang: Lang) -> &'static str {
    lang.say(
        "社会救助决定日志审计报告",
        "Audit of a log of social-assistance decisions",
    )
}

fn article(html: &mut Html, lang: Lang, of: &Verification, confidence: Confidence) {
    html.element("header", &[], |html| {
        html.put("h1", &[], title(lang));
        html.put("p", &[("class", "origin")], of.text(&["checkpoint", "origin"]));
    });
    sections::verdict(html, lang, of);
    sections::overview(html, lang, of);
    for (at, sample) in of.samples.iter().enumerate() {
        sampled::sample(html, lang, at, sample, confidence);
    }
    sections::findings(html, lang, of);
    sections::replay(html, lang, of);
    sections::not_checked(html, lang, of);
    sections::keys(html, lang, of);
    sections::signatures(html, lang);
}
