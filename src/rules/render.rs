//! Policy documents for people: each clause as a Chinese sentence, its thresholds in a table, beside the article.
//!
//! A pure function of sealed documents: the same bytes give the same page.

mod blocks;
mod document;
mod html;
mod markdown;
mod names;
mod rules;
mod sentence;

pub use blocks::Block;
pub use document::{clause, document, value_cells};
pub use html::html;
pub use markdown::markdown;
pub use names::{Names, article_words, effect_words, unit_words};
pub use rules::{guard_words, outcome_row_words};
pub use sentence::{sentence, typed_sentence};

#[cfg(test)]
mod tests;
