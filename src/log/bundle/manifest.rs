//! The manifest: what the maker of a bundle says is in it. Says nothing that the verifier does not check.

use std::collections::BTreeMap;

use super::super::sample::Period;
use super::super::tiles::TILE_WIDTH;
use super::super::{Hash, LogIndex, Origin, TreeSize};
use super::path::BundlePath;
use super::{BUNDLE_FORMAT, FILE_COUNT_MAX, MANIFEST_SIZE_MAX_BYTES};
use crate::canonical::{Cursor, Json};
use crate::log::record::entry::LABEL_SIZE_MAX_BYTES;

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
    /// The file. Written item by item: a tree of all that it lists would be many times as large.
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
        let previous = self.previous.as_ref().map(|previous| Json::Object(head(previous)));
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
        let mut out = Vec::new();
        // By their names, as canonical JSON has them.
        let mut begins = b'{';
        let mut member = |name: &str, write: &dyn Fn(&mut Vec<u8>)| {
            out.push(std::mem::replace(&mut begins, b','));
            Json::from(name).write(&mut out);
            out.push(b':');
            write(&mut out);
        };
        member("checkpoint", &|out| Json::Object(checkpoint.clone()).write(out));
        member("engine", &|out| Json::from(self.engine.as_str()).write(out));
        member("files", &|out| write_list(self.files.iter().map(file), out));
        member("format", &|out| Json::from(BUNDLE_FORMAT).write(out));
        member("identity", &|out| Json::Bool(self.identity).write(out));
        member("opened", &|out| Json::from(self.opened.code()).write(out));
        member("openings", &|out| write_list(self.openings.iter().map(index), out));
        if let Some(previous) = &previous {
            member("previous", &|out| previous.write(out));
        }
        let samples = || self.samples.iter().map(|period| Json::from(period.as_str()));
        member("samples", &|out| write_list(samples(), out));
        member("specifications", &|out| specifications().write(out));
        member("unopened", &|out| write_list(self.unopened.iter().map(unopened), out));
        out.push(b'}');
        out
    }

    /// Reads the file, from left to right and without a tree: it is read before any signature is.
    ///
    /// # Errors
    /// [`ManifestError`] names the member.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, ManifestError> {
        let wrong = |what: &str| ManifestError(what.to_owned());
        if bytes.len() as u64 > MANIFEST_SIZE_MAX_BYTES {
            return Err(wrong("file"));
        }
        version(bytes)?;
        let mut read = Read::default();
        let mut cursor = Cursor::new(bytes).ok_or_else(|| wrong("file"))?;
        let whole = cursor.object(|cursor, key| read.member(cursor, key));
        if whole.is_none() || !cursor.is_at_end() {
            return Err(wrong(read.wrong.unwrap_or("file")));
        }
        let manifest = read.manifest()?;
        // Nobody's manifest has two spellings, whatever the reader let pass.
        if manifest.to_bytes() == bytes {
            Ok(manifest)
        } else {
            Err(wrong("file"))
        }
    }
}

fn write_list(items: impl Iterator<Item = Json>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (item, number) in items.zip(0_u64..) {
        if number > 0 {
            out.push(b',');
        }
        item.write(out);
    }
    out.push(b']');
}

/// Whether it is a manifest of this version, before anything of it is judged: another one is written otherwise.
fn version(bytes: &[u8]) -> Result<(), ManifestError> {
    let (mut format, mut followed) = (None, None);
    let read = Cursor::new(bytes).and_then(|mut cursor| {
        cursor.object(|cursor, key| {
            match &**key {
                "format" => format = Some(cursor.string()? == BUNDLE_FORMAT),
                "specifications" => followed = Some(follows(cursor)?),
                _ => cursor.leap()?,
            }
            Some(())
        })
    });
    let what = match (read, format, followed) {
        (Some(()), Some(true), Some(true)) => return Ok(()),
        (Some(()), Some(true), _) => "specifications",
        (Some(()), _, _) => "format",
        (None, _, _) => "file",
    };
    Err(ManifestError(what.to_owned()))
}

/// Whether the specifications are those of this version.
fn follows(cursor: &mut Cursor<'_>) -> Option<bool> {
    let mut count = 0;
    let mut all = true;
    cursor.object(|cursor, key| {
        let version = cursor.string()?;
        all = all && SPECIFICATIONS.get(count) == Some(&(&**key, &*version));
        count += 1;
        Some(())
    })?;
    Some(all && count == SPECIFICATIONS.len())
}

/// What was read so far.
#[derive(Default)]
struct Read {
    engine: Option<String>,
    origin: Option<Origin>,
    head: Option<Head>,
    previous: Option<Head>,
    opened: Option<Opened>,
    identity: Option<bool>,
    openings: Option<Vec<LogIndex>>,
    samples: Option<Vec<Period>>,
    unopened: Option<Vec<Unopened>>,
    files: Option<Vec<(BundlePath, u64)>>,
    /// The member at which the reading ended.
    wrong: Option<&'static str>,
}

