//! The manifest: what the maker of a bundle says is in it. Says nothing that the verifier does not check.

use std::collections::BTreeMap;

use super::super::sample::Period;
use super::super::tiles::TILE_WIDTH;
use super::super::{Hash, LogIndex, Origin, TreeSize};
use super::path::BundlePath;
use super::{BUNDLE_FORMAT, FILE_COUNT_MAX, MANIFEST_SIZE_MAX_BYTES};
use crate::canonical::Json;
use crate::log::record::entry::LABEL_SIZE_MAX_BYTES;
use crate::reader::{FromJson, RecordError, each, need};

/// The specifications that a bundle follows, with their versions (`FORMAT.md`, section 1).
const SPECIFICATIONS: [(&str, &str); 7] = [
    ("signed-note", "v1.0.0"),
    ("tlog-checkpoint", "v1.0.0"),
    ("tlog-cosignature", "v1.0.1"),
    ("tlog-policy", "draft"),
    ("tlog-proof", "draft"),
    ("tlog-tiles", "v0.1.0"),
    ("tlog-witness", "v1.0.0"),
];

/// A head that a manifest names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Size of the tree.
    pub size: TreeSize,
    /// Its root.
    pub root: Hash,
}

crate::rules::outcome::codes! {
    /// Which decisions are opened.
    Opened {
        /// None.
        Nothing = "none",
        /// The units and reserves of the samples.
        Sample = "sample",
        /// Every one.
        All = "all",
    }
}

crate::rules::outcome::codes! {
    /// Why a decision is not opened.
    Why {
        /// Its documents cannot be opened by anybody.
        Erased = "erased",
        /// Its processing is restricted.
        Restricted = "restricted",
    }
}

/// A decision that should have been opened and was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unopened {
    /// Its entry.
    pub index: LogIndex,
    /// Why.
    pub why: Why,
}

/// What a bundle says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The program that made it.
    pub engine: String,
    /// The log.
    pub origin: Origin,
    /// The head of what is in it.
    pub head: Head,
    /// The head of the audit before.
    pub previous: Option<Head>,
    /// Which decisions are opened.
    pub opened: Opened,
    /// Whether identities are opened.
    pub identity: bool,
    /// The OPENING entries of this bundle.
    pub openings: Vec<LogIndex>,
    /// The periods whose samples it answers for.
    pub samples: Vec<Period>,
    /// What should have been opened and was not.
    pub unopened: Vec<Unopened>,
    /// The files after the manifest with their sizes, in order.
    pub files: Vec<(BundlePath, u64)>,
}

/// The bytes are not a manifest; names the member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` of the manifest is absent, malformed or of another version: use the doudi that made the bundle")]
pub struct ManifestError(pub String);

/// The specifications as they stand in a manifest.
#[must_use]
pub fn specifications() -> Json {
    Json::object(SPECIFICATIONS.map(|(name, version)| (name, Json::from(version))))
}

impl Manifest {
    /// The file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = |head: &Head| {
            BTreeMap::from([
                ("root".to_owned(), Json::text(head.root.to_string())),
                ("size".to_owned(), Json::integer(head.size.get().into())),
            ])
        };
        let mut checkpoint = head(&self.head);
        checkpoint.insert("origin".to_owned(), Json::text(self.origin.to_string()));
        let index = |index: &LogIndex| Json::integer(index.get().into());
        let unopened = |unopened: &Unopened| {
            Json::object([("index", index(&unopened.index)), ("why", unopened.why.code().into())])
        };
        let file = |(path, size): &(BundlePath, u64)| {
            Json::object([
                ("path", Json::text(path.to_string())),
                ("size", Json::integer((*size).into())),
            ])
        };
        let samples = self.samples.iter().map(|period| Json::from(period.as_str()));
        let mut members = vec![
            ("format", Json::from(BUNDLE_FORMAT)),
            ("specifications", specifications()),
            ("engine", self.engine.as_str().into()),
            ("checkpoint", Json::Object(checkpoint)),
            ("opened", self.opened.code().into()),
            ("identity", Json::Bool(self.identity)),
            ("openings", Json::List(self.openings.iter().map(index).collect())),
            ("samples", Json::List(samples.collect())),
            ("unopened", Json::List(self.unopened.iter().map(unopened).collect())),
            ("files", Json::List(self.files.iter().map(file).collect())),
        ];
        members.extend(
            self.previous
                .as_ref()
                .map(|previous| ("previous", Json::Object(head(previous)))),
        );
        Json::object(members).to_bytes()
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`ManifestError`] names the member.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, ManifestError> {
        let wrong = |what: &str| ManifestError(what.to_owned());
        if bytes.len() as u64 > MANIFEST_SIZE_MAX_BYTES {
            return Err(wrong("file"));
        }
        let json = Json::parse_canonical(bytes).map_err(|_| wrong("file"))?;
        if json.get("format").and_then(Json::as_text) != Some(BUNDLE_FORMAT) {
            return Err(wrong("format"));
        }
        if json.get("specifications") != Some(&specifications()) {
            return Err(wrong("specifications"));
        }
        let manifest = read(&json).map_err(|RecordError(what)| ManifestError(what))?;
        // A member that no manifest has, at whatever depth, is in no other spelling of it.
        if manifest.to_bytes() == bytes {
            Ok(manifest)
        } else {
            Err(wrong("file"))
        }
    }
}

