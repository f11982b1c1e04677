//! What changes from one document to another, for whom, in words.
//!
//! A pure function of sealed documents. Values come first, because they change most often.

mod parts;
mod reach;
pub mod shadow;
pub mod shadow_words;

use crate::rules::document::Document;
use crate::rules::render::{Block, Names};
use reach::Reach;

/// The page of what changes; `layers` are the vocabulary and the documents around both, nation first.
#[must_use]
pub fn diff(old: &Document, new: &Document, layers: &[&Document]) -> Vec<Block> {
    let around = |document| layers.iter().copied().chain([document]).collect::<Vec<&Document>>();
    let (before, after) = (around(old), around(new));
    let sides = Sides {
        old,
        new,
        names_old: Names::of(before.iter().copied()),
        names_new: Names::of(after.iter().copied()),
        reach_old: Reach::of(&before),
        reach_new: Reach::of(&after),
    };
    let mut page = vec![Block::Heading(1, format!("{} 的变更", new.policy))];
    if old.digest() == new.digest() {
        page.push(Block::Text("两份文件完全相同。".into()));
        return page;
    }
    page.push(Block::Text(format!("由 {} 变为 {}", old.digest(), new.digest())));
    let before = page.len();
    sides.parameters(&mut page);
    sides.choices(&mut page);
    sides.clauses(&mut page);
    sides.outcomes(&mut page);
    sides.guards(&mut page);
    sides.schedules(&mut page);
    sides.carries(&mut page);
    sides.facts(&mut page);
    if page.len() == before {
        page.push(Block::Text(
            "只有标题、依据文件、日历或者算例不同，不改变任何决定的条文。".into(),
        ));
    }
    page
}

/// Both documents with what is needed to speak of them.
struct Sides<'d> {
    old: &'d Document,
    new: &'d Document,
    names_old: Names<'d>,
    names_new: Names<'d>,
    reach_old: Reach<'d>,
    reach_new: Reach<'d>,
}

#[cfg(test)]
mod shadow_tests;
#[cfg(test)]
mod tests;
