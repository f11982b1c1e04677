//! The samples of a bundle drawn again: from the folded log, and from the frames of a second walk through the bundle,
//! which also looks up what findings are on.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use super::accounts::disagreement;
use super::finding::{Subject, judge, subjects};
use super::fold::Folded;
use super::report::{SampleReport, Unit, UnitState};
use super::verify::BUFFER_SIZE_BYTES;
use super::violation::Code;
use crate::log::bundle::tar::TarReader;
use crate::log::bundle::{BundlePath, LeafView, Manifest, decode_documents};
use crate::log::merkle::leaf_hash;
use crate::log::sample::draw::Frames;
use crate::log::sample::{
    DrawnStratum, EvidenceError, Frame, Period, Redrawn, Round, SampleRequest, framed, read_selection, redraw,
};
use crate::log::tiles::{TILE_WIDTH, TileKind, TilePath, decode_bundle};
use crate::log::{Hash, LogIndex};

/// Draws every sample that the manifest names again.
pub(super) fn samples<R: Read + Seek>(input: &mut R, manifest: &Manifest, folded: &mut Folded) -> Vec<SampleReport> {
    let requests: Vec<(Period, Option<SampleRequest>)> = manifest
        .samples
        .iter()
        .map(|period| {
            let round = Round::of(period, &folded.samples);
            (period.clone(), round.request().map(|(_, request)| request.clone()))
        })
        .collect();
    let reviewed = subjects(folded);
    let mut second = Second {
        frames: requests.iter().map(|_| Frames::new()).collect(),
        requests: &requests,
        reviewed: &reviewed,
        subjects: BTreeMap::new(),
    };
    if requests.iter().any(|(_, request)| request.is_some()) || !reviewed.is_empty() {
        second.walk(input, manifest, folded);
    }
    let Second { frames, subjects, .. } = second;
    judge(&subjects, folded);
    let mut reports = Vec::new();
    for ((period, _), frames) in requests.iter().zip(frames) {
        let redrawn = redraw(
            period,
            &folded.samples,
            &folded.erasures,
            |size| folded.root_at(size),
            |_| Ok(frames),
            |index| {
                let missing = EvidenceError::Missing {
                    index,
                    name: "selection",
                };
                read_selection(index, folded.selections.get(&index).ok_or(missing)?)
            },
        );
        reports.push(judged(period.clone(), redrawn, manifest, folded));
    }
    reports
}

/// What the second walk looks for, and what it found.
struct Second<'a> {
    requests: &'a [(Period, Option<SampleRequest>)],
    frames: Vec<Frames>,
    /// Entries that findings are on.
    reviewed: &'a BTreeSet<LogIndex>,
    subjects: BTreeMap<LogIndex, Subject>,
}

