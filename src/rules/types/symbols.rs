//! Every name that an expression may use: of the vocabulary, of superior documents, of this one.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::ty::{Codes, Ty, unit_named};
use crate::rules::document::{Document, ScopeDefinition, SelectedBy, Type, Vocabulary};
use crate::rules::expr::{Expr, Literal};
use crate::rules::number::Number;

/// A fact.
#[derive(Clone, Debug)]
pub struct FactSymbol {
    /// Path.
    pub path: String,
    /// 中文名.
    pub name: String,
    /// Scope.
    pub scope: String,
    /// Type.
    pub ty: Ty,
    /// Whether the case's own history supplies it.
    pub history: bool,
}

/// A clause, whatever its versions.
#[derive(Clone, Debug)]
pub struct ClauseSymbol {
    /// Id.
    pub id: String,
    /// 中文名.
    pub name: String,
    /// Scope.
    pub scope: String,
    /// Type; `None` if its declaration is wrong, which has been reported.
    pub ty: Option<Ty>,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct ParameterSymbol {
    /// Id.
    pub id: String,
    /// 名称.
    pub name: String,
    /// Type of the value.
    pub ty: Ty,
    /// Types of the keys.
    pub keys: Vec<Ty>,
    /// The date that selects it.
    pub by: SelectedBy,
    /// The narrowest bounds that superior documents and this one set.
    pub bounds: Option<(Number, Number)>,
    /// Who may set it.
    pub settable_by: Vec<String>,
    /// The document that declares it.
    pub declared_in: String,
}

/// A named, filtered scope.
#[derive(Clone, Debug)]
pub struct GroupSymbol {
    /// Name.
    pub name: String,
    /// Scope.
    pub scope: String,
    /// Filter; `None` if it is wrong, which has been reported.
    pub filter: Option<Expr>,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    /// Scopes, parents first.
    pub scopes: Vec<ScopeDefinition>,
    /// Code lists by id.
    pub codes: BTreeMap<String, Rc<Codes>>,
    /// Facts.
    pub facts: Vec<FactSymbol>,
    /// Clauses, one an id.
    pub clauses: Vec<ClauseSymbol>,
    /// Parameters, one an id.
    pub parameters: Vec<ParameterSymbol>,
    /// Options of choices by id.
    pub choices: BTreeMap<String, Rc<Codes>>,
    /// Groups.
    pub groups: Vec<GroupSymbol>,
}

impl Symbols {
    /// The names that sealed documents declare.
    #[must_use]
    pub fn of(documents: &[Document]) -> Symbols {
        let mut symbols = Symbols::default();
        for vocabulary in documents.iter().filter_map(|document| document.vocabulary.as_ref()) {
            symbols.add_vocabulary(vocabulary);
        }
        for document in documents {
            symbols.add_document(document);
        }
        symbols
    }

    /// Adds a vocabulary.
    pub fn add_vocabulary(&mut self, vocabulary: &Vocabulary) {
        self.scopes.extend(vocabulary.scopes.iter().cloned());
        for list in &vocabulary.codes {
            let codes = Codes {
                list: list.id.clone(),
                codes: list.codes.clone(),
            };
            self.codes.insert(list.id.clone(), Rc::new(codes));
        }
        for fact in &vocabulary.facts {
            let Some(ty) = self.ty_of(&fact.unit) else { continue };
            self.facts.push(FactSymbol {
                path: fact.path.clone(),
                name: fact.name.clone(),
                scope: fact.scope.clone(),
                ty,
                history: fact.source == "history",
            });
        }
    }

    fn add_document(&mut self, document: &Document) {
        for choice in document.choices.iter().filter(|choice| !choice.options.is_empty()) {
            self.add_choice(&choice.id, &choice.options);
        }
        for parameter in &document.parameters {
            if let Some(declaration) = &parameter.declaration
                && let Some(ty) = self.ty_of(&declaration.unit)
            {
                self.parameters.push(ParameterSymbol {
                    id: parameter.id.clone(),
                    name: declaration.name.clone(),
                    ty,
                    keys: declaration.keys.iter().filter_map(|key| self.ty_of(key)).collect(),
                    by: declaration.by,
                    bounds: None,
                    settable_by: declaration.settable_by.clone(),
                    declared_in: document.policy.clone(),
                });
            }
            if let Some(bounds) = &parameter.bounds
                && let (Some(min), Some(max)) = (number(&bounds.min), number(&bounds.max))
                && let Some(known) = self.parameter_mut(&parameter.id)
            {
                // Lower documents come later and may only narrow.
                known.bounds = Some((min, max));
            }
        }
        for clause in &document.clauses {
            self.add_clause(ClauseSymbol {
                id: clause.id.clone(),
                name: clause.name.clone(),
                scope: clause.scope.clone(),
                ty: self.ty_of(&clause.unit),
            });
        }
    }

