//! What the checker says: every mistake, every fix and the words in them, each in English and in Chinese.

mod fix;
mod law;
#[cfg(test)]
mod tests;
mod words;
mod wrong;

pub use fix::Fix;
pub use law::law_error;
pub use words::{At, Base, Count, Example, Joined, NodeKind, Powers, Range, TyWords, Wanted};
pub use wrong::Wrong;
