//! Finds what a name means: inwards nothing, outwards through the scopes (L20).

use super::symbols::{ClauseSymbol, FactSymbol, ParameterSymbol, Symbols};
use crate::rules::language::error::nearest;
use crate::rules::language::parse::glued_keyword;
use crate::rules::language::said::{Fix, Wrong};

/// What a name means.
#[derive(Clone, Copy, Debug)]
pub enum Meaning<'a> {
    /// A fact.
    Fact(&'a FactSymbol),
    /// A clause.
    Clause(&'a ClauseSymbol),
    /// A parameter.
    Parameter(&'a ParameterSymbol),
}

/// Why a name means nothing: what is wrong, and the fix.
pub type Unresolved = Box<(Wrong, Fix)>;

impl Symbols {
    /// What a name means in the innermost of these scopes, household first.
    ///
    /// # Errors
    /// What is wrong and the fix.
    pub fn resolve(&self, name: &str, scopes: &[String]) -> Result<Meaning<'_>, Unresolved> {
        // A path is a name with dots; it is tried before a dot is read as "the name of that scope".
        if let Some(found) = self.find(scopes, &|fact| fact.path == name || fact.name == name, name)? {
            return Ok(found);
        }
        if let Some(parameter) = self.parameter(name) {
            return Ok(Meaning::Parameter(parameter));
        }
        if let Some((prefix, rest)) = name.split_once('.') {
            if matches!(prefix, "历史" | "history") {
                let mut facts = scopes.iter().rev().flat_map(|scope| {
                    self.facts
                        .iter()
                        .filter(move |fact| fact.scope == *scope && fact.history && fact.name == rest)
                });
                if let Some(fact) = facts.next() {
                    return Ok(Meaning::Fact(fact));
                }
            }
            for scope in self.scopes_named(prefix) {
                if !scopes.contains(&scope.id) {
                    let fix = Fix::ThroughSum {
                        scope: scope.name.clone(),
                        name: rest.to_owned(),
                    };
                    let told = Wrong::NotInside {
                        name: name.to_owned(),
                        scope: scope.name.clone(),
                    };
                    return Err(Box::new((told, fix)));
                }
                let own = std::slice::from_ref(&scope.id);
                if let Some(found) = self.find(own, &|fact| fact.name == rest || fact.path == rest, rest)? {
                    return Ok(found);
                }
            }
        }
        Err(self.unknown(name, scopes))
    }

    fn find(
        &self,
        scopes: &[String],
        fits: &dyn Fn(&FactSymbol) -> bool,
        clause_name: &str,
    ) -> Result<Option<Meaning<'_>>, Unresolved> {
        for scope in scopes.iter().rev() {
            let clause = self
                .clauses
                .iter()
                .find(|clause| clause.scope == *scope && (clause.id == clause_name || clause.name == clause_name));
            let facts: Vec<&FactSymbol> = self
                .facts
                .iter()
                .filter(|fact| fact.scope == *scope && fits(fact))
                .collect();
            match (clause, facts.as_slice()) {
                (None, []) => {}
                (Some(clause), facts) if facts.iter().all(|fact| fact.history) => {
                    return Ok(Some(Meaning::Clause(clause)));
                }
                (None, [fact]) => return Ok(Some(Meaning::Fact(fact))),
                (_, [fact, ..]) => {
                    let told = Wrong::TwoMeanings {
                        name: clause_name.to_owned(),
                    };
                    let path = fact.path.clone();
                    return Err(Box::new((told, Fix::WritePath { path })));
                }
                (Some(clause), []) => return Ok(Some(Meaning::Clause(clause))),
            }
        }
        Ok(None)
    }

    fn unknown(&self, name: &str, scopes: &[String]) -> Unresolved {
        let inner = self
            .facts
            .iter()
            .filter(|fact| fact.name == name || fact.path == name)
            .map(|fact| &fact.scope)
            .chain(
                self.clauses
                    .iter()
                    .filter(|c| c.name == name || c.id == name)
                    .map(|clause| &clause.scope),
            )
            .next();
        if let Some(scope) = inner {
            let list = self.scope(scope).map_or(scope.as_str(), |scope| scope.name.as_str());
            let here = scopes
                .last()
                .and_then(|here| self.scope(here))
                .map_or("", |here| here.name.as_str());
            let (list, name) = (list.to_owned(), name.to_owned());
            let told = Wrong::BelongsTo {
                name: name.clone(),
                list: list.clone(),
                here: here.to_owned(),
            };
            return Box::new((told, Fix::ThroughAggregate { list, name }));
        }
        if self.group(name).is_some() || self.scopes_named(name).next().is_some() {
            let name = name.to_owned();
            return Box::new((Wrong::IsAList { name: name.clone() }, Fix::CountOrSum { name }));
        }
        // A forgotten blank first: the nearest name of 非甲 is 甲, which means the opposite.
        let glued = glued_keyword(name).filter(|keyword| {
            let rest = name.strip_prefix(*keyword).unwrap_or_default();
            self.names().any(|known| known == rest)
        });
        let fix = if let Some(keyword) = glued {
            Fix::blank_after(keyword)
        } else if let Some(near) = nearest(name, self.names()) {
            Fix::write(near)
        } else if let Some(keyword) = glued_keyword(name) {
            Fix::BlankOrDeclare {
                keyword: keyword.to_owned(),
            }
        } else {
            Fix::DeclareName
        };
        Box::new((Wrong::NoName { name: name.to_owned() }, fix))
    }

    /// Every name of a fact, clause or parameter.
    fn names(&self) -> impl Iterator<Item = &str> {
        let facts = self
            .facts
            .iter()
            .flat_map(|fact| [fact.name.as_str(), fact.path.as_str()]);
        let clauses = self
            .clauses
            .iter()
            .flat_map(|clause| [clause.name.as_str(), clause.id.as_str()]);
        let parameters = self.parameters.iter().flat_map(|p| [p.name.as_str(), p.id.as_str()]);
        facts.chain(clauses).chain(parameters)
    }

    /// Whether a word is a code of any list: it is read as one beside a code.
    #[must_use]
    pub fn is_code(&self, word: &str) -> bool {
        let lists = self.codes.values().chain(self.choices.values());
        lists
            .flat_map(|list| &list.codes)
            .any(|(code, name)| code == word || name == word)
    }
}