fn read(json: &Json) -> Result<Manifest, RecordError> {
    let wrong = |what: &str| RecordError(what.to_owned());
    let head = |name: &str| -> Result<(Json, Head), RecordError> {
        let head: Json = need(json, name)?;
        let parsed = Head {
            size: TreeSize::new(need(&head, "size")?).map_err(|_| wrong(name))?,
            root: need::<String>(&head, "root")?.parse().map_err(|_| wrong(name))?,
        };
        Ok((head, parsed))
    };
    let (checkpoint, of_log) = head("checkpoint")?;
    // Each tile has two files at least; a size beyond what can be listed would only make a reader count to it.
    if of_log.size.get() / u64::from(TILE_WIDTH) > FILE_COUNT_MAX as u64 / 2 {
        return Err(wrong("checkpoint"));
    }
    let previous = match json.get("previous") {
        None => None,
        Some(_) => Some(head("previous")?.1),
    };
    let engine: String = need(json, "engine")?;
    if engine.is_empty() || engine.len() > LABEL_SIZE_MAX_BYTES {
        return Err(wrong("engine"));
    }
    let files: Vec<(BundlePath, u64)> = all(json, "files", FILE_COUNT_MAX, |file| {
        let path: String = need(file, "path")?;
        Ok((path.parse().map_err(|_| wrong("path"))?, need(file, "size")?))
    })?;
    let ascending = files.is_sorted_by(|(a, _), (b, _)| a.place() < b.place());
    if !ascending || files.iter().any(|(path, size)| *size > path.size_max()) {
        return Err(wrong("files"));
    }
    let openings = all(json, "openings", FILE_COUNT_MAX, index)?;
    let samples: Vec<Period> = all(json, "samples", SAMPLE_COUNT_MAX, |period| {
        Period::from_json(period).ok_or_else(|| wrong("period"))
    })?;
    let unopened: Vec<Unopened> = all(json, "unopened", UNOPENED_COUNT_MAX, |item| {
        Ok(Unopened {
            index: index(item.get("index").ok_or_else(|| wrong("index"))?)?,
            why: Why::from_code(&need::<String>(item, "why")?).ok_or_else(|| wrong("why"))?,
        })
    })?;
    if !openings.is_sorted_by(|a, b| a < b) {
        return Err(wrong("openings"));
    }
    if !samples.is_sorted_by(|a, b| a < b) {
        return Err(wrong("samples"));
    }
    if !unopened.is_sorted_by(|a, b| a.index < b.index) {
        return Err(wrong("unopened"));
    }
    Ok(Manifest {
        engine,
        origin: need::<String>(&checkpoint, "origin")?
            .parse()
            .map_err(|_| wrong("checkpoint"))?,
        head: of_log,
        previous,
        opened: Opened::from_code(&need::<String>(json, "opened")?).ok_or_else(|| wrong("opened"))?,
        identity: need(json, "identity")?,
        openings,
        samples,
        unopened,
        files,
    })
}

/// Samples of one bundle: several years of quarters.
pub const SAMPLE_COUNT_MAX: usize = 64;

/// Decisions that one manifest lists as not opened: what it has room for.
pub const UNOPENED_COUNT_MAX: usize = 1_000_000;

/// A list that must be there, with at most so many items.
fn all<T>(
    json: &Json,
    key: &str,
    count_max: usize,
    read: impl Fn(&Json) -> Result<T, RecordError>,
) -> Result<Vec<T>, RecordError> {
    let list = json.get(key).and_then(Json::as_list);
    if list.is_none_or(|list| list.len() > count_max) {
        return Err(RecordError(key.to_owned()));
    }
    each(json, key, read)
}

fn index(json: &Json) -> Result<LogIndex, RecordError> {
    let index = u64::from_json(json).and_then(|index| LogIndex::new(index).ok());
    index.ok_or_else(|| RecordError("index".to_owned()))
}
