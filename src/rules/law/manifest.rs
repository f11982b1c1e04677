//! The law manifest: which documents were resolved, each with its digest and its POLICY entry.

use super::Published;
use crate::canonical::Json;
use crate::rules::document::SEMANTICS;
use crate::rules::value::Area;

/// The manifest; `layers` stand in the order nation to county.
pub(super) fn manifest(area: Area, layers: &[&Published], calendar: &Published, vocabulary: &Published) -> Json {
    Json::object([
        ("area", Json::text(area.to_string())),
        ("semantics", Json::text(SEMANTICS)),
        (
            "documents",
            Json::List(layers.iter().map(|layer| entry(layer)).collect()),
        ),
        ("calendar", entry(calendar)),
        ("vocabulary", entry(vocabulary)),
    ])
}

fn entry(published: &Published) -> Json {
    let place = [
        ("origin", Json::text(&published.origin)),
        ("index", Json::integer(published.index.into())),
    ];
    Json::object([
        ("digest", Json::text(published.digest.to_string())),
        ("published", Json::object(place)),
    ])
}
