//! The vocabulary: scopes with their parents, code lists, facts.

use std::collections::BTreeSet;

use super::super::literal;
use super::Seal;
use crate::rules::document::{FactDefinition, Vocabulary};
use crate::rules::language::draft::DraftFact;
use crate::rules::language::names;
use crate::rules::language::said::{At, Fix, Wrong};
use crate::rules::vocabulary::HOUSEHOLD;

/// Who may supply a fact.
const SOURCES: [&str; 3] = ["caller", "history", "engine"];

impl Seal<'_, '_> {
    pub(super) fn vocabulary(&mut self) -> Option<Vocabulary> {
        let draft = self.draft.vocabulary.as_ref()?;
        if !self.symbols.scopes.is_empty() {
            self.error(self.draft.policy.span, Wrong::SecondVocabulary, Fix::OneVocabulary);
        }
        let mut vocabulary = Vocabulary::default();
        let mut ids = BTreeSet::new();
        for scope in &draft.scopes {
            self.remarks.enter(At::Scope, &scope.value.id);
            match &scope.value.parent {
                None if scope.value.id != HOUSEHOLD => {
                    self.error(scope.span, Wrong::ScopeWithoutParent, Fix::OnlyHousehold);
                }
                Some(parent) if !ids.contains(parent.as_str()) => {
                    let parent = parent.clone();
                    self.error(scope.span, Wrong::NoScopeBefore { parent }, Fix::ParentsFirst);
                }
                None | Some(_) => {}
            }
            if !ids.insert(scope.value.id.as_str()) {
                let wrong = Wrong::Second {
                    what: At::Scope,
                    id: scope.value.id.clone(),
                };
                self.error(scope.span, wrong, Fix::AnotherId);
            }
            vocabulary.scopes.push(scope.value.clone());
        }
        let mut lists = BTreeSet::new();
        for list in &draft.codes {
            self.remarks.enter(At::Codes, &list.value.id);
            if !lists.insert(list.value.id.as_str()) {
                let id = list.value.id.clone();
                self.error(list.span, Wrong::SecondCodeList { id }, Fix::AnotherId);
            }
            vocabulary.codes.push(list.value.clone());
        }
        // Scopes and codes are known before the facts that name them.
        self.symbols.add_vocabulary(&vocabulary);
        let facts: Vec<FactDefinition> = draft.facts.iter().filter_map(|fact| self.fact(fact)).collect();
        for (index, fact) in facts.iter().enumerate() {
            let twice = |other: &FactDefinition| {
                other.scope == fact.scope && (other.path == fact.path || other.name == fact.name)
            };
            if facts.iter().take(index).any(twice)
                && let Some(written) = draft.facts.iter().rfind(|draft| draft.path.value == fact.path)
            {
                self.remarks.enter(At::Fact, &fact.path);
                let scope = fact.scope.clone();
                self.error(written.path.span, Wrong::SecondFact { scope }, Fix::OwnPathAndName);
            }
        }
        self.symbols.add_vocabulary(&Vocabulary {
            facts: facts.clone(),
            ..Vocabulary::default()
        });
        vocabulary.facts = facts;
        self.remarks.leave();
        Some(vocabulary)
    }

    fn fact(&mut self, fact: &DraftFact) -> Option<FactDefinition> {
        self.remarks.enter(At::Fact, &fact.path.value);
        let scope = self.scope(fact.scope.as_ref());
        if fact.path.value.split('.').count() != 2 {
            let path = fact.path.value.clone();
            self.error(fact.path.span, Wrong::NotAPath { path }, Fix::PathForm);
        }
        if names::keyword(&fact.name.value).is_some() {
            let name = fact.name.value.clone();
            self.error(fact.name.span, Wrong::WordOfLanguage { name }, Fix::AnotherFactName);
        }
        let source = fact.source.as_ref().map_or("caller", |source| source.value.as_str());
        if let Some(text) = fact
            .source
            .as_ref()
            .filter(|source| !SOURCES.contains(&source.value.as_str()))
        {
            let wrong = Wrong::IsWord {
                key: "source",
                value: text.value.clone(),
            };
            let words = SOURCES.join(", ");
            self.error(text.span, wrong, Fix::WriteOneOf { words });
        }
        let ty = self.ty(&fact.unit)?;
        let absent = match &fact.absent {
            None => None,
            Some(text) => Some(literal::read(text, &ty, self.remarks)?),
        };
        Some(FactDefinition {
            path: fact.path.value.clone(),
            name: fact.name.value.clone(),
            scope,
            unit: ty.sealed()?,
            absent,
            source: source.to_string(),
            meaning: fact.meaning.clone(),
        })
    }
}
