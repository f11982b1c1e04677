//! What is paid to whom in which month: the entitlements of a case, and how a new one supersedes.

use std::collections::{BTreeMap, BTreeSet};

use super::calendar::Month;
use super::money::Fen;
use super::outcome::Programme;
use crate::canonical::{Cursor, Json};
use crate::reader::{FromJson, RecordError, maybe, need, put};

/// One programme for some persons over a span of months, the same amount each month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// The programme.
    pub programme: Programme,
    /// The persons it covers, by person id; their order is the order of the facts.
    pub persons: Vec<String>,
    /// First month of pay.
    pub from: Month,
    /// Last month of pay; none: until a later determination.
    pub to: Option<Month>,
    /// The monthly amount for all of them together.
    pub amount: Fen,
    /// Records whose entitlements it ends or shortens.
    pub supersedes: Vec<String>,
    /// The record that granted it; none in that record's own determination.
    pub record: Option<String>,
}

/// A month in which a determination changes what was already due. Never a debt: recovery is
/// another decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The month.
    pub month: Month,
    /// What stood for it.
    pub was: Fen,
    /// What stands for it now.
    pub now: Fen,
}

impl Entitlement {
    /// Whether the month is paid under it.
    #[must_use]
    pub fn covers(&self, month: Month) -> bool {
        self.from <= month && self.to.is_none_or(|to| month <= to)
    }

    /// Whether any month from `from` on is paid under it.
    #[must_use]
    pub fn reaches(&self, from: Month) -> bool {
        self.to.is_none_or(|to| from <= to)
    }

    /// Whether it covers any of these persons.
    #[must_use]
    pub fn concerns(&self, persons: &[String]) -> bool {
        self.persons.iter().any(|held| persons.contains(held))
    }

    /// Whether it takes the place of `held`: both are the household's, which has one programme whoever is counted, or
    /// they share a person.
    #[must_use]
    pub fn replaces(&self, held: &Entitlement) -> bool {
        (self.is_of_household() && held.is_of_household()) || held.concerns(&self.persons)
    }

    fn is_of_household(&self) -> bool {
        self.programme != Programme::SingleDibao
    }

    /// What remains of it once everything from `month` on is taken away.
    #[must_use]
    pub fn ended_before(&self, month: Month) -> Option<Entitlement> {
        if !self.reaches(month) {
            return Some(self.clone());
        }
        let to = month.plus(-1).filter(|to| self.from <= *to)?;
        Some(Entitlement {
            to: Some(to),
            ..self.clone()
        })
    }

    /// Its canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut out = BTreeMap::new();
        out.insert("programme".to_owned(), self.programme.code().into());
        out.insert("persons".to_owned(), texts(&self.persons));
        out.insert("from".to_owned(), self.from.to_string().into());
        put(&mut out, "to", self.to.map(|to| to.to_string()));
        out.insert("amount_fen".to_owned(), Json::Int(self.amount.get()));
        out.insert("supersedes".to_owned(), texts(&self.supersedes));
        put(&mut out, "record", self.record.clone());
        Json::Object(out)
    }

    /// Reads what [`Entitlement::to_json`] wrote.
    ///
    /// # Errors
    /// [`RecordError`] with the member that is wrong.
    pub fn from_json(value: &Json) -> Result<Entitlement, RecordError> {
        Ok(Entitlement {
            programme: need(value, "programme")?,
            persons: need(value, "persons")?,
            from: need(value, "from")?,
            to: maybe(value, "to")?,
            amount: need(value, "amount_fen")?,
            supersedes: need(value, "supersedes")?,
            record: maybe(value, "record")?,
        })
    }

    /// The same where it stands in canonical bytes; none where [`Entitlement::from_json`] refuses it, or the bytes are
    /// not canonical.
    pub(super) fn from_cursor(cursor: &mut Cursor<'_>) -> Option<Entitlement> {
        let (mut programme, mut from, mut to, mut amount, mut record) = (None, None, None, None, None);
        let (mut persons, mut supersedes) = (None, None);
        let texts = |cursor: &mut Cursor<'_>| {
            let mut texts = Vec::new();
            cursor.list(|cursor| {
                texts.push(cursor.string()?.into_owned());
                Some(())
            })?;
            Some(texts)
        };
        cursor.object(|cursor, key| {
            match &**key {
                "amount_fen" => amount = Some(Fen::new(cursor.integer()?)?),
                "from" => from = Some(cursor.string()?.parse().ok()?),
                "persons" => persons = Some(texts(cursor)?),
                "programme" => programme = Some(Programme::from_code(&cursor.string()?)?),
                "record" => record = Some(cursor.string()?.into_owned()),
                "supersedes" => supersedes = Some(texts(cursor)?),
                "to" => to = Some(cursor.string()?.parse().ok()?),
                _ => cursor.skip()?,
            }
            Some(())
        })?;
        Some(Entitlement {
            programme: programme?,
            persons: persons?,
            from: from?,
            to,
            amount: amount?,
            supersedes: supersedes?,
            record,
        })
    }
}

