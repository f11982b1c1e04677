//! A sample drawn again from exported files, without server, database or network.
//!
//! The entries of the log up to the result, the public documents of its samples and the opened frames of
//! the range are enough: the tree gives the root, the root and the values give the seed, the seed draws.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::super::acknowledgement::{AcknowledgedDocument, document, document_json};
use super::super::checkpoint::{CheckpointError, SignedCheckpoint};
use super::super::merkle::{CompactTree, leaf_hash};
use super::super::note::VerifierKey;
use super::super::record::{DocumentName, Entry, commitment};
use super::super::{Hash, LogIndex, TreeSize};
use super::documents::{Logged, Period, SampleDocument, SampleResult};
use super::draw::{DrawError, Frames, draw};
use super::frame::{Frame, framed};
use super::protocol::{Round, Stage, Unmet};
use super::request::SampleRequest;
use super::seed::Seed;
use super::selection::Selection;
use crate::canonical::Json;
use crate::reader::{RecordError, each, need};

/// First member of a file of evidence.
pub const EVIDENCE_FORMAT: &str = "doudi-sample/1";

/// Largest file: a million entries with their frames.
pub const EVIDENCE_SIZE_MAX_BYTES: usize = 2 * 1024 * 1024 * 1024;

/// An entry with those of its documents that are opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The leaf's bytes.
    pub entry: Vec<u8>,
    /// Opened documents.
    pub documents: Vec<AcknowledgedDocument>,
}

/// All that a sample can be drawn again from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The period.
    pub period: Period,
    /// The newest checkpoint, a signed note over all the entries.
    pub checkpoint: String,
    /// The entries from the first.
    pub entries: Vec<Leaf>,
}

/// A sample drawn again.
#[derive(Clone, Debug)]
pub struct Redrawn {
    /// The round.
    pub round: Round,
    /// What was asked for.
    pub request: SampleRequest,
    /// The seed.
    pub seed: Seed,
    /// What the seed draws.
    pub selection: Selection,
    /// What the log says was drawn, where it says so.
    pub recorded: Option<(SampleResult, Selection)>,
}

/// Why evidence gives no sample.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// Not a file of evidence; names the member.
    #[error("`{0}` of the evidence is absent or malformed: export it again")]
    Malformed(String),
    /// The checkpoint is not signed by the key.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The entries do not make the tree.
    #[error("the entries do not make the tree of {size} entries that the log signed: an entry was changed or left out")]
    Tree {
        /// The size.
        size: TreeSize,
    },
    /// An entry is none.
    #[error("entry {0} cannot be read")]
    Entry(LogIndex),
    /// A document is not what its entry commits to.
    #[error("the document `{name}` of entry {index} is not the one that stands in the log")]
    Document {
        /// The entry.
        index: LogIndex,
        /// The document.
        name: String,
    },
    /// A public document is not in the file.
    #[error("the document `{name}` of entry {index} is not in the file: export it again")]
    Missing {
        /// The entry.
        index: LogIndex,
        /// The document.
        name: &'static str,
    },
    /// The request names another root.
    #[error("the request names a root that the log never had: the sample is void")]
    OtherRoot,
    /// The round gives no seed.
    #[error("the round gives no seed: {0}")]
    Round(Unmet),
    /// The draw fails.
    #[error(transparent)]
    Draw(#[from] DrawError),
}

impl Redrawn {
    /// Whether the log says the same; a sample that is not recorded yet says nothing else. What was erased after the
    /// draw cannot be opened any more and was when it was drawn: that alone is no difference.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let still_unopened = |index: &LogIndex| self.selection.unopened.contains(index);
        self.recorded.as_ref().is_none_or(|(result, selection)| {
            selection.strata == self.selection.strata
                && selection.cross_checks == self.selection.cross_checks
                && selection.unopened.iter().all(still_unopened)
                && result.unopened == selection.unopened.len() as u64
                && result.seed == self.seed
                && result.drawn == self.selection.drawn()
                && result.population == self.selection.population()
        })
    }
}

impl Evidence {
    /// Reads a file.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Evidence, EvidenceError> {
        let malformed = |what: &str| EvidenceError::Malformed(what.to_owned());
        if bytes.len() > EVIDENCE_SIZE_MAX_BYTES {
            return Err(malformed("file"));
        }
        let json = Json::parse(bytes).map_err(|_| malformed("file"))?;
        let read = || -> Result<Evidence, RecordError> {
            if need::<String>(&json, "format")? != EVIDENCE_FORMAT {
                return Err(RecordError("format".to_owned()));
            }
            Ok(Evidence {
                period: need(&json, "period")?,
                checkpoint: need(&json, "checkpoint")?,
                entries: each(&json, "entries", |item| {
                    let entry = BASE64_STANDARD.decode(need::<String>(item, "entry")?);
                    Ok(Leaf {
                        entry: entry.map_err(|_| RecordError("entry".to_owned()))?,
                        documents: each(item, "documents", |opened| {
                            document(opened).ok_or_else(|| RecordError("document".to_owned()))
                        })?,
                    })
                })?,
            })
        };
        read().map_err(|error| EvidenceError::Malformed(error.0))
    }

    /// The file.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let leaf = |leaf: &Leaf| {
            Json::object([
                ("entry", Json::text(BASE64_STANDARD.encode(&leaf.entry))),
                (
                    "documents",
                    Json::List(leaf.documents.iter().map(document_json).collect()),
                ),
            ])
        };
        Json::object([
            ("format", Json::from(EVIDENCE_FORMAT)),
            ("period", self.period.as_str().into()),
            ("checkpoint", self.checkpoint.as_str().into()),
            ("entries", Json::List(self.entries.iter().map(leaf).collect())),
        ])
    }

    /// Draws the sample again. The keys come from elsewhere than the file. `progress` hears of each entry.
    ///
    /// # Errors
    /// [`EvidenceError`].
    pub fn redraw(&self, trusted: &[VerifierKey], progress: impl FnMut(u64)) -> Result<Redrawn, EvidenceError> {
        let signed = SignedCheckpoint::verify(self.checkpoint.as_bytes(), trusted)?;
        let head = signed.checkpoint();
        let read = Read::of(&self.entries, progress)?;
        if read.roots.last() != Some(&head.root) || read.roots.len() as u64 != head.size.get() {
            return Err(EvidenceError::Tree { size: head.size });
        }
        // `roots[n]` is the root over the first n + 1 entries.
        let root_at = |size: TreeSize| {
            let at = usize::try_from(size.get().checked_sub(1)?).ok()?;
            read.roots.get(at).copied()
        };
        let selection = |index: LogIndex| {
            let missing = || EvidenceError::Missing {
                index,
                name: "selection",
            };
            let at = usize::try_from(index.get()).map_err(|_| missing())?;
            let content = self.entries.get(at).and_then(|leaf| find(leaf, "selection"));
            read_selection(index, &content.ok_or_else(missing)?.content)
        };
        redraw(&self.period, &read.logged, root_at, |_| Ok(read.frames), selection)
    }
}

