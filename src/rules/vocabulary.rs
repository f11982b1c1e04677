//! The vocabulary as tables: scopes, facts with their places, codes as small numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::codec::Digest;
use super::document::{Type, Vocabulary};
use super::expr::Literal;
use super::facts::Plan;
use super::value::CodeIndex;

/// The scope at the root.
pub const HOUSEHOLD: &str = "household";
/// The scope of the household's members.
pub const MEMBER: &str = "member";
/// The scope whose instances the decision procedure makes.
pub const PAY_MONTH: &str = "pay_month";

/// A scope of the vocabulary by its position; the household is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScopeIndex(pub(super) u8);

impl ScopeIndex {
    /// The household.
    pub const HOUSEHOLD: ScopeIndex = ScopeIndex(0);

    pub(super) fn at(self) -> usize {
        usize::from(self.0)
    }
}

/// A fact by its position in the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FactIndex(pub(super) u16);

impl FactIndex {
    pub(super) fn at(self) -> usize {
        usize::from(self.0)
    }
}

/// The facts of the household that the engine itself reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// 办理县区.
    CaseArea,
    /// 申请日.
    AppliedOn,
    /// 决定日.
    DecisionDate,
    /// 办理事项.
    DecisionKind,
    /// 核算月.
    DecisionMonth,
    /// What the case receives.
    HistoryStatus,
    /// 城乡类别.
    ResidenceKind,
}

impl Asked {
    const ALL: [Asked; 7] = [
        Asked::CaseArea,
        Asked::AppliedOn,
        Asked::DecisionDate,
        Asked::DecisionKind,
        Asked::DecisionMonth,
        Asked::HistoryStatus,
        Asked::ResidenceKind,
    ];

    const fn path(self) -> &'static str {
        match self {
            Asked::CaseArea => "case.area",
            Asked::AppliedOn => "case.applied_on",
            Asked::DecisionDate => "decision.date",
            Asked::DecisionKind => "decision.kind",
            Asked::DecisionMonth => "decision.month",
            Asked::HistoryStatus => "history.status",
            Asked::ResidenceKind => "case.residence_kind",
        }
    }
}

/// The compiled vocabulary. Facts and laws of one vocabulary fit together.
#[derive(Debug)]
pub struct Schema {
    pub(super) digest: Digest,
    pub(super) scopes: Vec<Scope>,
    pub(super) facts: Vec<Fact>,
    pub(super) codes: Codes,
    /// The facts of the household by their paths.
    of_household: BTreeMap<String, FactIndex>,
    /// Those that the engine asks for with every decision, in the order of [`Asked::ALL`].
    asked: [Option<FactIndex>; Asked::ALL.len()],
    /// Codes of each list.
    lists: BTreeMap<String, Vec<CodeIndex>>,
    /// How its records are read in one walk.
    plan: Option<Plan>,
}

#[derive(Debug)]
pub(super) struct Scope {
    pub(super) id: String,
    pub(super) parent: Option<ScopeIndex>,
    pub(super) limit: u32,
    /// The key of its list in the record of its parent.
    pub(super) key: String,
    /// Its facts, in the order of the vocabulary: the columns of its table.
    pub(super) facts: Vec<FactIndex>,
    /// The fields of each prefix: what a record of it may hold.
    pub(super) fields: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug)]
pub(super) struct Fact {
    pub(super) path: String,
    pub(super) scope: ScopeIndex,
    /// The column in the table of its scope.
    pub(super) column: u16,
    pub(super) unit: Type,
    pub(super) absent: Option<Literal>,
    /// Where the field begins in the path.
    field_at: usize,
}

impl Fact {
    pub(super) fn field(&self) -> &str {
        &self.path[self.field_at..]
    }

    pub(super) fn prefix(&self) -> &str {
        &self.path[..self.field_at - 1]
    }
}

