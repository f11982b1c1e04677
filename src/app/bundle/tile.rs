//! One tile of a bundle: its entries, hashes and documents, judged apart from all others, so that every core helps.

use std::collections::BTreeMap;

use super::super::replay::difference;
use super::super::result::{DifferenceCause, ReplayDifference};
use super::again::{Recorded, Replayer};
use super::finding::FindingRead;
use super::laws::BundleLaws;
use super::openable;
use super::opened::{Good, Opened, opened};
use super::public::{OpeningSays, not_epoch};
use super::violation::{Code, Violations};
use crate::canonical::Json;
use crate::log::bundle::{LeafView, PlacedDocument, decode_documents};
use crate::log::merkle::leaf_hashes;
use crate::log::record::EntryKind;
use crate::log::sample::{Frame, Logged, SampleDocument, framed};
use crate::log::tiles::{TILE_WIDTH, decode_bundle};
use crate::log::{Hash, LogIndex};
use crate::rules::document::SEMANTICS;

/// Entries whose documents are opened together: enough of every size to fill the lanes of the hash, and few enough to be
/// in the cache when they are decided again.
const ENTRY_COUNT: usize = 128;

/// Differences of replays that one tile keeps.
const DIFFERENCE_COUNT_MAX: usize = 16;

/// The files of a tile; none where one is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TileFiles {
    /// Position of the tile.
    pub n: u64,
    /// Entries that it has.
    pub width: u16,
    /// `tile/entries/<n>`.
    pub entries: Option<Vec<u8>>,
    /// `tile/0/<n>`.
    pub hashes: Option<Vec<u8>>,
    /// `documents/<n>`.
    pub documents: Option<Vec<u8>>,
}

/// What every tile is judged by.
pub struct TileRules<'a> {
    /// The log.
    pub origin: &'a str,
    /// The laws of the POLICY entries up to here.
    pub laws: &'a BundleLaws,
    /// Whether identities are.
    pub identity: bool,
    /// Decide again what is opened.
    pub replay: bool,
}

/// What a decision's replay came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// The same bytes.
    Equal,
    /// Other bytes.
    Different,
}

/// What a tile holds, and what of it does not verify.
#[derive(Debug, Default)]
pub struct TileResult {
    /// Position of the tile.
    pub n: u64,
    /// Leaf hashes: those of the entries, or where they are missing those that the tile claims; none if both are.
    pub leaves: Option<Vec<Hash>>,
    /// What does not verify.
    pub violations: Violations,
    /// Time of the first and of the last entry.
    pub logged: Option<(i64, i64)>,
    /// Entries by kind.
    pub kinds: BTreeMap<String, u64>,
    /// Opened documents by name.
    pub documents: BTreeMap<String, u64>,
    /// Bytes of opened documents.
    pub document_bytes: u64,
    /// Decisions.
    pub decisions: Vec<LogIndex>,
    /// Decisions and findings of which a document is opened that no erasure of their case leaves readable.
    pub readable: Vec<LogIndex>,
    /// What each opened decision's replay came to.
    pub replays: Vec<(LogIndex, Replay)>,
    /// Decisions by the digest of their law.
    pub laws: BTreeMap<Hash, u64>,
    /// Decisions by engine.
    pub engines: BTreeMap<String, u64>,
    /// Decisions by the sample values that they read when they were decided again.
    pub sample_values: BTreeMap<String, u64>,
    /// Decisions by a law that had been replaced long before they were logged.
    pub by_older_law: Vec<LogIndex>,
    /// Differences by cause.
    pub causes: BTreeMap<&'static str, u64>,
    /// The first differences.
    pub differences: Vec<(LogIndex, ReplayDifference)>,
    /// Documents of samples.
    pub samples: Vec<Logged>,
    /// The selections of results.
    pub selections: Vec<(LogIndex, Vec<u8>)>,
    /// Findings that read as such.
    pub(super) findings: Vec<(LogIndex, FindingRead)>,
    /// FINDING entries whose document is not opened.
    pub unopened_findings: Vec<LogIndex>,
    /// Openings.
    pub openings: Vec<(LogIndex, OpeningSays)>,
    /// Erasures.
    pub erasures: Vec<(LogIndex, Json)>,
}

/// The code of a cause.
pub(super) const fn cause(cause: DifferenceCause) -> &'static str {
    match cause {
        DifferenceCause::Facts => "facts",
        DifferenceCause::Policy => "policy",
        DifferenceCause::Engine => "engine",
    }
}

