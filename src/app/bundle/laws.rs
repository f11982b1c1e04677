//! The law of a decision, out of the POLICY entries that the bundle holds; resolved once, shared by all threads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::super::laws::{kind, law_of_documents};
use super::super::policies::kind_of;
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::{Hash, LogIndex, Origin, TreeSize};
use crate::rules::document::Document;
use crate::rules::law::{Law, Published};
use crate::rules::value::Area;

/// Most laws that are kept: a county changes its law a few times a year.
const LAW_COUNT_MAX: usize = 256;

/// Time after which a decision must know what was published: a call that began before it may be written after it, but no
/// call lasts so long. The service decides by the newest law that its log has.
pub const LAW_LAG_SECONDS_MAX: i64 = 10 * 60;

/// A resolved law with the digest of its manifest.
#[derive(Debug)]
pub struct BundleLaw {
    /// The law.
    pub law: Law,
    /// `law` of the entries that it decided.
    pub digest: Hash,
}

/// A law, and the tree sizes at which it is the one that is known.
#[derive(Clone, Debug)]
pub struct LawSpan {
    /// The law; none where the documents make none.
    pub law: Option<Arc<BundleLaw>>,
    from: u64,
    /// The last size, as far as a later document was adopted when this was asked.
    until: Option<u64>,
    /// Place and time of the first document of this log's law after it, Unix seconds.
    replaced: Option<(LogIndex, i64)>,
}

impl LawSpan {
    /// Whether it is the law known at a size, for a size that does not go beyond what was adopted when it was asked.
    #[must_use]
    pub fn holds(&self, size: TreeSize) -> bool {
        self.from <= size.get() && self.until.is_none_or(|until| size.get() <= until)
    }

    /// Whether a document of the law had stood after it for longer than any decision takes, when the decision of this
    /// entry was logged.
    #[must_use]
    pub fn was_replaced(&self, index: LogIndex, logged_seconds: i64) -> bool {
        let is_late = |since: i64| logged_seconds.saturating_sub(since) > LAW_LAG_SECONDS_MAX;
        self.replaced.is_some_and(|(at, since)| at < index && is_late(since))
    }
}

/// A document that came into use.
#[derive(Debug)]
struct Adopted {
    index: LogIndex,
    /// Unix seconds.
    logged_seconds: i64,
    /// Whether it is of the law of the log's area.
    is_own: bool,
    kind: &'static str,
    published: Published,
}

/// Every law of a bundle.
#[derive(Debug)]
pub struct BundleLaws {
    area: AreaCode,
    origin: Origin,
    /// In the order of the log.
    adopted: RwLock<Vec<Adopted>>,
    /// By the number of documents that were adopted; none where they make no law.
    resolved: Mutex<BTreeMap<usize, Option<Arc<BundleLaw>>>>,
}

impl BundleLaws {
    /// No law yet.
    #[must_use]
    pub fn new(origin: &Origin) -> BundleLaws {
        BundleLaws {
            area: origin.area(),
            origin: origin.clone(),
            adopted: RwLock::default(),
            resolved: Mutex::default(),
        }
    }

    /// Takes the document of a POLICY entry, in the order of the log. Whether it is a document of law.
    pub fn adopt(&self, index: LogIndex, logged_seconds: i64, content: &[u8]) -> bool {
        let document = Json::parse_canonical(content)
            .ok()
            .and_then(|json| Document::from_json(&json).ok());
        let Some(document) = document else { return false };
        let kind = kind_of(&document);
        let of: Option<Area> = document.area.parse().ok();
        let own: Option<Area> = self.area.to_string().parse().ok();
        // Vocabulary and calendar are those of the log, whichever area they name.
        let is_own = kind != kind::POLICY || own.zip(of).is_some_and(|(own, of)| own.lies_in(of));
        let published = Published::new(document, self.origin.to_string(), index.get());
        let mut adopted = self.adopted.write().unwrap_or_else(PoisonError::into_inner);
        adopted.push(Adopted {
            index,
            logged_seconds,
            is_own,
            kind,
            published,
        });
        true
    }

    /// The law that the POLICY entries below a size make, with the sizes at which they make it.
    #[must_use]
    pub fn at(&self, size: TreeSize) -> LawSpan {
        let adopted = self.adopted.read().unwrap_or_else(PoisonError::into_inner);
        let count = adopted.partition_point(|one| size.holds(one.index));
        LawSpan {
            law: self.of_first(&adopted, count),
            from: count.checked_sub(1).map_or(0, |last| adopted[last].index.get() + 1),
            until: adopted.get(count).map(|next| next.index.get()),
            replaced: adopted[count..]
                .iter()
                .find(|next| next.is_own)
                .map(|next| (next.index, next.logged_seconds)),
        }
    }

    /// The law that so many documents make, none where they make none.
    fn of_first(&self, adopted: &[Adopted], count: usize) -> Option<Arc<BundleLaw>> {
        let kept = |resolved: &BTreeMap<usize, Option<Arc<BundleLaw>>>| resolved.get(&count).cloned();
        if let Some(law) = kept(&self.resolved.lock().unwrap_or_else(PoisonError::into_inner)) {
            return law;
        }
        let mut newest: BTreeMap<(&str, &str), &Adopted> = BTreeMap::new();
        for one in &adopted[..count] {
            let document = &one.published.document;
            newest.insert((&document.area, &document.policy), one);
        }
        let mut newest: Vec<&Adopted> = newest.into_values().collect();
        newest.sort_by_key(|one| one.index);
        let documents: Vec<(String, Published)> = newest
            .into_iter()
            .map(|one| (one.kind.to_owned(), one.published.clone()))
            .collect();
        let law = law_of_documents(self.area, &documents).and_then(|law| {
            let digest = Hash::from_slice(law.digest().as_bytes()).ok()?;
            Some(Arc::new(BundleLaw { law, digest }))
        });
        let mut resolved = self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        if resolved.len() >= LAW_COUNT_MAX {
            resolved.pop_first();
        }
        resolved.insert(count, law.clone());
        law
    }

    /// The documents, as they stand in a report.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let adopted = self.adopted.read().unwrap_or_else(PoisonError::into_inner);
        let one = |one: &Adopted| {
            let document = &one.published.document;
            Json::object([
                ("index", Json::integer(one.index.get().into())),
                ("policy", document.policy.as_str().into()),
                ("area", document.area.as_str().into()),
                ("title", document.title.as_str().into()),
                ("kind", one.kind.into()),
                ("digest", Json::text(one.published.digest.to_string())),
            ])
        };
        Json::List(adopted.iter().map(one).collect())
    }
}
