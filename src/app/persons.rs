//! Who the members are: person ids that are random and minted here, found again by a keyed hash.

use std::collections::{BTreeMap, BTreeSet};

use super::App;
use super::case_file::CaseFile;
use super::command::{Identity, LocalId, Member, PersonId};
use super::error::{AppError, Violation};
use crate::log::keys::PersonNames;
use crate::rules::case::OtherProgramme;
use crate::rules::outcome::Programme;
use crate::store::{PersonRow, SpanRow};

/// The persons of a request.
pub struct Persons {
    /// Person id of each member.
    pub ids: BTreeMap<LocalId, PersonId>,
    /// Persons whom the case meets for the first time, whether another case met them before or not.
    pub new: Vec<PersonRow>,
    /// Whether the case itself said who one of them is: what that person holds was not asked for yet.
    pub named_by_case: bool,
}

impl App {
    /// The names under which each member may be registered: several where the key of the map was rotated.
    pub(super) fn names(&self, members: &[Member], identity: &Identity) -> Vec<PersonNames> {
        let of = |member: &Member| match identity.persons.get(&member.id) {
            Some(person) => self.vault.person_names(person.id_number.reveal()),
            None => PersonNames::default(),
        };
        members.iter().map(of).collect()
    }

    /// Finds or mints the person of each member: by identity number, else by the person id that the caller
    /// gives, else by the caller's own id in the case's earlier record, else a new person.
    /// `field` is where the members stand in the request, `names` are those under which the members may be registered,
    /// and `known` those who are.
    pub(super) fn persons(
        &self,
        members: &[Member],
        field: &str,
        names: Vec<PersonNames>,
        known: Vec<PersonRow>,
        case: &CaseFile,
    ) -> Result<Persons, AppError> {
        let own_key = case.keys.identity.0.to_string();
        let is_own = |row: &&PersonRow| row.key_ref == own_key;
        let met: BTreeSet<String> = known.iter().filter(is_own).map(|row| row.hmac.clone()).collect();
        let known: BTreeMap<String, PersonRow> = known.into_iter().map(|row| (row.hmac.clone(), row)).collect();
        let mut persons = Persons {
            ids: BTreeMap::new(),
            new: Vec::new(),
            named_by_case: false,
        };
        let mut violations = Vec::new();
        for (position, (member, names)) in members.iter().zip(names).enumerate() {
            let found = names
                .all()
                .find_map(|hmac| known.get(hmac))
                .map(|row| row.person_id.parse());
            let found: Option<PersonId> = found
                .transpose()
                .map_err(|_| AppError::corrupt("the row of a person is malformed"))?;
            let in_case = |id: PersonId| case.state.members.contains_key(&id.to_string());
            let id = match (member.person, found) {
                (Some(given), Some(found)) if given != found => {
                    violations.push(violation(
                        field,
                        position,
                        "is another person than the identity number says: leave one out",
                    ));
                    continue;
                }
                (Some(given), None) if !in_case(given) => {
                    violations.push(violation(
                        field,
                        position,
                        "is no person of this case: give the identity instead",
                    ));
                    continue;
                }
                (Some(given), _) => given,
                (None, Some(found)) => found,
                (None, None) => match by_key(case, &member.id) {
                    Some(earlier) if names.is_empty() => {
                        persons.named_by_case = true;
                        earlier
                    }
                    Some(_) | None => PersonId::from_bytes(self.vault.random_id()?),
                },
            };
            // Rows of the case's own: an erasure of another case leaves them.
            let registers = names.registers.into_iter().filter(|hmac| !met.contains(hmac));
            persons.new.extend(registers.map(|hmac| PersonRow {
                hmac,
                person_id: id.to_string(),
                key_ref: own_key.clone(),
            }));
            if persons.ids.values().any(|other| *other == id) {
                violations.push(violation(
                    field,
                    position,
                    "is the same person as an earlier member: list each person once",
                ));
            }
            persons.ids.insert(member.id.clone(), id);
        }
        if violations.is_empty() {
            Ok(persons)
        } else {
            Err(AppError::Invalid(violations))
        }
    }

    /// What the persons hold in other cases: the farthest for each. `spans` is what was read of those whom the
    /// request names.
    pub(super) async fn held_elsewhere(
        &self,
        persons: &Persons,
        case: &CaseFile,
        mut spans: Vec<SpanRow>,
    ) -> Result<BTreeMap<String, OtherProgramme>, AppError> {
        if persons.named_by_case {
            let ids: Vec<String> = persons.ids.values().map(ToString::to_string).collect();
            spans = self.store.spans_of_persons(&ids).await?;
        }
        let own = case.name.case.to_string();
        let mut held: BTreeMap<String, OtherProgramme> = BTreeMap::new();
        for span in spans {
            if span.area == case.name.area && span.case_id == own {
                continue;
            }
            let programme = Programme::from_code(&span.programme)
                .ok_or(AppError::corrupt("the months of a person are malformed"))?;
            let until = span.to.as_ref().map(|month| month.as_str().parse());
            let until = until
                .transpose()
                .map_err(|_| AppError::corrupt("the months of a person are malformed"))?;
            let other = OtherProgramme { programme, until };
            let reaches_further =
                |earlier: &OtherProgramme| earlier.until.is_some() && (until.is_none() || earlier.until < until);
            match held.get(&span.person_id) {
                Some(earlier) if !reaches_further(earlier) => {}
                Some(_) | None => {
                    held.insert(span.person_id, other);
                }
            }
        }
        Ok(held)
    }
}

/// All names of all members, as the store is asked for them.
pub(super) fn hmacs_of(names: &[PersonNames]) -> Vec<String> {
    names.iter().flat_map(PersonNames::all).cloned().collect()
}

/// The person whom the caller named by this id in the case's earlier records.
fn by_key(case: &CaseFile, id: &LocalId) -> Option<PersonId> {
    let mut members = case.state.members.iter();
    let (person, _) = members.find(|(_, member)| member.key.as_deref() == Some(id.as_str()))?;
    person.parse().ok()
}

fn violation(field: &str, position: usize, description: &str) -> Violation {
    Violation {
        field: format!("{field}[{position}].person"),
        description: description.to_owned(),
    }
}