/// Judges a tile.
#[must_use]
pub fn judge_tile(files: &TileFiles, rules: &TileRules<'_>) -> TileResult {
    let mut out = TileResult {
        n: files.n,
        ..TileResult::default()
    };
    let entries = read_entries(files, &mut out.violations);
    let documents = read_documents(files, &mut out.violations);
    let first = files.n * u64::from(TILE_WIDTH);
    let of_entries = entries.as_ref().map(|entries| leaf_hashes(entries.iter().copied()));
    let claimed = read_hashes(files, &mut out.violations);
    out.leaves = leaves(first, of_entries, claimed, &mut out.violations);
    let mut tile = Tile {
        rules,
        first,
        replayer: Replayer::new(rules.origin, rules.laws),
        out,
        kinds: Tally::NONE,
        engines: Tally::NONE,
        documents: Tally::NONE,
        laws: Tally::NONE,
    };
    if let Some(entries) = &entries {
        tile.each(entries, &documents);
    }
    for (index, member) in std::mem::take(&mut tile.replayer.different_frames) {
        let text = format!("its frame is not the one that its facts and its determination make: {member}");
        tile.wrong(Code::Frame, format!("entry {index}"), text);
    }
    let owned = |counts: Tally<&str>| {
        let owned = counts.0.into_iter().map(|(name, count)| (name.to_owned(), count));
        owned.collect()
    };
    let engines = tile.engines.0.into_iter();
    tile.out.engines = engines.map(|(raw, count)| (LeafView::label(raw), count)).collect();
    tile.out.laws = tile.laws.0.into_iter().collect();
    tile.out.sample_values = std::mem::take(&mut tile.replayer.sample_values);
    tile.out.by_older_law = std::mem::take(&mut tile.replayer.by_older_law);
    for (index, found) in tile.replayer.settle() {
        tile.out.differs(index, found);
    }
    tile.out.kinds = owned(tile.kinds);
    tile.out.documents = owned(tile.documents);
    tile.out
}

fn read_entries<'f>(files: &'f TileFiles, violations: &mut Violations) -> Option<Vec<&'f [u8]>> {
    let place = format!("tile/entries of tile {}", files.n);
    match decode_bundle(files.entries.as_deref()?) {
        Ok(entries) if entries.len() == usize::from(files.width) => Some(entries),
        Ok(entries) => {
            let text = format!("has {} entries where {} belong", entries.len(), files.width);
            violations.add(Code::Entries, place, text);
            None
        }
        Err(error) => {
            violations.add(Code::Entries, place, error);
            None
        }
    }
}

fn read_hashes(files: &TileFiles, violations: &mut Violations) -> Option<Vec<Hash>> {
    let (chunks, rest) = files.hashes.as_deref()?.as_chunks::<{ Hash::SIZE_BYTES }>();
    if rest.is_empty() && chunks.len() == usize::from(files.width) {
        return Some(chunks.iter().map(|chunk| Hash::from_bytes(*chunk)).collect());
    }
    let place = format!("tile/0 of tile {}", files.n);
    violations.add(Code::Tile, place, "has another number of hashes than the tree");
    None
}

/// The leaf hashes: those of the entries, or those that the tile claims where the entries are missing.
fn leaves(
    first: u64,
    of_entries: Option<Vec<Hash>>,
    claimed: Option<Vec<Hash>>,
    violations: &mut Violations,
) -> Option<Vec<Hash>> {
    if let (Some(entries), Some(claimed)) = (&of_entries, &claimed)
        && let Some(at) = entries.iter().zip(claimed).position(|(a, b)| a != b)
    {
        let index = first + at as u64;
        violations.add(
            Code::Tile,
            format!("entry {index}"),
            "its hash is not the one in its tile",
        );
    }
    of_entries.or(claimed)
}

fn read_documents<'f>(files: &'f TileFiles, violations: &mut Violations) -> Vec<PlacedDocument<'f>> {
    let Some(bytes) = files.documents.as_deref() else {
        return Vec::new();
    };
    match decode_documents(bytes) {
        Ok(documents) => documents,
        Err(error) => {
            violations.add(Code::Document, format!("documents of tile {}", files.n), error);
            Vec::new()
        }
    }
}

struct Tile<'a> {
    rules: &'a TileRules<'a>,
    first: u64,
    replayer: Replayer<'a>,
    out: TileResult,
    kinds: Tally<&'a str>,
    engines: Tally<&'a str>,
    documents: Tally<&'a str>,
    laws: Tally<Hash>,
}

/// Counts of few different things: a list beats a tree.
struct Tally<K>(Vec<(K, u64)>);

