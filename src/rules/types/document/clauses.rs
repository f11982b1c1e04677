//! Clauses and groups: declared first, so that they may name each other in any order.

use std::collections::BTreeMap;

use super::super::graph::measure;
use super::super::literal;
use super::super::symbols::{ClauseSymbol, GroupSymbol};
use super::super::ty::Ty;
use super::{Seal, overlap, unique};
use crate::rules::document::{Clause, InForce, OnLapse, SelectedBy, Type};
use crate::rules::language::draft::DraftClause;
use crate::rules::language::names;
use crate::rules::language::said::{At, Fix, Wrong};
use crate::rules::language::source::Span;

/// Most nodes of a group's filter: it is copied to every use.
const GROUP_NODE_COUNT_MAX: usize = 64;

impl Seal<'_, '_> {
    pub(super) fn declare_clauses(&mut self) {
        let draft = self.draft;
        for clause in &draft.clauses {
            self.remarks.enter(At::Clause, &clause.id.value);
            let scope = self.scope(clause.scope.as_ref());
            let ty = self.ty(&clause.unit);
            if names::keyword(&clause.name.value).is_some() || names::keyword(&clause.id.value).is_some() {
                self.error(clause.name.span, Wrong::NameIsKeyword, Fix::AnotherClauseName);
            }
            if let Some(known) = self.symbols.clause(&clause.id.value).cloned() {
                let same = known.name == clause.name.value && known.scope == scope && (ty.is_none() || known.ty == ty);
                if !same {
                    let fix = Fix::SameVersion {
                        name: known.name,
                        scope: known.scope,
                        unit: known.ty.map(|ty| ty.describe()),
                    };
                    self.error(clause.id.span, Wrong::OtherVersion { id: known.id }, fix);
                }
            } else if let Some(other) = self
                .symbols
                .clauses
                .iter()
                .find(|other| other.name == clause.name.value)
            {
                let wrong = Wrong::NameOfClause {
                    name: other.name.clone(),
                    id: other.id.clone(),
                };
                self.error(clause.name.span, wrong, Fix::AnotherName);
            } else if let Some(other) = self.symbols.parameters.iter().find(|p| p.name == clause.name.value) {
                let wrong = Wrong::NameOfParameter {
                    name: other.name.clone(),
                    id: other.id.clone(),
                };
                self.error(clause.name.span, wrong, Fix::AnotherClauseName);
            } else if let Some(fact) = self
                .symbols
                .facts
                .iter()
                .find(|f| f.name == clause.name.value && f.scope == scope && !f.history)
            {
                let wrong = Wrong::NameOfFact {
                    name: fact.name.clone(),
                    path: fact.path.clone(),
                };
                self.error(clause.name.span, wrong, Fix::AnotherClauseName);
            }
            self.symbols.add_clause(ClauseSymbol {
                id: clause.id.value.clone(),
                name: clause.name.value.clone(),
                scope,
                ty,
            });
        }
        self.remarks.leave();
    }

    pub(super) fn groups(&mut self) {
        let draft = self.draft;
        unique(draft.groups.iter().map(|group| &group.name), At::Group, self.remarks);
        for group in &draft.groups {
            self.remarks.enter(At::Group, &group.name.value);
            if self.symbols.scopes_named(&group.name.value).next().is_some() {
                let name = group.name.value.clone();
                self.error(group.name.span, Wrong::NameOfScope { name }, Fix::AnotherGroupName);
            }
            let scope = self.scope(Some(&group.over));
            let filter = self.optional(group.filter.as_ref(), &Ty::Bool, &scope);
            if filter
                .as_ref()
                .is_some_and(|filter| measure(filter).0 > GROUP_NODE_COUNT_MAX)
            {
                let max = GROUP_NODE_COUNT_MAX;
                self.error(group.span, Wrong::FilterTooLarge { max }, Fix::FilterAsClause);
            }
            self.symbols.groups.push(GroupSymbol {
                name: group.name.value.clone(),
                scope,
                filter,
            });
        }
        self.remarks.leave();
    }

    pub(super) fn clauses(&mut self) -> Vec<Clause> {
        let draft = self.draft;
        let mut sealed: Vec<Clause> = Vec::new();
        let mut written: BTreeMap<String, Vec<InForce>> = BTreeMap::new();
        for clause in &draft.clauses {
            self.remarks.enter(At::Clause, &clause.id.value);
            self.shadows(
                clause,
                written.get(&clause.id.value).map(Vec::as_slice).unwrap_or_default(),
            );
            written
                .entry(clause.id.value.clone())
                .or_default()
                .push(clause.dated.in_force);
            sealed.push(self.clause(clause));
        }
        self.remarks.leave();
        sealed
    }

    /// Two versions in force at one date: the one that replaces says so.
    fn shadows(&mut self, clause: &DraftClause, earlier: &[InForce]) {
        if clause.overrides.is_some() {
            return;
        }
        let span: Span = clause.id.span;
        if earlier.iter().any(|other| overlap(*other, clause.dated.in_force)) {
            let id = clause.id.value.clone();
            self.error(span, Wrong::TwoVersions { id }, Fix::EndOrOverride);
        }
        let superior = self.context.documents.iter().find(|document| {
            let hides = |other: &Clause| other.id == clause.id.value && overlap(other.in_force, clause.dated.in_force);
            document.clauses.iter().any(hides)
        });
        if let Some(superior) = superior {
            let wrong = Wrong::ReplacesClause {
                id: clause.id.value.clone(),
                policy: superior.policy.clone(),
            };
            self.error(span, wrong, Fix::OverrideOrId);
        }
    }

    fn clause(&mut self, clause: &DraftClause) -> Clause {
        let symbol = self.symbols.clause(&clause.id.value).cloned();
        let (scope, ty) = symbol.map_or((super::HOUSEHOLD.to_string(), None), |symbol| (symbol.scope, symbol.ty));
        let in_force = clause.dated.in_force;
        let on_lapse = clause.on_lapse.as_ref().and_then(|lapse| {
            if in_force.until.is_none() && in_force.from.is_none() {
                self.error(clause.id.span, Wrong::LapseNever, Fix::GiveInForce);
            }
            let when = self.expression(lapse.when.as_ref(), &Ty::Bool, &scope);
            let otherwise = literal::read(lapse.otherwise.as_ref()?, ty.as_ref()?, self.remarks)?;
            Some(OnLapse { when, otherwise })
        });
        let expr = match &ty {
            Some(ty) => self.expression(clause.value.as_ref(), ty, &scope),
            // Without a type the names inside can still be checked.
            None => {
                if let Some(node) = &clause.value {
                    let _ = self.checker(&scope).expr(node, None);
                }
                crate::rules::expr::Expr::Literal(crate::rules::expr::Literal::Bool(true))
            }
        };
        Clause {
            id: clause.id.value.clone(),
            name: clause.name.value.clone(),
            scope,
            unit: ty.and_then(|ty| ty.sealed()).unwrap_or(Type::Bool),
            cite: self.cite(clause.cite.as_ref()),
            in_force,
            by: clause.dated.by.unwrap_or(SelectedBy::AssessedMonth),
            on_lapse,
            overrides: clause.overrides.as_ref().map(|basis| basis.value.clone()),
            expr,
        }
    }
}
