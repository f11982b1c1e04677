//! PreviewImpact, and the language of what is said to officers.

use super::limits::{IMPACT_POLICY_COUNT_MAX, IMPACT_USE_COUNT_MAX, NAME_SIZE_MAX_BYTES, POLICY_SIZE_MAX_BYTES};
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::command::{PreviewImpact, Use};
use crate::app::{AppError, AreaRegister};
use crate::area::AreaCode;
use crate::log::LogIndex;
use crate::rules::language::say::Lang;

const AT: Path<'static> = Path::ROOT;

/// Reads PreviewImpact.
///
/// # Errors
/// [`AppError::Invalid`] with every violation.
pub fn preview_impact(raw: pb::PreviewImpactRequest, areas: &AreaRegister) -> Result<PreviewImpact, AppError> {
    let mut v = Violations::default();
    let lang = lang(raw.language, &mut v);
    let place = area("area", &raw.area, areas, &mut v);
    let start_area = match raw.start_area.as_str() {
        "" => Some(None),
        text => area("start_area", text, areas, &mut v).map(Some),
    };
    let index = |field: &'static str, raw: u64, v: &mut Violations| {
        let index = LogIndex::new(raw).map_err(|error| format!("is {error}"));
        v.check(AT.field(field), index)
    };
    let start = index("start_index", raw.start_index, &mut v);
    let end = match raw.end_index {
        None => Some(None),
        Some(end) => index("end_index", end, &mut v).map(Some),
    };
    if raw.end_index.is_some_and(|end| end < raw.start_index) {
        v.add(
            AT.field("end_index"),
            "is before start_index: exchange them, or leave it out",
        );
    }
    let through = v.month(AT.field("through"), raw.through);
    let none_given = raw.sources.is_empty() && raw.policies.is_empty();
    let sources = sources(raw.sources, &mut v);
    let policies = v.limit(AT.field("policies"), raw.policies, IMPACT_POLICY_COUNT_MAX);
    let at = AT.field("policies");
    let policies: Vec<_> = policies
        .iter()
        .enumerate()
        .map(|(n, name)| v.parse(at.item(n), name))
        .collect();
    if none_given {
        v.add(AT.field("sources"), "are missing: give a document, here or in policies");
    }
    let uses = v.limit(AT.field("uses"), raw.uses, IMPACT_USE_COUNT_MAX);
    let at = AT.field("uses");
    let uses: Vec<_> = uses
        .into_iter()
        .enumerate()
        .map(|(n, raw)| wanted(raw, at.item(n), &mut v))
        .collect();
    let command = (|| {
        Some(PreviewImpact {
            area: place?,
            sources: sources.into_iter().collect::<Option<_>>()?,
            policies: policies.into_iter().collect::<Option<_>>()?,
            uses: uses.into_iter().collect::<Option<_>>()?,
            through: through?,
            start_area: start_area?,
            start_epoch: Some(raw.start_epoch).filter(|epoch| *epoch != 0),
            start: start?,
            end: end?,
            lang: lang?,
        })
    })();
    v.finish(command)
}

/// The language of what is said.
pub(super) fn lang(raw: i32, v: &mut Violations) -> Option<Lang> {
    let language = match pb::Language::try_from(raw) {
        Ok(pb::Language::Unspecified | pb::Language::English) => Ok(Lang::En),
        Ok(pb::Language::Chinese) => Ok(Lang::Zh),
        Err(_) => Err("is not known: give LANGUAGE_ENGLISH or LANGUAGE_CHINESE"),
    };
    v.check(AT.field("language"), language)
}

/// An area of six digits that the register knows, whether or not it decides itself.
fn area(field: &'static str, raw: &str, areas: &AreaRegister, v: &mut Violations) -> Option<AreaCode> {
    let area: AreaCode = v.parse(AT.field(field), raw)?;
    let known = area == AreaCode::NATION || areas.name(area).is_some();
    if known && area.without_township() == area {
        return Some(area);
    }
    v.add(
        AT.field(field),
        "is no area of the register: give six digits, of a county or of what it lies in",
    );
    None
}

fn sources(raw: Vec<String>, v: &mut Violations) -> Vec<Option<String>> {
    if raw.iter().map(String::len).sum::<usize>() > POLICY_SIZE_MAX_BYTES {
        v.add(
            AT.field("sources"),
            format!("are too long: give at most {POLICY_SIZE_MAX_BYTES} bytes together, or publish them first"),
        );
        return vec![None];
    }
    let at = AT.field("sources");
    let texts = v.limit(at, raw, IMPACT_POLICY_COUNT_MAX).into_iter().enumerate();
    texts
        .map(|(n, text)| v.text(at.item(n), text, POLICY_SIZE_MAX_BYTES))
        .collect()
}

fn wanted(raw: pb::ImpactUse, at: Path<'_>, v: &mut Violations) -> Option<Use> {
    let id = v.text(at.field("id"), raw.id, NAME_SIZE_MAX_BYTES);
    let row = v.maybe_text(at.field("row"), raw.row, NAME_SIZE_MAX_BYTES);
    let kind = pb::ImpactUseKind::try_from(raw.kind).unwrap_or(pb::ImpactUseKind::Unspecified);
    if kind != pb::ImpactUseKind::Parameter && row.as_ref().is_some_and(Option::is_some) {
        v.add(
            at.field("row"),
            "stands beside something that has no rows: leave it out",
        );
        return None;
    }
    match kind {
        pb::ImpactUseKind::Parameter => Some(Use::Parameter { id: id?, row: row? }),
        pb::ImpactUseKind::Choice => Some(Use::Choice(id?)),
        pb::ImpactUseKind::Clause => Some(Use::Clause(id?)),
        pb::ImpactUseKind::Unspecified => {
            v.add(
                at.field("kind"),
                "is missing or not known: give a parameter, a choice or a clause",
            );
            None
        }
    }
}
