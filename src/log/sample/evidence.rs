//! A sample drawn again from exported files, without server, database or network.
//!
//! The entries of the log up to the result, the public documents of its samples and the opened frames of
//! the range are enough: the tree gives the root, the root and the values give the seed, the seed draws. A frame that is
//! not there must stand under an ERASURE entry; what the others show is compared all the same.

use std::collections::BTreeSet;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::super::acknowledgement::{AcknowledgedDocument, document, document_json};
use super::super::checkpoint::{CheckpointError, SignedCheckpoint};
use super::super::merkle::{CompactTree, leaf_hash};
use super::super::note::VerifierKey;
use super::super::record::{DocumentName, Entry, EntryKind, commitment};
use super::super::{Erasures, Hash, LogIndex, TreeSize};
use super::cross::cross_checks;
use super::documents::{Logged, Period, SampleDocument, SampleResult};
use super::draw::{DrawError, Frames, draw};
use super::erased::may_be_drawn;
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
    /// What the seed draws; what is recorded where not all of its frames are there.
    pub selection: Selection,
    /// What the log says was drawn, where it says so.
    pub recorded: Option<(SampleResult, Selection)>,
    /// Whether the log says the same.
    pub agreement: Agreement,
    /// ERASURE entries of whole cases after the request and before the result, where frames could not be opened when it
    /// was drawn: the last to reveal knows the seed then, and may have chosen by it what was drawn from.
    pub erased_before_draw: Vec<LogIndex>,
}

/// What a recorded sample is worth beside the one that the seed draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// No sample is recorded yet.
    Unrecorded,
    /// It is the one that the seed draws.
    Equal,
    /// The frames of these entries were erased after the draw; by all others it is the one that the seed draws, but for
    /// a draw by size, whose order rests on every amount.
    Partly(Vec<LogIndex>),
    /// It is another.
    Different,
    /// The frames of these entries are withheld: no ERASURE entry can account for them.
    Withheld(Vec<LogIndex>),
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
    /// The recorded selection has strata that no range of the request holds.
    #[error("the selection of entry {0} has a stratum of more units than its range, or more strata than a draw makes")]
    Beyond(LogIndex),
    /// The draw fails.
    #[error(transparent)]
    Draw(#[from] DrawError),
}

impl Redrawn {
    /// Whether the log says the same, as far as it can be shown; a sample that is not recorded yet says nothing else.
    #[must_use]
    pub fn agrees(&self) -> bool {
        match &self.agreement {
            Agreement::Unrecorded | Agreement::Equal | Agreement::Partly(_) => true,
            Agreement::Different | Agreement::Withheld(_) => false,
        }
    }