impl<K: PartialEq> Tally<K> {
    const NONE: Tally<K> = Tally(Vec::new());

    fn add(&mut self, key: K) {
        match self.0.iter_mut().find(|(held, _)| *held == key) {
            Some((_, count)) => *count += 1,
            None => self.0.push((key, 1)),
        }
    }
}

impl<'a> Tile<'a> {
    fn wrong(&mut self, code: Code, place: impl std::fmt::Display, text: impl std::fmt::Display) {
        self.out.violations.add(code, place, text);
    }

    fn each(&mut self, entries: &[&'a [u8]], documents: &'a [PlacedDocument<'a>]) {
        let mut rest = documents;
        for (entries, from) in entries.chunks(ENTRY_COUNT).zip((0_usize..).step_by(ENTRY_COUNT)) {
            let read = |bytes: &&'a [u8]| LeafView::read(bytes, self.rules.origin);
            let leaves: Vec<Option<LeafView<'a>>> = entries.iter().map(read).collect();
            let end = from + entries.len();
            let (documents, after) = rest.split_at(rest.partition_point(|one| usize::from(one.place.entry) < end));
            rest = after;
            let opened = opened(&leaves, from, documents);
            let mut rest = &opened[..];
            for (leaf, number) in leaves.iter().zip(from..) {
                let is_own = |one: &&Opened<'_>| usize::from(one.document.place.entry) == number;
                let (own, after) = rest.split_at(rest.iter().take_while(is_own).count());
                rest = after;
                let index = LogIndex::new(self.first + number as u64).expect("a tile of the tree lies in it");
                match leaf {
                    Some(leaf) => self.entry(index, leaf, own),
                    None => self.wrong(Code::Entry, format!("entry {index}"), "is no entry of this version"),
                }
            }
        }
        if let Some(document) = rest.first() {
            let index = self.first + u64::from(document.place.entry);
            self.wrong(
                Code::Document,
                format!("entry {index}"),
                "a document of an entry that is not there",
            );
        }
    }

    fn entry(&mut self, index: LogIndex, leaf: &LeafView<'a>, documents: &[Opened<'a>]) {
        self.kinds.add(leaf.kind);
        if leaf.origin != self.rules.origin {
            self.wrong(Code::Entry, format!("entry {index}"), "is of another log");
        }
        if self.out.logged.is_some_and(|(_, last)| leaf.logged_seconds < last) {
            self.wrong(
                Code::Time,
                format!("entry {index}"),
                "is logged earlier than the one before",
            );
        }
        let first = self.out.logged.map_or(leaf.logged_seconds, |(first, _)| first);
        self.out.logged = Some((first, leaf.logged_seconds));
        let kind = leaf.known_kind();
        if (index.get() == 0) != (kind == Some(EntryKind::Epoch)) {
            let text = "the first entry of a log is its EPOCH entry, and no other is";
            self.wrong(Code::Entry, format!("entry {index}"), text);
        }
        if leaf.law.is_none() && kind.is_some_and(EntryKind::is_decided_by_law) {
            self.wrong(
                Code::Entry,
                format!("entry {index}"),
                "names no law, and its kind is decided by one",
            );
        }
        let mut good = Good::default();
        for Opened {
            document,
            committed,
            opens,
        } in documents
        {
            let Some(committed) = committed else {
                self.wrong(Code::Document, format!("entry {index}"), "commits to no such document");
                continue;
            };
            self.documents.add(committed.name);
            self.out.document_bytes += document.content.len() as u64;
            if *opens {
                good.add(committed.name, document.content);
            } else {
                let place = format!("document {} of entry {index}", committed.name);
                self.wrong(Code::Document, place, "is not the one that its entry commits to");
            }
        }
        openable::judge(index, leaf, documents, self.rules.identity, &mut self.out.violations);
        if let Some(kind) = kind {
            self.known(index, kind, leaf, documents, &good);
        }
    }

    /// An entry of a kind that this version knows, with those of its documents that opened.
    fn known(&mut self, index: LogIndex, kind: EntryKind, leaf: &LeafView<'a>, there: &[Opened<'_>], good: &Good<'a>) {
        let find = |name: &str| good.find(name);
        if framed(kind) {
            let [facts, determination, frame] = ["facts", "determination", "frame"].map(find);
            self.decision(index, leaf, facts, determination, frame);
            if facts.is_some() && frame.is_none() {
                let place = format!("document frame of entry {index}");
                self.wrong(
                    Code::DocumentMissing,
                    place,
                    "the decision is opened and its frame is not",
                );
            }
        }
        if let Some(name) = SampleDocument::name_in(kind)
            && let Some(content) = find(name)
        {
            let json = Json::parse_canonical(content).ok();
            // A method of a later version is none of ours.
            if let Some(document) = json.and_then(|json| SampleDocument::from_json(kind, &json).ok()) {
                self.out.samples.push(Logged {
                    index,
                    logged_seconds: leaf.logged_seconds,
                    document,
                });
            }
        }
        if kind == EntryKind::SampleResult
            && let Some(content) = find("selection")
        {
            self.out.selections.push((index, content.to_vec()));
        }
        match kind {
            EntryKind::Finding => match find("finding") {
                Some(content) => match FindingRead::parse(content, index, self.rules.origin) {
                    Ok(finding) => {
                        self.out.readable.push(index);
                        self.out.findings.push((index, finding));
                    }
                    Err(text) => self.wrong(Code::Finding, format!("entry {index}"), text),
                },
                // That it does not open, or that its entry has none, was said. Whatever else is there excuses nothing.
                None => {
                    let is_finding = |name: &str| name == "finding";
                    let mut names = there.iter().filter_map(|one| one.committed);
                    if !names.any(|held| is_finding(held.name)) && leaf.documents().any(|held| is_finding(held.name)) {
                        self.out.unopened_findings.push(index);
                    }
                }
            },
            EntryKind::Opening => {
                let says = find("opening").and_then(OpeningSays::parse);
                self.out.openings.extend(says.map(|says| (index, says)));
            }
            EntryKind::Erasure => {
                if let Some(content) = find("erasure") {
                    // What is no JSON is no act either, which is said where the acts are put together.
                    let json = Json::parse_canonical(content).unwrap_or(Json::Bool(false));
                    self.out.erasures.push((index, json));
                }
            }
            EntryKind::Epoch => {
                if let Some(text) = find("epoch").and_then(|epoch| not_epoch(epoch, self.rules.origin)) {
                    self.wrong(Code::Document, format!("document epoch of entry {index}"), text);
                }
            }
            _ => {}
        }
    }