/// Reads the document `selection` of an entry.
///
/// # Errors
/// [`EvidenceError::Entry`].
pub fn read_selection(index: LogIndex, content: &[u8]) -> Result<Selection, EvidenceError> {
    let json = Json::parse_canonical(content).map_err(|_| EvidenceError::Entry(index))?;
    Selection::from_json(&json).map_err(|_| EvidenceError::Entry(index))
}

/// Judges the round of a period and draws its sample again: from the log's sample documents, the root of the tree at a
/// size, the frames of the request's range, and the selection of the result's entry.
///
/// # Errors
/// [`EvidenceError`].
pub fn redraw(
    period: &Period,
    logged: &[Logged],
    root_at: impl FnOnce(TreeSize) -> Option<Hash>,
    frames: impl FnOnce(&SampleRequest) -> Result<Frames, EvidenceError>,
    selection_of: impl FnOnce(LogIndex) -> Result<Selection, EvidenceError>,
) -> Result<Redrawn, EvidenceError> {
    let round = Round::of(period, logged);
    let (_, request) = round.request().ok_or(EvidenceError::Round(Unmet::NoRequest))?;
    let request = request.clone();
    if root_at(request.checkpoint_size) != Some(request.checkpoint_root) {
        return Err(EvidenceError::OtherRoot);
    }
    let unmet = || match round.stage() {
        Stage::Void => Unmet::Void,
        _ => Unmet::Incomplete,
    };
    let seed = round.derived().ok_or_else(|| EvidenceError::Round(unmet()))?;
    let selection = draw(&request, &seed, &frames(&request)?)?;
    let recorded = match round.result() {
        None => None,
        Some((index, result)) => Some((result.clone(), selection_of(*index)?)),
    };
    Ok(Redrawn {
        round,
        request,
        seed,
        selection,
        recorded,
    })
}

/// What the entries say.
struct Read {
    roots: Vec<Hash>,
    logged: Vec<Logged>,
    frames: Frames,
}

impl Read {
    fn of(entries: &[Leaf], mut progress: impl FnMut(u64)) -> Result<Read, EvidenceError> {
        let mut tree = CompactTree::empty();
        let mut read = Read {
            roots: Vec::with_capacity(entries.len()),
            logged: Vec::new(),
            frames: Frames::new(),
        };
        for (leaf, at) in entries.iter().zip(0..) {
            let index = LogIndex::new(at).map_err(|_| EvidenceError::Malformed("entries".to_owned()))?;
            tree.append(leaf_hash(&leaf.entry), |_, _| {});
            read.roots.push(tree.root());
            read.take(index, leaf)?;
            progress(at + 1);
        }
        Ok(read)
    }

    fn take(&mut self, index: LogIndex, leaf: &Leaf) -> Result<(), EvidenceError> {
        let entry = Entry::parse(&leaf.entry).map_err(|_| EvidenceError::Entry(index))?;
        for opened in &leaf.documents {
            let wrong = || EvidenceError::Document {
                index,
                name: opened
                    .name
                    .parse()
                    .map_or_else(|_| "?".to_owned(), |name: DocumentName| name.to_string()),
            };
            let name: DocumentName = opened.name.parse().map_err(|_| wrong())?;
            let committed = entry.commitment_of(name.as_str()).ok_or_else(wrong)?;
            if commitment(&name, &opened.salt, &opened.content) != committed {
                return Err(wrong());
            }
        }
        let Some(kind) = entry.kind().known() else {
            return Ok(());
        };
        if framed(kind) {
            let frame = match find(leaf, "frame") {
                None => None,
                Some(opened) => Some(Frame::parse(&opened.content).ok_or(EvidenceError::Entry(index))?),
            };
            self.frames.insert(index, frame);
        }
        if let Some(name) = SampleDocument::name_in(kind) {
            let opened = find(leaf, name).ok_or(EvidenceError::Missing { index, name })?;
            let json = Json::parse_canonical(&opened.content).map_err(|_| EvidenceError::Entry(index))?;
            // A method of a later version is none of this round.
            if let Ok(document) = SampleDocument::from_json(kind, &json) {
                self.logged.push(Logged {
                    index,
                    logged_seconds: entry.logged_seconds(),
                    document,
                });
            }
        }
        Ok(())
    }
}

fn find<'a>(leaf: &'a Leaf, name: &str) -> Option<&'a AcknowledgedDocument> {
    leaf.documents.iter().find(|document| document.name == name)
}