    /// Entries whose frames were erased after the draw, where the sample is not the one that the others alone make.
    #[must_use]
    pub fn erased_since(&self) -> &[LogIndex] {
        match &self.agreement {
            Agreement::Partly(lost) => lost,
            Agreement::Unrecorded | Agreement::Equal | Agreement::Different | Agreement::Withheld(_) => &[],
        }
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
        let frames = |_: &SampleRequest| Ok(read.frames);
        redraw(&self.period, &read.logged, &read.erasures, root_at, frames, selection)
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

/// Judges the round of a period and draws its sample again: from the log's sample documents and erasures, the root of
/// the tree at a size, the frames of the request's range, and the selection of the result's entry.
///
/// # Errors
/// [`EvidenceError`].
pub fn redraw(
    period: &Period,
    logged: &[Logged],
    erasures: &Erasures,
    root_at: impl FnOnce(TreeSize) -> Option<Hash>,
    frames: impl FnOnce(&SampleRequest) -> Result<Frames, EvidenceError>,
    selection_of: impl FnOnce(LogIndex) -> Result<Selection, EvidenceError>,
) -> Result<Redrawn, EvidenceError> {
    let round = Round::of(period, logged);
    let (asked_at, request) = round.request().ok_or(EvidenceError::Round(Unmet::NoRequest))?;
    let asked_at = *asked_at;
    let request = request.clone();
    if root_at(request.checkpoint_size) != Some(request.checkpoint_root) {
        return Err(EvidenceError::OtherRoot);
    }
    let unmet = || match round.stage() {
        Stage::Void => Unmet::Void,
        _ => Unmet::Incomplete,
    };
    let seed = round.derived().ok_or_else(|| EvidenceError::Round(unmet()))?;
    let frames = frames(&request)?;
    let drawn = draw(&request, &seed, &frames);
    let Some((index, result)) = round.result() else {
        return Ok(Redrawn {
            selection: drawn?,
            round,
            request,
            seed,
            recorded: None,
            agreement: Agreement::Unrecorded,
            erased_before_draw: Vec::new(),
        });
    };
    let recorded = (result.clone(), selection_of(*index)?);
    if !recorded.1.is_within(&request) {
        return Err(EvidenceError::Beyond(*index));
    }
    let erased_before_draw = match &recorded.1.unopened[..] {
        [] => Vec::new(),
        _ => erasures.between(asked_at, *index).to_vec(),
    };
    let agreement = Compared {
        request: &request,
        seed: &seed,
        frames: &frames,
        drawn: drawn.as_ref().ok(),
        erasures,
    }
    .with(*index, &recorded);
    let selection = match agreement {
        // Without all frames the seed would draw another one.
        Agreement::Partly(_) | Agreement::Withheld(_) => recorded.1.clone(),
        Agreement::Unrecorded | Agreement::Equal | Agreement::Different => drawn?,
    };
    Ok(Redrawn {
        round,
        request,
        seed,
        selection,
        recorded: Some(recorded),
        agreement,
        erased_before_draw,
    })
}

/// What a recorded sample is compared with.
struct Compared<'a> {
    request: &'a SampleRequest,
    seed: &'a Seed,
    frames: &'a Frames,
    /// What the seed draws from the frames as they are now, if it draws.
    drawn: Option<&'a Selection>,
    erasures: &'a Erasures,
}

impl Compared<'_> {
    fn with(&self, at: LogIndex, (result, recorded): &(SampleResult, Selection)) -> Agreement {
        let request = self.request;
        let unopened: BTreeSet<LogIndex> = self
            .frames
            .iter()
            .filter(|(index, frame)| **index >= request.from && request.to.holds(**index) && frame.is_none())
            .map(|(index, _)| *index)
            .collect();
        let before: BTreeSet<LogIndex> = recorded.unopened.iter().copied().collect();
        let lost: BTreeSet<LogIndex> = unopened.difference(&before).copied().collect();
        let drawn_at = at.size_with();
        let erased = |index: &LogIndex| {
            let size = if before.contains(index) {
                drawn_at
            } else {
                TreeSize::MAX
            };
            self.erasures.may_erase(*index, size)
        };
        let withheld: Vec<LogIndex> = unopened.iter().copied().filter(|index| !erased(index)).collect();
        if !withheld.is_empty() {
            return Agreement::Withheld(withheld);
        }
        let checks = if request.townships.is_empty() {
            Some(Vec::new())
        } else {
            cross_checks(self.seed, &request.townships).ok()
        };
        // What could not be opened then cannot be opened now.
        let follows = recorded.unopened.iter().all(|index| unopened.contains(index))
            && recorded.unopened.is_sorted()
            && Some(&recorded.cross_checks) == checks.as_ref()
            && result.unopened == recorded.unopened.len() as u64
            && result.seed == *self.seed
            && result.drawn == recorded.drawn()
            && result.population == recorded.population();
        let equal = self.drawn.is_some_and(|drawn| drawn.strata == recorded.strata);
        if follows && equal {
            Agreement::Equal
        } else if follows && may_be_drawn(request, self.seed, self.frames, &lost, recorded) {
            Agreement::Partly(lost.into_iter().collect())
        } else {
            Agreement::Different
        }
    }
}

/// What the entries say.
struct Read {
    roots: Vec<Hash>,
    logged: Vec<Logged>,
    frames: Frames,
    erasures: Erasures,
}

impl Read {
    fn of(entries: &[Leaf], mut progress: impl FnMut(u64)) -> Result<Read, EvidenceError> {
        let mut tree = CompactTree::empty();
        let mut read = Read {
            roots: Vec::with_capacity(entries.len()),
            logged: Vec::new(),
            frames: Frames::new(),
            erasures: Erasures::default(),
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
        if kind == EntryKind::Erasure {
            let read = find(leaf, "erasure").map(|opened| Json::parse_canonical(&opened.content));
            match read {
                // A file of an earlier version does not hold it.
                None => self.erasures.add_unread(index),
                Some(Ok(erasure)) if self.erasures.add(index, &erasure) => {}
                Some(_) => return Err(EvidenceError::Entry(index)),
            }
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