impl Second<'_> {
    fn asked(&self) -> impl Iterator<Item = &SampleRequest> {
        self.requests.iter().filter_map(|(_, request)| request.as_ref())
    }

    /// Whether frames of a tile are wanted.
    fn wants(&self, n: u64) -> bool {
        let width = u64::from(TILE_WIDTH);
        let in_range = |request: &SampleRequest| n >= request.from.get() / width && n * width < request.to.get();
        let is_reviewed = || {
            let first = LogIndex::new(n * width).ok();
            let next = first.and_then(|first| self.reviewed.range(first..).next());
            next.is_some_and(|index| index.get() / width == n)
        };
        self.asked().any(in_range) || is_reviewed()
    }

    /// Reads the frames, and the leaf hashes where the requests' checkpoints end.
    fn walk<R: Read + Seek>(&mut self, input: &mut R, manifest: &Manifest, folded: &mut Folded) {
        if input.rewind().is_err() {
            return;
        }
        let origin = manifest.origin.to_string();
        let width = u64::from(TILE_WIDTH);
        let mut tar = TarReader::new(std::io::BufReader::with_capacity(BUFFER_SIZE_BYTES, input));
        let mut entries = Vec::new();
        // What is wrong with the tar was said on the first walk.
        while let Ok(Some(member)) = tar.next_file() {
            let Ok(path) = member.path.parse::<BundlePath>() else {
                continue;
            };
            match path {
                BundlePath::Tile(TilePath { kind, n, .. }) if kind == TileKind::Entries && self.wants(n) => {
                    entries = tar.take(path.size_max()).unwrap_or_default();
                    for (bytes, at) in decode_bundle(&entries).unwrap_or_default().into_iter().zip(n * width..) {
                        let leaf = LeafView::read(bytes, &origin);
                        let is_decision = leaf.and_then(|leaf| leaf.known_kind()).is_some_and(framed);
                        if let Ok(index) = LogIndex::new(at) {
                            self.entry(index, bytes, is_decision);
                        }
                    }
                }
                BundlePath::Tile(TilePath { kind, n, .. })
                    if kind == TileKind::Hashes(0)
                        && self.asked().any(|request| n == request.checkpoint_size.get() / width) =>
                {
                    let hashes = tar.take(path.size_max()).unwrap_or_default();
                    let (chunks, _) = hashes.as_chunks::<{ Hash::SIZE_BYTES }>();
                    folded.keep_edge(n, chunks.iter().map(|chunk| Hash::from_bytes(*chunk)).collect());
                }
                BundlePath::Documents(TilePath { n, .. }) if self.wants(n) => {
                    let documents = tar.take(path.size_max()).unwrap_or_default();
                    let of_tile = decode_bundle(&entries).unwrap_or_default();
                    for document in decode_documents(&documents).unwrap_or_default() {
                        let leaf = of_tile.get(usize::from(document.place.entry));
                        let leaf = leaf.and_then(|bytes| LeafView::read(bytes, &origin));
                        let frame = leaf
                            .filter(|leaf| leaf.known_kind().is_some_and(framed))
                            .and_then(|leaf| leaf.document(document.place.document))
                            .filter(|held| held.name == "frame" && document.opens("frame") == held.commitment)
                            .and_then(|_| Frame::parse(document.content));
                        if let (Some(frame), Ok(index)) =
                            (frame, LogIndex::new(n * width + u64::from(document.place.entry)))
                        {
                            self.frame(index, frame);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn entry(&mut self, index: LogIndex, bytes: &[u8], is_decision: bool) {
        if is_decision {
            self.add(index, None);
        }
        if self.reviewed.contains(&index) {
            let subject = Subject {
                leaf: leaf_hash(bytes),
                is_decision,
                frame: None,
            };
            self.subjects.insert(index, subject);
        }
    }

    fn frame(&mut self, index: LogIndex, frame: Frame) {
        self.add(index, Some(&frame));
        if let Some(subject) = self.subjects.get_mut(&index) {
            subject.frame = Some(frame);
        }
    }

    fn add(&mut self, index: LogIndex, frame: Option<&Frame>) {
        for ((_, request), frames) in self.requests.iter().zip(&mut self.frames) {
            let Some(request) = request else { continue };
            if index >= request.from && request.to.holds(index) {
                frames.insert(index, frame.map(|frame| frame.reduced(request)));
            }
        }
    }
}

/// What a sample is worth, with the state of each of its units.
fn judged(
    period: Period,
    redrawn: Result<Redrawn, EvidenceError>,
    manifest: &Manifest,
    folded: &mut Folded,
) -> SampleReport {
    let place = format!("sample {period}");
    let redrawn = match redrawn {
        Ok(redrawn) => redrawn,
        Err(error) => {
            folded.violations.add(Code::Sample, place, &error);
            return SampleReport {
                period,
                agrees: false,
                problem: Some(error.to_string()),
                redrawn: None,
                units: BTreeMap::new(),
            };
        }
    };
    let problem = disagreement(&redrawn.agreement);
    if let Some(problem) = &problem {
        folded.violations.add(Code::Sample, place, problem);
    }
    // Of several findings on one determination the last one stands.
    let standing: BTreeMap<LogIndex, LogIndex> = folded
        .findings
        .iter()
        .filter_map(|(at, finding)| Some((finding.of?, *at)))
        .collect();
    let mut units = BTreeMap::new();
    let drawn = |stratum: &DrawnStratum| {
        stratum
            .units
            .iter()
            .chain(&stratum.reserve)
            .copied()
            .collect::<Vec<_>>()
    };
    for index in redrawn.selection.strata.iter().flat_map(drawn) {
        units.insert(index, unit(index, manifest, folded, &standing));
    }
    SampleReport {
        period,
        agrees: problem.is_none(),
        problem,
        redrawn: Some(redrawn),
        units,
    }
}

fn unit(index: LogIndex, manifest: &Manifest, folded: &Folded, standing: &BTreeMap<LogIndex, LogIndex>) -> Unit {
    let unopened = manifest
        .unopened
        .binary_search_by_key(&index, |unopened| unopened.index);
    let state = if folded.different.contains(&index) {
        UnitState::Different
    } else if folded.opened.holds(index) {
        UnitState::Equal
    } else if let Ok(at) = unopened {
        UnitState::Unopened(manifest.unopened[at].why)
    } else {
        UnitState::Absent
    };
    Unit {
        state,
        finding: standing.get(&index).copied(),
    }
}
