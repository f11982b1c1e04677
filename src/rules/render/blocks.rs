//! A page before it is Markdown or HTML.

/// One part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading; 1 is the title.
    Heading(u8, String),
    /// Running text.
    Text(String),
    /// The words of an article, or a summary of it.
    Article {
        /// Instrument and article.
        source: String,
        /// The words.
        words: String,
        /// Whether they stand word for word in a held text.
        quoted: bool,
    },
    /// An ordered list.
    Steps(Vec<String>),
    /// A table: its head, then its rows.
    Table(Vec<String>, Vec<Vec<String>>),
}
