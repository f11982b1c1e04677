//! The bytes of an entry, finished when its time and its log are known.

use super::item::{Item, NewDocument};
use crate::canonical::Json;
use crate::log::Origin;

/// Version of the entry's form.
const ENTRY_VERSION: i64 = 1;

/// The leaf's bytes: canonical JSON with nothing but digests, names and times.
pub(super) fn entry_bytes(
    origin: &Origin,
    time_ms: i64,
    kind: &str,
    law: Option<String>,
    semantics: Option<&str>,
    engine: &str,
    documents: &[NewDocument],
) -> Vec<u8> {
    let documents = documents.iter().map(|document| {
        Json::object([
            ("commitment", Json::text(document.commitment.to_string())),
            ("name", Json::text(document.row.name.as_str())),
        ])
    });
    let mut members = vec![
        ("v", Json::Int(ENTRY_VERSION)),
        ("kind", Json::text(kind)),
        ("origin", Json::text(origin.to_string())),
        ("logged", Json::integer(i128::from(time_ms.div_euclid(1000)))),
        ("engine", Json::text(engine)),
        ("documents", Json::List(documents.collect())),
    ];
    members.extend(law.map(|law| ("law", Json::text(law))));
    members.extend(semantics.map(|semantics| ("semantics", Json::text(semantics))));
    Json::object(members).to_bytes()
}

impl Item {
    /// The leaf's bytes in this log at this time.
    pub(super) fn entry_bytes(&self, origin: &Origin, time_ms: i64) -> Vec<u8> {
        let law = self.law.map(|law| law.to_string());
        entry_bytes(
            origin,
            time_ms,
            &self.kind,
            law,
            self.semantics.as_deref(),
            &self.engine,
            &self.documents,
        )
    }
}