impl Read {
    fn member(&mut self, cursor: &mut Cursor<'_>, key: &str) -> Option<()> {
        match key {
            "checkpoint" => {
                self.wrong = Some("checkpoint");
                let (head, origin) = head(cursor)?;
                // Each tile has two files at least; a size beyond what can be listed would only make a reader count.
                if head.size.get() / u64::from(TILE_WIDTH) > FILE_COUNT_MAX as u64 / 2 {
                    return None;
                }
                (self.head, self.origin) = (Some(head), origin);
            }
            "engine" => {
                self.wrong = Some("engine");
                let engine = cursor.string()?;
                (1..=LABEL_SIZE_MAX_BYTES).contains(&engine.len()).then_some(())?;
                self.engine = Some(engine.into_owned());
            }
            "files" => {
                self.wrong = Some("files");
                let files = list(cursor, FILE_COUNT_MAX, file)?;
                files
                    .is_sorted_by(|(a, _), (b, _)| a.place() < b.place())
                    .then_some(())?;
                self.files = Some(files);
            }
            "identity" => {
                self.wrong = Some("identity");
                self.identity = Some(cursor.bool()?);
            }
            "opened" => {
                self.wrong = Some("opened");
                self.opened = Some(Opened::from_code(&cursor.string()?)?);
            }
            "openings" => {
                self.wrong = Some("openings");
                let openings = list(cursor, FILE_COUNT_MAX, index)?;
                openings.is_sorted_by(|a, b| a < b).then_some(())?;
                self.openings = Some(openings);
            }
            "previous" => {
                self.wrong = Some("previous");
                self.previous = Some(head(cursor)?.0);
            }
            "samples" => {
                self.wrong = Some("samples");
                let samples: Vec<Period> = list(cursor, SAMPLE_COUNT_MAX, |cursor| cursor.string()?.parse().ok())?;
                samples.is_sorted_by(|a, b| a < b).then_some(())?;
                self.samples = Some(samples);
            }
            "unopened" => {
                self.wrong = Some("unopened");
                let unopened = list(cursor, UNOPENED_COUNT_MAX, unopened)?;
                unopened.is_sorted_by(|a, b| a.index < b.index).then_some(())?;
                self.unopened = Some(unopened);
            }
            // They were read before.
            "format" | "specifications" => cursor.skip()?,
            _ => {
                self.wrong = Some("file");
                return None;
            }
        }
        self.wrong = None;
        Some(())
    }

    /// All of it, or the first member that is absent.
    fn manifest(self) -> Result<Manifest, ManifestError> {
        let absent = |name: &'static str| move || ManifestError(name.to_owned());
        Ok(Manifest {
            engine: self.engine.ok_or_else(absent("engine"))?,
            origin: self.origin.ok_or_else(absent("checkpoint"))?,
            head: self.head.ok_or_else(absent("checkpoint"))?,
            previous: self.previous,
            opened: self.opened.ok_or_else(absent("opened"))?,
            identity: self.identity.ok_or_else(absent("identity"))?,
            openings: self.openings.ok_or_else(absent("openings"))?,
            samples: self.samples.ok_or_else(absent("samples"))?,
            unopened: self.unopened.ok_or_else(absent("unopened"))?,
            files: self.files.ok_or_else(absent("files"))?,
        })
    }
}

/// Samples of one bundle: several years of quarters.
pub const SAMPLE_COUNT_MAX: usize = 64;

/// Decisions that one manifest lists as not opened: what it has room for.
pub const UNOPENED_COUNT_MAX: usize = 1_000_000;

/// A list of at most so many items.
fn list<'a, T>(
    cursor: &mut Cursor<'a>,
    count_max: usize,
    mut read: impl FnMut(&mut Cursor<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    let mut items = Vec::new();
    cursor.list(|cursor| {
        (items.len() < count_max).then_some(())?;
        items.push(read(cursor)?);
        Some(())
    })?;
    Some(items)
}

fn count(cursor: &mut Cursor<'_>) -> Option<u64> {
    u64::try_from(cursor.integer()?).ok()
}

fn index(cursor: &mut Cursor<'_>) -> Option<LogIndex> {
    LogIndex::new(count(cursor)?).ok()
}

/// A head, and the log where it names it.
fn head(cursor: &mut Cursor<'_>) -> Option<(Head, Option<Origin>)> {
    let (mut origin, mut root, mut size) = (None, None, None);
    cursor.object(|cursor, key| {
        match &**key {
            "origin" => origin = Some(cursor.string()?.parse().ok()?),
            "root" => root = Some(cursor.string()?.parse().ok()?),
            "size" => size = Some(TreeSize::new(count(cursor)?).ok()?),
            _ => return None,
        }
        Some(())
    })?;
    let head = Head {
        size: size?,
        root: root?,
    };
    Some((head, origin))
}

fn file(cursor: &mut Cursor<'_>) -> Option<(BundlePath, u64)> {
    let (mut path, mut size) = (None, None);
    cursor.object(|cursor, key| {
        match &**key {
            "path" => path = Some(cursor.string()?.parse::<BundlePath>().ok()?),
            "size" => size = Some(count(cursor)?),
            _ => return None,
        }
        Some(())
    })?;
    let (path, size) = (path?, size?);
    (size <= path.size_max()).then_some((path, size))
}

fn unopened(cursor: &mut Cursor<'_>) -> Option<Unopened> {
    let (mut at, mut why) = (None, None);
    cursor.object(|cursor, key| {
        match &**key {
            "index" => at = Some(index(cursor)?),
            "why" => why = Some(Why::from_code(&cursor.string()?)?),
            _ => return None,
        }
        Some(())
    })?;
    Some(Unopened { index: at?, why: why? })
}