/// What a calendar of entitlements pays in a month, to all or to some persons.
///
/// An entitlement of several persons counts whole: a household's amount has no personal shares.
#[must_use]
pub fn paid_in(calendar: &[Entitlement], month: Month, among: Option<&[String]>) -> Fen {
    let paid = calendar
        .iter()
        .filter(|held| held.covers(month) && among.is_none_or(|persons| held.concerns(persons)))
        .map(|held| held.amount.get())
        .sum();
    // The sum of a case's few entitlements, each bounded by Fen, stays far inside i64.
    Fen::new(paid).unwrap_or(Fen::ZERO)
}

/// What a stop takes away from a month on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The member whose single-person programme ends; none: the household's own programmes.
    pub person: Option<String>,
    /// First month without pay.
    pub from: Month,
}

impl Ending {
    fn ends(&self, held: &Entitlement) -> bool {
        match &self.person {
            None => held.is_of_household(),
            Some(person) => !held.is_of_household() && held.persons.contains(person),
        }
    }
}

/// The calendar after a determination took effect: from its first month on, a granted entitlement
/// ends what it replaces, and an ending takes away without putting anything in its place.
#[must_use]
pub fn supersede(standing: &[Entitlement], granted: &[Entitlement], endings: &[Ending]) -> Vec<Entitlement> {
    let mut calendar: Vec<Entitlement> = standing
        .iter()
        .filter_map(|held| {
            let replaced = granted.iter().filter(|new| new.replaces(held)).map(|new| new.from);
            let ended = endings
                .iter()
                .filter(|ending| ending.ends(held))
                .map(|ending| ending.from);
            match replaced.chain(ended).min() {
                Some(month) => held.ended_before(month),
                None => Some(held.clone()),
            }
        })
        .collect();
    calendar.extend(granted.iter().cloned());
    calendar
}

/// The records whose entitlements reach into the first month of `new` or later, and which it replaces.
#[must_use]
pub fn superseded_records(standing: &[Entitlement], new: &Entitlement) -> Vec<String> {
    let records: BTreeSet<&String> = standing
        .iter()
        .filter(|held| held.reaches(new.from) && new.replaces(held))
        .filter_map(|held| held.record.as_ref())
        .collect();
    records.into_iter().cloned().collect()
}

/// The months from `from` to `until` in which two calendars pay different sums.
#[must_use]
pub fn differences(was: &[Entitlement], now: &[Entitlement], from: Month, until: Month) -> Vec<Difference> {
    let months = (0..=from.until(until)).filter_map(|step| from.plus(step));
    months
        .map(|month| Difference {
            month,
            was: paid_in(was, month, None),
            now: paid_in(now, month, None),
        })
        .filter(|difference| difference.was != difference.now)
        .collect()
}

impl Difference {
    /// Its canonical JSON.
    #[must_use]
    pub fn to_json(self) -> Json {
        Json::object([
            ("month", Json::from(self.month.to_string())),
            ("was_fen", Json::Int(self.was.get())),
            ("now_fen", Json::Int(self.now.get())),
        ])
    }

    /// Reads what [`Difference::to_json`] wrote.
    ///
    /// # Errors
    /// [`RecordError`] with the member that is wrong.
    pub fn from_json(value: &Json) -> Result<Difference, RecordError> {
        Ok(Difference {
            month: need(value, "month")?,
            was: need(value, "was_fen")?,
            now: need(value, "now_fen")?,
        })
    }
}

