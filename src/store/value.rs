//! Values that go to and come from either database: integers, texts, bytes, and columns of them.

use super::StoreError;

/// One argument of a statement.
#[derive(Clone, Debug)]
pub enum Value {
    /// A 64-bit integer.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Texts to look for, used with `Dialect::among`.
    Texts(Vec<String>),
    /// Integers to look for, used with `Dialect::among`.
    Ints(Vec<i64>),
}

/// One column of the rows that a statement inserts; all columns of one statement are equally long.
#[derive(Clone, Debug)]
pub enum Column {
    /// Integers.
    Ints(Vec<i64>),
    /// Texts.
    Texts(Vec<String>),
    /// Texts, some of them absent.
    MaybeTexts(Vec<Option<String>>),
    /// Bytes.
    Bytes(Vec<Vec<u8>>),
}

impl Column {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Column::Ints(cells) => cells.len(),
            Column::Texts(cells) => cells.len(),
            Column::MaybeTexts(cells) => cells.len(),
            Column::Bytes(cells) => cells.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One cell of a row that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Absent,
    /// A 64-bit integer.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// One row that was read, cells in the order of the SELECT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(Vec<Cell>);

impl Row {
    /// A row of these cells.
    #[must_use]
    pub fn new(cells: Vec<Cell>) -> Row {
        Row(cells)
    }

    /// The next `count` cells as a row of their own; nothing where a join found no row, which leaves the first empty.
    pub(super) fn part(&mut self, count: usize) -> Option<Row> {
        let rest = self.0.split_off(count.min(self.0.len()));
        let part = std::mem::replace(&mut self.0, rest);
        matches!(part.first(), Some(first) if *first != Cell::Absent).then_some(Row(part))
    }

    fn take(&mut self, at: usize) -> Cell {
        self.0
            .get_mut(at)
            .map_or(Cell::Absent, |cell| std::mem::replace(cell, Cell::Absent))
    }

    /// The integer in column `at`.
    pub(super) fn int(&mut self, at: usize) -> Result<i64, StoreError> {
        self.maybe_int(at)?
            .ok_or(StoreError::Corrupt("a column that must hold an integer is empty"))
    }

    /// The integer in column `at`, if there is one.
    pub(super) fn maybe_int(&mut self, at: usize) -> Result<Option<i64>, StoreError> {
        match self.take(at) {
            Cell::Int(value) => Ok(Some(value)),
            Cell::Absent => Ok(None),
            Cell::Text(_) | Cell::Bytes(_) => Err(StoreError::Corrupt("a column holds something else than an integer")),
        }
    }

    /// The text in column `at`.
    pub(super) fn text(&mut self, at: usize) -> Result<String, StoreError> {
        self.maybe_text(at)?
            .ok_or(StoreError::Corrupt("a column that must hold a text is empty"))
    }

    /// The text in column `at`, if there is one.
    pub(super) fn maybe_text(&mut self, at: usize) -> Result<Option<String>, StoreError> {
        match self.take(at) {
            Cell::Text(value) => Ok(Some(value)),
            Cell::Absent => Ok(None),
            Cell::Int(_) | Cell::Bytes(_) => Err(StoreError::Corrupt("a column holds something else than a text")),
        }
    }

    /// The bytes in column `at`.
    pub(super) fn bytes(&mut self, at: usize) -> Result<Vec<u8>, StoreError> {
        self.maybe_bytes(at)?
            .ok_or(StoreError::Corrupt("a column that must hold bytes is empty"))
    }

    /// The bytes in column `at`, if there are any.
    pub(super) fn maybe_bytes(&mut self, at: usize) -> Result<Option<Vec<u8>>, StoreError> {
        match self.take(at) {
            Cell::Bytes(value) => Ok(Some(value)),
            Cell::Absent => Ok(None),
            Cell::Int(_) | Cell::Text(_) => Err(StoreError::Corrupt("a column holds something else than bytes")),
        }
    }

    /// The text in column `at`, read as a value of its own type.
    pub(super) fn parse<T: std::str::FromStr>(&mut self, at: usize) -> Result<T, StoreError> {
        self.text(at)?
            .parse()
            .map_err(|_| StoreError::Corrupt("a stored text is malformed"))
    }

    /// The text in column `at`, if there is one, read as a value of its own type.
    pub(super) fn maybe_parse<T: std::str::FromStr>(&mut self, at: usize) -> Result<Option<T>, StoreError> {
        match self.maybe_text(at)? {
            Some(text) => text
                .parse()
                .map(Some)
                .map_err(|_| StoreError::Corrupt("a stored text is malformed")),
            None => Ok(None),
        }
    }
}