    /// Adds the options of a choice; the first document that names it lists them.
    pub fn add_choice(&mut self, id: &str, options: &[String]) {
        let codes = options.iter().map(|option| (option.clone(), option.clone())).collect();
        self.choices.entry(id.to_string()).or_insert_with(|| {
            Rc::new(Codes {
                list: format!("选项.{id}"),
                codes,
            })
        });
    }

    /// Adds a clause unless one of its id is known.
    pub fn add_clause(&mut self, clause: ClauseSymbol) {
        if self.clause(&clause.id).is_none() {
            self.clauses.push(clause);
        }
    }

    /// The clause of an id.
    #[must_use]
    pub fn clause(&self, id: &str) -> Option<&ClauseSymbol> {
        self.clauses.iter().find(|clause| clause.id == id)
    }

    /// The parameter of an id or a name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&ParameterSymbol> {
        self.parameters
            .iter()
            .find(|parameter| parameter.id == name || parameter.name == name)
    }

    /// The same, to change it.
    pub fn parameter_mut(&mut self, id: &str) -> Option<&mut ParameterSymbol> {
        self.parameters.iter_mut().find(|parameter| parameter.id == id)
    }

    /// The group of a name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&GroupSymbol> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The scope of an id.
    #[must_use]
    pub fn scope(&self, id: &str) -> Option<&ScopeDefinition> {
        self.scopes.iter().find(|scope| scope.id == id)
    }

    /// The scopes of an id or a Chinese name; two lists may share a name under different parents.
    pub fn scopes_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ScopeDefinition> {
        self.scopes
            .iter()
            .filter(move |scope| scope.id == name || scope.name == name)
    }

    /// The household, then every scope down to this one.
    #[must_use]
    pub fn chain(&self, scope: &str) -> Vec<String> {
        let mut chain = vec![scope.to_string()];
        let mut at = self.scope(scope).and_then(|scope| scope.parent.clone());
        // A vocabulary's parents come first, so this ends.
        while let Some(parent) = at {
            at = self.scope(&parent).and_then(|scope| scope.parent.clone());
            chain.push(parent);
            if chain.len() > self.scopes.len() {
                break;
            }
        }
        chain.reverse();
        chain
    }

    /// The type that a sealed type stands for; `None` if its code list is not known.
    #[must_use]
    pub fn ty_of(&self, sealed: &Type) -> Option<Ty> {
        Some(match sealed {
            Type::Number(unit) => Ty::number(*unit),
            Type::Bool => Ty::Bool,
            Type::Code(list) => Ty::Code(self.codes.get(list).or_else(|| self.choice_list(list))?.clone()),
            Type::Date => Ty::Date,
            Type::Month => Ty::Month,
            Type::Area => Ty::Area,
        })
    }

    fn choice_list(&self, list: &str) -> Option<&Rc<Codes>> {
        self.choices.get(list.strip_prefix("选项.")?)
    }

    /// The type of a word in a document: a unit, a code list or, for keys, the name of a fact.
    #[must_use]
    pub fn ty_named(&self, word: &str) -> Option<Ty> {
        if let Some(unit) = unit_named(word) {
            return Some(Ty::number(unit));
        }
        let list = word
            .strip_prefix("code:")
            .or_else(|| word.strip_prefix("code<").and_then(|rest| rest.strip_suffix('>')))
            .unwrap_or(word);
        match word {
            "bool" => Some(Ty::Bool),
            "date" => Some(Ty::Date),
            "month" => Some(Ty::Month),
            "area" => Some(Ty::Area),
            _ => self.ty_of(&Type::Code(list.to_string())).or_else(|| {
                self.facts
                    .iter()
                    .find(|fact| fact.path == word || fact.name == word)
                    .map(|fact| fact.ty.clone())
            }),
        }
    }

    /// Every word that [`Symbols::ty_named`] knows, for a suggestion.
    pub fn type_words(&self) -> impl Iterator<Item = &str> {
        const WORDS: [&str; 12] = [
            "fen",
            "fen_per_person",
            "ratio",
            "persons",
            "count",
            "months",
            "days",
            "years",
            "bool",
            "date",
            "month",
            "area",
        ];
        WORDS.into_iter().chain(self.codes.keys().map(String::as_str))
    }
}

/// The number of a literal.
#[must_use]
pub fn number(literal: &Literal) -> Option<Number> {
    match literal {
        Literal::Number(number, _) => Some(*number),
        Literal::Bool(_) | Literal::Code(_) | Literal::Date(_) | Literal::Month(_) | Literal::Area(_) => None,
    }
}
