//! The samples of a bundle drawn again: from the folded log, and from the frames of a second walk through the bundle.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use super::fold::Folded;
use super::report::{SampleReport, Unit, UnitState, finding_of};
use super::verify::BUFFER_SIZE_BYTES;
use super::violation::Code;
use crate::log::bundle::tar::TarReader;
use crate::log::bundle::{BundlePath, LeafView, Manifest, decode_documents};
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
    let mut frames: Vec<Frames> = requests.iter().map(|_| Frames::new()).collect();
    if requests.iter().any(|(_, request)| request.is_some()) {
        walk(input, manifest, folded, &requests, &mut frames);
    }
    let mut reports = Vec::new();
    for ((period, _), frames) in requests.into_iter().zip(frames) {
        let redrawn = redraw(
            &period,
            &folded.samples,
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
        reports.push(judged(period, redrawn, manifest, folded));
    }
    reports
}

/// Reads the frames of the requests' ranges, and the leaf hashes where their checkpoints end.
fn walk<R: Read + Seek>(
    input: &mut R,
    manifest: &Manifest,
    folded: &mut Folded,
    requests: &[(Period, Option<SampleRequest>)],
    frames: &mut [Frames],
) {
    if input.rewind().is_err() {
        return;
    }
    let origin = manifest.origin.to_string();
    let width = u64::from(TILE_WIDTH);
    let in_range = |n: u64| {
        let asked = requests.iter().filter_map(|(_, request)| request.as_ref());
        asked
            .into_iter()
            .any(|request| n >= request.from.get() / width && n * width < request.to.get())
    };
    let is_edge = |n: u64| {
        let asked = requests.iter().filter_map(|(_, request)| request.as_ref());
        asked
            .into_iter()
            .any(|request| n == request.checkpoint_size.get() / width)
    };
    let mut tar = TarReader::new(std::io::BufReader::with_capacity(BUFFER_SIZE_BYTES, input));
    let mut entries = Vec::new();
    // What is wrong with the tar was said on the first walk.
    while let Ok(Some(member)) = tar.next_file() {
        let Ok(path) = member.path.parse::<BundlePath>() else {
            continue;
        };
        match path {
            BundlePath::Tile(TilePath { kind, n, .. }) if kind == TileKind::Entries && in_range(n) => {
                entries = tar.take(path.size_max()).unwrap_or_default();
                for (bytes, at) in decode_bundle(&entries).unwrap_or_default().into_iter().zip(n * width..) {
                    let decision = LeafView::read(bytes, &origin)
                        .and_then(|leaf| leaf.known_kind())
                        .is_some_and(framed);
                    if let Ok(index) = LogIndex::new(at)
                        && decision
                    {
                        add(requests, frames, index, None);
                    }
                }
            }
            BundlePath::Tile(TilePath { kind, n, .. }) if kind == TileKind::Hashes(0) && is_edge(n) => {
                let hashes = tar.take(path.size_max()).unwrap_or_default();
                let (chunks, _) = hashes.as_chunks::<{ Hash::SIZE_BYTES }>();
                folded.keep_edge(n, chunks.iter().map(|chunk| Hash::from_bytes(*chunk)).collect());
            }
            BundlePath::Documents(TilePath { n, .. }) if in_range(n) => {
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
                        add(requests, frames, index, Some(&frame));
                    }
                }
            }
            _ => {}
        }
    }
}

fn add(requests: &[(Period, Option<SampleRequest>)], frames: &mut [Frames], index: LogIndex, frame: Option<&Frame>) {
    for ((_, request), frames) in requests.iter().zip(frames) {
        let Some(request) = request else { continue };
        if index >= request.from && request.to.holds(index) {
            frames.insert(index, frame.map(|frame| frame.reduced(request)));
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
    let agrees = redrawn.recorded.is_some() && redrawn.agrees();
    let problem = match &redrawn.recorded {
        None => Some("the log holds no result for this period yet"),
        Some(_) if !agrees => Some("the log records another sample than the seed draws"),
        Some(_) => None,
    };
    if let Some(problem) = problem {
        folded.violations.add(Code::Sample, place, problem);
    }
    // Of several findings on one determination the last one stands.
    let standing: BTreeMap<LogIndex, LogIndex> = folded
        .findings
        .iter()
        .filter_map(|(at, finding)| Some((finding_of(finding)?, *at)))
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
        agrees,
        problem: problem.map(str::to_owned),
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
