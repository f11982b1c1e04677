//! Which items of a batch stand: request ids, case versions, persons and their programmes, the law they were tried in.
//!
//! Pure; items are judged in order, so of two that exclude each other the first wins.

use std::collections::{BTreeMap, BTreeSet};

use super::item::{AppendError, Follows, Item};
use crate::store::append::{Ask, Known};
use crate::store::{LogId, PersonRow, RecordCursor, RequestKey, RequestRow, SpanRow};

/// What becomes of one item.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// It takes the next index.
    Stands,
    /// It was appended before: the first answer is given again.
    Answered(RequestRow),
    /// It repeats the item at this place of the batch and shares its answer.
    Repeats(usize),
    /// It is refused; nothing of it is written.
    Refused(AppendError),
}

/// What must be known to judge these items of a log.
pub(super) fn ask(log_id: LogId, items: &[&Item]) -> Ask {
    let spans = |item: &Item| {
        item.case
            .as_ref()
            .and_then(|case| case.spans.clone())
            .unwrap_or_default()
    };
    Ask {
        requests: items
            .iter()
            .map(|item| (item.request.caller.clone(), item.request.request_id.clone()))
            .collect(),
        case_ids: items
            .iter()
            .filter(|item| version_read(item).is_some())
            .filter_map(|item| item.case_id.clone())
            .collect(),
        hmacs: items
            .iter()
            .flat_map(|item| item.persons.iter().map(|person| person.hmac.clone()))
            .collect(),
        person_ids: items
            .iter()
            .flat_map(|item| spans(item))
            .map(|span| span.person_id)
            .collect(),
        policies_of: items.iter().any(|item| item.policy.is_some()).then_some(log_id),
    }
}

/// The version of its case that an item was made on, whether or not it changes the case.
fn version_read(item: &Item) -> Option<u64> {
    let changed = item.case.as_ref().map(|change| change.expected_version);
    changed.or(item.case_seen)
}

/// The spans that an item sets.
pub(super) fn span_rows(item: &Item) -> Option<Vec<SpanRow>> {
    let spans = item.case.as_ref()?.spans.as_ref()?;
    let case_id = item.case_id.as_ref()?;
    Some(spans.iter().map(|span| span.row(item.request.area, case_id)).collect())
}

/// Whether a case's spans put a person into two basic programmes in one month: two of them among themselves, or one
/// and what is held in another case.
#[must_use]
pub fn two_programmes(spans: &[SpanRow], held: &[SpanRow]) -> bool {
    spans.iter().enumerate().any(|(at, span)| {
        let elsewhere = |held: &&SpanRow| held.area != span.area || held.case_id != span.case_id;
        let mut others = held.iter().filter(elsewhere).chain(&spans[at + 1..]);
        others.any(|other| other.overlaps(span))
    })
}

/// Judges the items of a batch in order.
pub(super) fn select(items: &[&Item], known: Known) -> Vec<Verdict> {
    let mut state = State {
        answered: known.requests.into_iter().map(|row| (row.key.clone(), row)).collect(),
        seen: BTreeMap::new(),
        versions: known.case_versions.into_iter().collect(),
        changed: BTreeSet::new(),
        persons: known.persons.into_iter().map(|row| (row.hmac.clone(), row)).collect(),
        spans: known.spans,
        newest_policy: known.newest_policy,
        published: false,
    };
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let verdict = state.judge(at, item, items, &verdicts);
        verdicts.push(verdict);
    }
    verdicts
}

struct State {
    answered: BTreeMap<RequestKey, RequestRow>,
    seen: BTreeMap<RequestKey, usize>,
    versions: BTreeMap<String, u64>,
    changed: BTreeSet<String>,
    persons: BTreeMap<String, PersonRow>,
    spans: Vec<SpanRow>,
    newest_policy: Option<RecordCursor>,
    /// Whether a document of law is in the batch, newer than that.
    published: bool,
}

impl State {
    fn judge(&mut self, at: usize, item: &Item, items: &[&Item], before: &[Verdict]) -> Verdict {
        if let Some(first) = self.answered.get(&item.request) {
            return if first.digest == item.request_digest {
                Verdict::Answered(first.clone())
            } else {
                Verdict::Refused(AppendError::RequestReused)
            };
        }
        if let Some(&first) = self.seen.get(&item.request) {
            return if items[first].request_digest != item.request_digest {
                Verdict::Refused(AppendError::RequestReused)
            } else if let Verdict::Refused(error) = &before[first] {
                Verdict::Refused(error.clone())
            } else {
                Verdict::Repeats(first)
            };
        }
        self.seen.insert(item.request.clone(), at);
        match self.admit(item) {
            Ok(()) => Verdict::Stands,
            Err(error) => Verdict::Refused(error),
        }
    }

    /// Checks everything before it changes anything: a refused item leaves no trace in the state.
    fn admit(&mut self, item: &Item) -> Result<(), AppendError> {
        if let (Some(read), Some(case_id)) = (version_read(item), &item.case_id) {
            let version = self.versions.get(case_id).copied().unwrap_or(0);
            if version != read || self.changed.contains(case_id) {
                return Err(AppendError::CaseChanged);
            }
        }
        let moved = |person: &PersonRow| {
            self.persons
                .get(&person.hmac)
                .is_some_and(|known| known.person_id != person.person_id)
        };
        if item.persons.iter().any(moved) {
            return Err(AppendError::PersonChanged);
        }
        let spans = span_rows(item);
        if two_programmes(spans.as_deref().unwrap_or_default(), &self.spans) {
            return Err(AppendError::ProgrammeHeld);
        }
        if let Some(policy) = &item.policy {
            match policy.follows {
                Follows::Newest(newest) if self.published || newest != self.newest_policy => {
                    return Err(AppendError::PolicyChanged);
                }
                Follows::Newest(_) | Follows::Any => self.published = true,
            }
        }
        self.persons
            .extend(item.persons.iter().map(|person| (person.hmac.clone(), person.clone())));
        if let (Some(change), Some(case_id)) = (&item.case, &item.case_id) {
            self.versions.insert(case_id.clone(), change.expected_version + 1);
            self.changed.insert(case_id.clone());
            if let Some(spans) = spans {
                self.spans
                    .retain(|held| held.area != item.request.area || held.case_id != *case_id);
                self.spans.extend(spans);
            }
        }
        Ok(())
    }
}