/// A list of strings as JSON.
pub(super) fn texts(items: &[String]) -> Json {
    Json::List(items.iter().map(|item| Json::text(item.as_str())).collect())
}

impl FromJson for Fen {
    fn from_json(value: &Json) -> Option<Self> {
        Fen::new(i64::try_from(value.as_integer()?).ok()?)
    }
}

impl FromJson for Month {
    fn from_json(value: &Json) -> Option<Self> {
        value.as_text()?.parse().ok()
    }
}

impl FromJson for super::calendar::Date {
    fn from_json(value: &Json) -> Option<Self> {
        value.as_text()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().expect("a month")
    }

    fn dibao(persons: &[&str], from: &str, to: Option<&str>, fen: i64) -> Entitlement {
        Entitlement {
            programme: Programme::Dibao,
            persons: persons.iter().map(|p| (*p).to_owned()).collect(),
            from: month(from),
            to: to.map(month),
            amount: Fen::new(fen).expect("in range"),
            supersedes: Vec::new(),
            record: Some("r1".to_owned()),
        }
    }

    #[test]
    fn a_new_entitlement_ends_the_old_one_the_month_before() {
        let standing = [dibao(&["a", "b"], "2021-08", None, 105_000)];
        let after = supersede(&standing, &[dibao(&["a"], "2022-12", None, 40_000)], &[]);
        assert_eq!(after[0].to, Some(month("2022-11")));
        assert_eq!(
            paid_in(&after, month("2022-11"), None),
            Fen::new(105_000).expect("in range")
        );
        assert_eq!(
            paid_in(&after, month("2022-12"), None),
            Fen::new(40_000).expect("in range")
        );
    }

    #[test]
    fn an_entitlement_that_had_not_begun_disappears() {
        let standing = [dibao(&["a"], "2022-03", None, 100)];
        let stop = |from| {
            [Ending {
                person: None,
                from: month(from),
            }]
        };
        assert_eq!(supersede(&standing, &[], &stop("2022-03")), []);
        assert_eq!(
            supersede(&standing, &[], &stop("2022-04"))[0].to,
            Some(month("2022-03"))
        );
    }

    #[test]
    fn three_months_paid_after_a_death_differ_by_650_yuan_each() {
        let was = [dibao(&["a", "b", "c"], "2021-08", None, 105_000)];
        let now = supersede(&was, &[dibao(&["a", "b"], "2022-12", None, 40_000)], &[]);
        let found = differences(&was, &now, month("2022-12"), month("2023-02"));
        assert_eq!(found.len(), 3);
        assert_eq!(found.iter().map(|d| d.was.get() - d.now.get()).sum::<i64>(), 195_000);
    }

    fn single(person: &str, from: &str, fen: i64) -> Entitlement {
        Entitlement {
            programme: Programme::SingleDibao,
            ..dibao(&[person], from, None, fen)
        }
    }

    #[test]
    fn another_person_of_the_case_who_is_paid_alone_keeps_what_is_theirs() {
        let standing = [single("a", "2022-01", 100), single("b", "2022-01", 200)];
        let after = supersede(&standing, &[single("b", "2022-06", 300)], &[]);
        assert_eq!(paid_in(&after, month("2022-06"), None).get(), 400);
        let family = supersede(&after, &[dibao(&["c", "d"], "2022-07", None, 500)], &[]);
        assert_eq!(paid_in(&family, month("2022-07"), None).get(), 900);
    }

    #[test]
    fn a_household_whose_only_counted_member_is_replaced_is_paid_once() {
        let standing = [dibao(&["a"], "2022-01", None, 65_000)];
        let granted = dibao(&["b"], "2022-04", None, 65_000);
        let after = supersede(&standing, std::slice::from_ref(&granted), &[]);
        assert_eq!(paid_in(&after, month("2022-03"), None).get(), 65_000);
        assert_eq!(paid_in(&after, month("2022-04"), None).get(), 65_000);
        assert_eq!(superseded_records(&standing, &granted), ["r1"]);
    }

    #[test]
    fn an_entitlement_reads_back_as_it_was_written() {
        let held = dibao(&["a"], "2022-01", Some("2022-12"), 1);
        assert_eq!(Entitlement::from_json(&held.to_json()), Ok(held));
    }
}
