//! Collects everything that is wrong with a request, each with the path of its field and never with its value.

use std::fmt;

use crate::app::AppError;
use crate::app::error::Violation;

/// Most violations that are kept. A request of the largest size could name a hundred thousand; nobody reads them.
pub const VIOLATION_COUNT_MAX: usize = 500;

/// Where in a request: `input.facts.members[0].birth`.
#[derive(Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Root,
    Field(&'static str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// The request itself.
    pub const ROOT: Path<'static> = Path {
        parent: None,
        step: Step::Root,
    };

    /// A field of it.
    pub const fn field(&'a self, name: &'static str) -> Path<'a> {
        Path {
            parent: Some(self),
            step: Step::Field(name),
        }
    }

    /// An item of it.
    pub const fn item(&'a self, index: usize) -> Path<'a> {
        Path {
            parent: Some(self),
            step: Step::Index(index),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Field(name) => {
                let first = self.parent.is_none_or(|parent| matches!(parent.step, Step::Root));
                write!(f, "{}{name}", if first { "" } else { "." })
            }
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// The violations of one request, in the order in which they were found.
#[derive(Debug, Default)]
pub struct Violations {
    found: Vec<Violation>,
    left_out: usize,
}

impl Violations {
    /// Notes one: what is wrong, then the fix.
    pub fn add(&mut self, at: Path<'_>, description: impl Into<String>) {
        if self.found.len() < VIOLATION_COUNT_MAX {
            self.found.push(Violation {
                field: at.to_string(),
                description: description.into(),
            });
        } else {
            self.left_out += 1;
        }
    }

    /// The value, or a note of what is wrong with it.
    pub fn check<T, E: fmt::Display>(&mut self, at: Path<'_>, value: Result<T, E>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(at, error.to_string());
                None
            }
        }
    }

    /// The value, or a note that the field is required.
    pub fn require<T>(&mut self, at: Path<'_>, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.add(at, "is missing: this field is required");
        }
        value
    }

    /// The command, if nothing was wrong. A command that is incomplete without a violation is a slip of the decoder
    /// and is reported as one.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every violation.
    pub fn finish<T>(mut self, command: Option<T>) -> Result<T, AppError> {
        if self.left_out > 0 {
            let description = format!("{} more violations: correct these first", self.left_out);
            self.found.push(Violation {
                field: String::new(),
                description,
            });
        }
        match command {
            Some(command) if self.found.is_empty() => Ok(command),
            None if self.found.is_empty() => Err(AppError::internal(&"a request was refused without a violation")),
            Some(_) | None => Err(AppError::Invalid(self.found)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_the_caller_would_write_it() {
        let input = Path::ROOT.field("input");
        let members = input.field("members");
        assert_eq!(members.item(2).field("birth").to_string(), "input.members[2].birth");
        assert_eq!(Path::ROOT.to_string(), "");
    }

    #[test]
    fn beyond_the_limit_violations_are_counted_and_not_kept() {
        let mut violations = Violations::default();
        for _ in 0..VIOLATION_COUNT_MAX + 7 {
            violations.add(Path::ROOT.field("area"), "wrong");
        }
        let Err(AppError::Invalid(found)) = violations.finish(Some(())) else {
            panic!("must be refused");
        };
        assert_eq!(found.len(), VIOLATION_COUNT_MAX + 1);
        assert_eq!(
            found.last().map(|v| v.description.as_str()),
            Some("7 more violations: correct these first")
        );
    }
}
