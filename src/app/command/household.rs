//! A household as one decision knows it: the facts, the people behind them and who decides.

use std::collections::BTreeMap;

use super::identity::Identity;
use super::ids::{DeterminationName, LocalId, PersonId};
use crate::canonical::Json;
use crate::rules::calendar::{Date, Month};

/// The facts of one decision, its dates and who takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Household {
    /// 决定日.
    pub decision_date: Date,
    /// 核算月.
    pub month: Month,
    /// The caller's part of the facts document: the groups `case`, `officer`, `hearing`, `notice`, `exit`, the list
    /// `members` (whose `id` is the caller's, see [`Household::facts_with`]) with `jobs` and `incomes`, the lists
    /// `assets`, `expenses`, `obligors`; and beside them, not read by rules, `sources`, `discretion` and `decided_by`.
    pub facts: Json,
    /// The members in the order of the facts.
    pub members: Vec<Member>,
    /// Who they are.
    pub identity: Identity,
    /// Earlier determinations this decision relates to.
    pub relations: Vec<Relation>,
}

/// A member, and the person it is if the caller knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The caller's id of the member in this request.
    pub id: LocalId,
    /// The person id that this service gave earlier.
    pub person: Option<PersonId>,
}

crate::rules::outcome::codes! {
    /// How a record relates to an earlier one.
    RelationKind {
        /// Corrects it.
        Corrects = "corrects",
        /// Follows it.
        Follows = "follows",
        /// The household split from its case.
        SplitFrom = "split_from",
        /// Its household was merged into this one.
        MergedFrom = "merged_from",
        /// The case came from its area.
        TransferredFrom = "transferred_from",
        /// The result of an appeal or a suit against it.
        RemedyOf = "remedy_of",
    }
}

/// A relation to an earlier determination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation {
    /// How.
    pub kind: RelationKind,
    /// To which.
    pub determination: DeterminationName,
}

/// The officer who decides or enters. The name belongs into the identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// Pseudonymous number.
    pub id: String,
    /// Role.
    pub role: String,
    /// Unit.
    pub unit: String,
    /// The act that delegates the power.
    pub delegation: Option<String>,
}

impl Officer {
    /// As it stands in a sealed document.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut fields = vec![
            ("id", Json::text(&*self.id)),
            ("role", Json::text(&*self.role)),
            ("unit", Json::text(&*self.unit)),
        ];
        fields.extend(self.delegation.as_deref().map(|act| ("delegation", Json::text(act))));
        Json::object(fields)
    }
}

impl Household {
    /// The facts with person ids: in every member `id` becomes the person id, and the caller's id stands beside it as
    /// `key`, so that an answer can name both.
    #[must_use]
    pub fn facts_with(&self, persons: &BTreeMap<LocalId, PersonId>) -> Json {
        let mut facts = self.facts.clone();
        if let Json::Object(groups) = &mut facts
            && let Some(Json::List(records)) = groups.get_mut("members")
        {
            for (record, member) in records.iter_mut().zip(&self.members) {
                if let (Json::Object(fields), Some(person)) = (record, persons.get(&member.id)) {
                    fields.insert("id".to_owned(), Json::text(person.to_string()));
                    fields.insert("key".to_owned(), Json::text(member.id.as_str()));
                }
            }
        }
        facts
    }

    /// Everything in it, for the digest that tells a retry from another request.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let persons = self
            .members
            .iter()
            .filter_map(|member| Some((member.id.as_str(), Json::text(member.person?.to_string()))));
        let relations = self.relations.iter().map(|relation| {
            Json::object([
                ("kind", Json::text(relation.kind.code())),
                ("determination", Json::text(relation.determination.to_string())),
            ])
        });
        Json::object([
            ("decision_date", Json::text(self.decision_date.to_string())),
            ("month", Json::text(self.month.to_string())),
            ("facts", self.facts.clone()),
            ("persons", Json::object(persons)),
            ("identity", self.identity.to_json(|member| member.to_string())),
            ("relations", Json::List(relations.collect())),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_gets_its_person_id_and_keeps_the_callers_id_as_key() {
        let id: LocalId = "m1".parse().expect("an id");
        let household = Household {
            decision_date: "2021-08-18".parse().expect("a date"),
            month: "2021-08".parse().expect("a month"),
            facts: Json::parse(br#"{"members":[{"id":"m1","labour":"full"}]}"#).expect("subset"),
            members: vec![Member {
                id: id.clone(),
                person: None,
            }],
            identity: Identity::default(),
            relations: Vec::new(),
        };
        let person = PersonId::from_bytes([0xab; 16]);
        assert_eq!(
            household.facts_with(&[(id, person)].into()).to_string(),
            format!(r#"{{"members":[{{"id":"{person}","key":"m1","labour":"full"}}]}}"#)
        );
    }
}