/// Interned codes.
#[derive(Clone, Debug, Default)]
pub(super) struct Codes {
    names: Vec<String>,
    by_name: BTreeMap<String, CodeIndex>,
}

impl Codes {
    pub(super) fn intern(&mut self, name: &str) -> Option<CodeIndex> {
        if let Some(known) = self.by_name.get(name) {
            return Some(*known);
        }
        let index = CodeIndex::new(u16::try_from(self.names.len()).ok()?);
        self.names.push(name.to_owned());
        self.by_name.insert(name.to_owned(), index);
        Some(index)
    }

    pub(super) fn name(&self, code: CodeIndex) -> &str {
        &self.names[code.at()]
    }

    pub(super) fn find(&self, name: &str) -> Option<CodeIndex> {
        self.by_name.get(name).copied()
    }
}

/// Why a vocabulary cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VocabularyError {
    /// The root must come first.
    #[error("the first scope is not household: put it first, without a parent")]
    Root,
    /// Parents come before their scopes, and each scope once.
    #[error("scope {0}: declare it once, after its parent")]
    Scope(String),
    /// A fact of an unknown scope, a path without a dot, a fact twice, or a code list that is not declared.
    #[error("fact {0}: its scope and code list must be declared, its path is prefix.field and stands once a scope")]
    Fact(String),
    /// More than the tables hold.
    #[error("the vocabulary has more than 255 scopes, or 65535 facts or codes")]
    Size,
}

impl Schema {
    /// Compiles a vocabulary; `digest` is that of its document.
    ///
    /// # Errors
    /// The first entry that does not fit.
    pub fn new(vocabulary: &Vocabulary, digest: Digest) -> Result<Schema, VocabularyError> {
        let mut codes = Codes::default();
        let mut lists = BTreeMap::new();
        for list in &vocabulary.codes {
            let interned: Option<Vec<CodeIndex>> = list.codes.iter().map(|(code, _)| codes.intern(code)).collect();
            lists.insert(list.id.clone(), interned.ok_or(VocabularyError::Size)?);
        }
        let mut schema = Schema {
            digest,
            scopes: Vec::new(),
            facts: Vec::new(),
            codes,
            of_household: BTreeMap::new(),
            asked: [None; Asked::ALL.len()],
            lists,
            plan: None,
        };
        schema.add_scopes(vocabulary)?;
        schema.add_facts(vocabulary)?;
        schema.asked = Asked::ALL.map(|asked| schema.of_household.get(asked.path()).copied());
        schema.plan = Plan::of(&schema);
        Ok(schema)
    }

    fn add_scopes(&mut self, vocabulary: &Vocabulary) -> Result<(), VocabularyError> {
        for definition in &vocabulary.scopes {
            let wrong = || VocabularyError::Scope(definition.id.clone());
            let parent = match &definition.parent {
                Some(parent) => Some(self.scope(parent).ok_or_else(wrong)?),
                None if self.scopes.is_empty() && definition.id == HOUSEHOLD => None,
                None => return Err(VocabularyError::Root),
            };
            if self.scope(&definition.id).is_some() {
                return Err(wrong());
            }
            self.scopes.push(Scope {
                id: definition.id.clone(),
                parent,
                limit: definition.limit,
                key: list_key(&definition.id),
                facts: Vec::new(),
                fields: BTreeMap::new(),
            });
        }
        match self.scopes.len() {
            0 => Err(VocabularyError::Root),
            1..256 => Ok(()),
            _ => Err(VocabularyError::Size),
        }
    }

