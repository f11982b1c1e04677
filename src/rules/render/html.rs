//! A page as HTML that stands alone: no script, no address outside.

use super::blocks::Block;

const STYLE: &str = "body{font:16px/1.7 \"Noto Serif CJK SC\",\"Songti SC\",serif;max-width:52em;margin:2em auto;padding:0 1em}\
table{border-collapse:collapse;margin:.5em 0 1em}td,th{border:1px solid #bbb;padding:.2em .7em;text-align:left}\
blockquote{margin:.5em 0;padding:.3em 1em;border-left:4px solid #a33;background:#faf6f2}\
blockquote.summary{border-color:#999;background:#f6f6f6;font-style:italic}\
cite{display:block;font-size:.85em;color:#555}h3{margin:1.6em 0 .3em}";

/// The page.
#[must_use]
pub fn html(title: &str, blocks: &[Block]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"zh-CN\">\n<head><meta charset=\"utf-8\"><title>{}</title><style>{STYLE}</style></head>\n<body>\n",
        escaped(title)
    );
    for block in blocks {
        match block {
            Block::Heading(level, text) => out.push_str(&format!("<h{level}>{}</h{level}>\n", escaped(text))),
            Block::Text(text) => out.push_str(&format!("<p>{}</p>\n", escaped(text))),
            Block::Article { source, words, quoted } => {
                let (class, mark) = if *quoted {
                    ("quote", "原文")
                } else {
                    ("summary", "摘要，原文未持有")
                };
                out.push_str(&format!(
                    "<blockquote class=\"{class}\">〔{mark}〕{}<cite>{}</cite></blockquote>\n",
                    escaped(words),
                    escaped(source)
                ));
            }
            Block::Steps(steps) => {
                let steps = steps.iter().map(|step| format!("<li>{}</li>\n", escaped(step)));
                out.push_str(&format!("<ol>\n{}</ol>\n", steps.collect::<String>()));
            }
            Block::Table(head, rows) => {
                let rows = rows.iter().map(|row| format!("<tr>{}</tr>\n", cells(row, "td")));
                out.push_str(&format!(
                    "<table>\n<tr>{}</tr>\n{}</table>\n",
                    cells(head, "th"),
                    rows.collect::<String>()
                ));
            }
        }
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn cells(cells: &[String], tag: &str) -> String {
    cells
        .iter()
        .map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell)))
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
