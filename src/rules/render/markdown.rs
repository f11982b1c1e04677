//! A page as Markdown.

use super::blocks::Block;

/// The page; every block ends in an empty line.
#[must_use]
pub fn markdown(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Heading(level, text) => {
                out.push_str(&format!("{} {}\n\n", "#".repeat(usize::from(*level)), plain(text)));
            }
            Block::Text(text) => out.push_str(&format!("{}\n\n", plain(text))),
            Block::Article { source, words, quoted } => {
                let mark = if *quoted { "原文" } else { "摘要，原文未持有" };
                out.push_str(&format!("> 〔{mark}〕{}\n>\n> ——{}\n\n", plain(words), plain(source)));
            }
            Block::Steps(steps) => {
                for (index, step) in steps.iter().enumerate() {
                    out.push_str(&format!("{}. {}\n", index + 1, plain(step)));
                }
                out.push('\n');
            }
            Block::Table(head, rows) => {
                out.push_str(&line(head));
                out.push_str(&format!("|{}\n", " --- |".repeat(head.len())));
                rows.iter().for_each(|row| out.push_str(&line(row)));
                out.push('\n');
            }
        }
    }
    out
}

fn line(cells: &[String]) -> String {
    let cells = cells
        .iter()
        .map(|cell| format!(" {} |", plain(cell).replace('|', "\\|")));
    format!("|{}\n", cells.collect::<String>())
}

/// Text of a document must not become markup.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#' => out.extend(['\\', c]),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
