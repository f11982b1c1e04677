//! The law manifest: which published documents made up the law of an area for one decision.

use super::super::{Hash, LogIndex, Origin};
use super::entry::LABEL_SIZE_MAX_BYTES;
use crate::area::AreaCode;
use crate::canonical::Json;

/// Most layers: nation, province, city, county, each with several instruments' documents.
pub const MANIFEST_DOCUMENT_COUNT_MAX: usize = 64;

/// The documents that were resolved into the law of one area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawManifest {
    /// The area whose law it is.
    pub area: AreaCode,
    /// The meaning of the operators, `doudi-rules/1`.
    pub semantics: String,
    /// The policies, from the nation's to the county's.
    pub documents: Vec<PublishedDocument>,
    /// The calendar of working days.
    pub calendar: PublishedDocument,
    /// The vocabulary of facts.
    pub vocabulary: PublishedDocument,
}

/// A sealed document of law and the POLICY entry that brought it into use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedDocument {
    /// SHA-256 of its canonical bytes.
    pub digest: Hash,
    /// The log of the POLICY entry.
    pub origin: Origin,
    /// The position of the POLICY entry.
    pub index: LogIndex,
}

/// The bytes are not a law manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` of the law manifest is absent or malformed: see src/log/FORMAT.md")]
pub struct ManifestError(pub &'static str);

impl LawManifest {
    /// The canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Json::object([
            ("area", Json::text(self.area.to_string())),
            ("semantics", Json::text(self.semantics.as_str())),
            (
                "documents",
                Json::List(self.documents.iter().map(PublishedDocument::to_json).collect()),
            ),
            ("calendar", self.calendar.to_json()),
            ("vocabulary", self.vocabulary.to_json()),
        ])
        .to_bytes()
    }

    /// `law` of an entry: SHA-256 of the canonical bytes.
    #[must_use]
    pub fn digest(&self) -> Hash {
        Hash::of(&self.to_bytes())
    }

    /// Reads the canonical bytes.
    ///
    /// # Errors
    /// [`ManifestError`] names the member that is absent or malformed.
    pub fn parse(bytes: &[u8]) -> Result<LawManifest, ManifestError> {
        let json = Json::parse_canonical(bytes).map_err(|_| ManifestError("manifest"))?;
        let members = json.as_object().filter(|members| members.len() == 5);
        members.ok_or(ManifestError("manifest"))?;
        let member = |name| json.get(name).ok_or(ManifestError(name));
        let semantics = member("semantics")?
            .as_text()
            .filter(|text| text.len() <= LABEL_SIZE_MAX_BYTES);
        let documents = member("documents")?.as_list();
        let documents = documents.filter(|list| list.len() <= MANIFEST_DOCUMENT_COUNT_MAX);
        let documents = documents.ok_or(ManifestError("documents"))?.iter();
        Ok(LawManifest {
            area: parsed(member("area")?).ok_or(ManifestError("area"))?,
            semantics: semantics.ok_or(ManifestError("semantics"))?.to_owned(),
            documents: documents
                .map(PublishedDocument::from_json)
                .collect::<Option<_>>()
                .ok_or(ManifestError("documents"))?,
            calendar: PublishedDocument::from_json(member("calendar")?).ok_or(ManifestError("calendar"))?,
            vocabulary: PublishedDocument::from_json(member("vocabulary")?).ok_or(ManifestError("vocabulary"))?,
        })
    }
}

impl PublishedDocument {
    fn to_json(&self) -> Json {
        let published = Json::object([
            ("origin", Json::text(self.origin.to_string())),
            ("index", Json::integer(i128::from(self.index.get()))),
        ]);
        Json::object([
            ("digest", Json::text(self.digest.to_string())),
            ("published", published),
        ])
    }

    fn from_json(json: &Json) -> Option<PublishedDocument> {
        let published = json.get("published")?;
        let index = u64::try_from(published.get("index")?.as_integer()?).ok()?;
        if json.as_object()?.len() != 2 || published.as_object()?.len() != 2 {
            return None;
        }
        Some(PublishedDocument {
            digest: parsed(json.get("digest")?)?,
            origin: parsed(published.get("origin")?)?,
            index: LogIndex::new(index).ok()?,
        })
    }
}

fn parsed<T: std::str::FromStr>(json: &Json) -> Option<T> {
    json.as_text()?.parse().ok()
}
