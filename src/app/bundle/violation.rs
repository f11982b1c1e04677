//! What a bundle breaks, by the codes of `FORMAT.md`, section 20; a bounded number of each is kept, all are counted.

use std::collections::BTreeMap;
use std::fmt;

use crate::canonical::Json;

/// Violations of one code that are kept: nobody reads the thousandth, and one changed entry breaks much.
pub const VIOLATION_COUNT_MAX: usize = 100;

crate::rules::outcome::codes! {
    /// A step of the verification that failed.
    Code {
        /// The tar is not one of this format.
        Tar = "TAR",
        /// The manifest says something else than the bundle.
        Manifest = "MANIFEST",
        /// A file is not there.
        Missing = "MISSING",
        /// A file is there that should not.
        Unlisted = "UNLISTED",
        /// A file has another size than the manifest says.
        Size = "SIZE",
        /// The checkpoint is not signed by the key.
        Checkpoint = "CHECKPOINT",
        /// The witnesses that the auditor's policy asks for did not cosign.
        Quorum = "QUORUM",
        /// A bundle of entries cannot be read.
        Entries = "ENTRIES",
        /// A tile holds other hashes than those of what is below it.
        Tile = "TILE",
        /// The tree is not the one that was signed.
        Root = "ROOT",
        /// The log does not continue the head that the auditor kept.
        Previous = "PREVIOUS",
        /// The bundle's own proof that it continues an older head.
        Consistency = "CONSISTENCY",
        /// An entry is none, or of another log.
        Entry = "ENTRY",
        /// An entry is logged earlier than the one before.
        Time = "TIME",
        /// A document is not the one that its entry commits to.
        Document = "DOCUMENT",
        /// A document should be there.
        DocumentMissing = "DOCUMENT_MISSING",
        /// A document is there that nobody asked for.
        DocumentUnasked = "DOCUMENT_UNASKED",
        /// What was opened is not in the OPENING entries.
        Opening = "OPENING",
        /// A determination does not follow again.
        Replay = "REPLAY",
        /// A frame is not the one that its facts and its determination make.
        Frame = "FRAME",
        /// A finding is none, or breaks the rules of findings.
        Finding = "FINDING",
        /// A sample is not the one that its seed draws.
        Sample = "SAMPLE",
        /// A receipt is not of its entry.
        Receipt = "RECEIPT",
    }
}

/// One thing that does not verify. Names places, never values of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which step failed.
    pub code: Code,
    /// Where: a file, an entry, a document.
    pub place: String,
    /// What is wrong.
    pub text: String,
}

/// All that does not verify.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    kept: Vec<Violation>,
    counts: BTreeMap<Code, u64>,
}

impl Violations {
    /// Adds one.
    pub fn add(&mut self, code: Code, place: impl fmt::Display, text: impl fmt::Display) {
        let count = self.counts.entry(code).or_default();
        *count += 1;
        if *count <= VIOLATION_COUNT_MAX as u64 {
            self.kept.push(Violation {
                code,
                place: place.to_string(),
                text: text.to_string(),
            });
        }
    }

    /// Adds those of a part.
    pub fn extend(&mut self, others: Violations) {
        let mut more = others.counts;
        for violation in others.kept {
            if let Some(count) = more.get_mut(&violation.code) {
                *count -= 1;
            }
            self.add(violation.code, violation.place, violation.text);
        }
        for (code, count) in more {
            *self.counts.entry(code).or_default() += count;
        }
        self.counts.retain(|_, count| *count > 0);
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How many of a code.
    #[must_use]
    pub fn count_of(&self, code: Code) -> u64 {
        self.counts.get(&code).copied().unwrap_or(0)
    }

    /// Those that are kept, in the order in which they were found.
    #[must_use]
    pub fn kept(&self) -> &[Violation] {
        &self.kept
    }

    /// As they stand in a report.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let one = |violation: &Violation| {
            Json::object([
                ("code", Json::from(violation.code.code())),
                ("place", violation.place.as_str().into()),
                ("text", violation.text.as_str().into()),
            ])
        };
        let counts = self
            .counts
            .iter()
            .map(|(code, count)| (code.code(), Json::integer((*count).into())));
        Json::object([
            ("count", Json::integer(self.count().into())),
            ("by_code", Json::object(counts)),
            ("kept", Json::List(self.kept.iter().map(one).collect())),
        ])
    }
}