    fn decision(
        &mut self,
        index: LogIndex,
        leaf: &LeafView<'a>,
        facts: Option<&'a [u8]>,
        determination: Option<&'a [u8]>,
        frame: Option<&'a [u8]>,
    ) {
        self.out.decisions.push(index);
        // All three are sealed with one key, which an erasure of the whole case destroys.
        if facts.is_some() || determination.is_some() || frame.is_some() {
            self.out.readable.push(index);
        }
        if let Some(law) = leaf.law {
            self.laws.add(law);
        }
        self.engines.add(leaf.raw_engine());
        let (Some(facts), Some(determination)) = (facts, determination) else {
            if facts.is_some() || determination.is_some() {
                let text = "facts and determination are opened together or not at all";
                self.wrong(Code::DocumentMissing, format!("entry {index}"), text);
            }
            self.only_framed(index, frame);
            return;
        };
        self.out.replays.push((index, Replay::Equal));
        if !self.rules.replay {
            self.only_framed(index, frame);
            return;
        }
        if leaf.raw_semantics != Some(SEMANTICS) {
            let recorded = leaf.raw_semantics.map(LeafView::label).unwrap_or_default();
            let found = difference(DifferenceCause::Policy, "semantics", &recorded, SEMANTICS);
            self.out.differs(index, found);
            return;
        }
        let recorded = Recorded {
            index,
            logged_seconds: leaf.logged_seconds,
            law: leaf.law,
            facts,
            determination,
            frame,
        };
        if let Err(found) = self.replayer.replay(recorded) {
            self.out.differs(index, found);
        }
    }

    /// A frame without what it was made of: it can be read, and no more.
    fn only_framed(&mut self, index: LogIndex, frame: Option<&[u8]>) {
        if frame.is_some_and(|content| Frame::parse(content).is_none()) {
            self.wrong(Code::Frame, format!("entry {index}"), "its frame is none");
        }
    }
}

impl TileResult {
    /// An opened decision whose replay is another.
    fn differs(&mut self, index: LogIndex, found: ReplayDifference) {
        if let Ok(at) = self.replays.binary_search_by_key(&index, |(index, _)| *index) {
            self.replays[at].1 = Replay::Different;
        }
        let cause = cause(found.cause);
        *self.causes.entry(cause).or_default() += 1;
        let text = format!("differs because of the {cause} at {}", found.path);
        self.violations.add(Code::Replay, format!("entry {index}"), text);
        if self.differences.len() < DIFFERENCE_COUNT_MAX {
            self.differences.push((index, found));
        }
    }
}