    fn add_facts(&mut self, vocabulary: &Vocabulary) -> Result<(), VocabularyError> {
        for definition in &vocabulary.facts {
            let wrong = || VocabularyError::Fact(definition.path.clone());
            let scope = self.scope(&definition.scope).ok_or_else(wrong)?;
            let declared = match &definition.unit {
                Type::Code(list) => self.lists.contains_key(list),
                Type::Number(_) | Type::Bool | Type::Date | Type::Month | Type::Area => true,
            };
            let twice = self.scopes[scope.at()]
                .facts
                .iter()
                .any(|fact| self.facts[fact.at()].path == definition.path);
            let (prefix, field) = definition.path.split_once('.').ok_or_else(wrong)?;
            if !declared || twice || field.contains('.') {
                return Err(wrong());
            }
            let fields = &mut self.scopes[scope.at()].fields;
            fields.entry(prefix.to_owned()).or_default().insert(field.to_owned());
            let index = FactIndex(u16::try_from(self.facts.len()).map_err(|_| VocabularyError::Size)?);
            let columns = &mut self.scopes[scope.at()].facts;
            let column = u16::try_from(columns.len()).map_err(|_| VocabularyError::Size)?;
            columns.push(index);
            if scope == ScopeIndex::HOUSEHOLD {
                self.of_household.insert(definition.path.clone(), index);
            }
            self.facts.push(Fact {
                path: definition.path.clone(),
                scope,
                column,
                unit: definition.unit.clone(),
                absent: definition.absent.clone(),
                field_at: prefix.len() + 1,
            });
        }
        Ok(())
    }

    /// The scope of an id.
    #[must_use]
    pub fn scope(&self, id: &str) -> Option<ScopeIndex> {
        let at = self.scopes.iter().position(|scope| scope.id == id)?;
        u8::try_from(at).ok().map(ScopeIndex)
    }

    /// The id of a scope.
    #[must_use]
    pub fn scope_id(&self, scope: ScopeIndex) -> &str {
        &self.scopes[scope.at()].id
    }

    pub(super) fn parent(&self, scope: ScopeIndex) -> Option<ScopeIndex> {
        self.scopes[scope.at()].parent
    }

    /// The scope itself, its parent, and so on to the household.
    pub(super) fn outwards(&self, scope: ScopeIndex) -> impl Iterator<Item = ScopeIndex> {
        std::iter::successors(Some(scope), |scope| self.parent(*scope))
    }

    /// Whether the vocabulary has this fact of the household: an earlier one may lack what the engine can tell.
    #[must_use]
    pub fn has_household_fact(&self, path: &str) -> bool {
        self.fact(path, ScopeIndex::HOUSEHOLD).is_some()
    }

    /// A fact that the engine reads; none in a vocabulary that lacks it.
    pub(super) fn asked(&self, asked: Asked) -> Option<FactIndex> {
        self.asked[asked as usize]
    }

    /// The fact that a path means in a scope: that of the nearest scope outwards.
    pub(super) fn fact(&self, path: &str, from: ScopeIndex) -> Option<FactIndex> {
        if from == ScopeIndex::HOUSEHOLD {
            return self.of_household.get(path).copied();
        }
        self.outwards(from).find_map(|scope| {
            let facts = &self.scopes[scope.at()].facts;
            facts.iter().copied().find(|fact| self.facts[fact.at()].path == path)
        })
    }

    /// The first fact with this path, in any scope.
    pub(super) fn fact_anywhere(&self, path: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.path == path)
    }

    /// How its records are read in one walk; none where a walk cannot tell what they mean.
    pub(super) fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    /// The codes of a list.
    pub(super) fn codes_of(&self, list: &str) -> &[CodeIndex] {
        self.lists.get(list).map_or(&[], Vec::as_slice)
    }

    /// Whether a code list has a code.
    pub(super) fn lists_code(&self, list: &str, code: CodeIndex) -> bool {
        self.lists.get(list).is_some_and(|codes| codes.contains(&code))
    }
}

/// The key under which the records of a scope stand: the last word of its id, as a plural.
fn list_key(scope: &str) -> String {
    match scope.rsplit('_').next().unwrap_or(scope) {
        // 已付 has no plural.
        "paid" => "paid".to_owned(),
        word => format!("{word}s"),
    }
}
