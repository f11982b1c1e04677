//! The vocabulary: scopes with their parents, code lists, facts.

use std::collections::BTreeSet;

use super::super::literal;
use super::super::symbols::HOUSEHOLD;
use super::Seal;
use crate::rules::document::{FactDefinition, Vocabulary};
use crate::rules::language::draft::DraftFact;
use crate::rules::language::names;

/// Who may supply a fact.
const SOURCES: [&str; 3] = ["caller", "history", "engine"];

impl Seal<'_, '_> {
    pub(super) fn vocabulary(&mut self) -> Option<Vocabulary> {
        let draft = self.draft.vocabulary.as_ref()?;
        if !self.symbols.scopes.is_empty() {
            let fix = "keep all facts in the one vocabulary document";
            self.error(self.draft.policy.span, "a second vocabulary", fix);
        }
        let mut vocabulary = Vocabulary::default();
        let mut ids = BTreeSet::new();
        for scope in &draft.scopes {
            self.remarks.enter(format!("scope {}", scope.value.id));
            match &scope.value.parent {
                None if scope.value.id != HOUSEHOLD => {
                    self.error(
                        scope.span,
                        "a scope has no parent",
                        "only household has none: add `parent:`",
                    );
                }
                Some(parent) if !ids.contains(parent.as_str()) => {
                    let message = format!("there is no scope `{parent}` before this one");
                    self.error(scope.span, message, "list parents first");
                }
                None | Some(_) => {}
            }
            if !ids.insert(scope.value.id.as_str()) {
                let message = format!("a second scope `{}`", scope.value.id);
                self.error(scope.span, message, "give it another id");
            }
            vocabulary.scopes.push(scope.value.clone());
        }
        let mut lists = BTreeSet::new();
        for list in &draft.codes {
            self.remarks.enter(format!("codes {}", list.value.id));
            if !lists.insert(list.value.id.as_str()) {
                let message = format!("a second code list `{}`", list.value.id);
                self.error(list.span, message, "give it another id");
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
                self.remarks.enter(format!("fact {}", fact.path));
                let message = format!("{} has a second fact of this path or name", fact.scope);
                self.error(
                    written.path.span,
                    message,
                    "give each fact of a scope its own path and name",
                );
            }
        }
        self.symbols.add_vocabulary(&Vocabulary {
            facts: facts.clone(),
            ..Vocabulary::default()
        });
        vocabulary.facts = facts;
        self.remarks.enter("");
        Some(vocabulary)
    }

    fn fact(&mut self, fact: &DraftFact) -> Option<FactDefinition> {
        self.remarks.enter(format!("fact {}", fact.path.value));
        let scope = self.scope(fact.scope.as_ref());
        if fact.path.value.split('.').count() != 2 {
            let fix = "write the record and the field, like member.birth";
            self.error(fact.path.span, format!("`{}` is not a path", fact.path.value), fix);
        }
        if names::keyword(&fact.name.value).is_some() {
            let message = format!("`{}` is a word of the language", fact.name.value);
            self.error(fact.name.span, message, "give the fact another name");
        }
        let source = fact.source.as_ref().map_or("caller", |source| source.value.as_str());
        if let Some(text) = fact
            .source
            .as_ref()
            .filter(|source| !SOURCES.contains(&source.value.as_str()))
        {
            let message = format!("`source` is `{}`", text.value);
            self.error(text.span, message, format!("write {}", SOURCES.join(", ")));
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
