//! Outcome lists: every path ends in an outcome, amounts are whole fen.

use std::collections::BTreeSet;

use super::super::ty::Ty;
use super::{Seal, unique};
use crate::rules::document::{Months, OutcomeList, OutcomeRow, Planned};
use crate::rules::expr::{Expr, Literal, Unit};
use crate::rules::language::draft::{DraftList, DraftRow, Text};
use crate::rules::language::error::nearest;
use crate::rules::language::said::{At, Fix, Wrong};
use crate::rules::outcome::Outcome;
use crate::rules::vocabulary::{HOUSEHOLD, MEMBER, PAY_MONTH};

/// The fact whose codes name what a list runs for.
const KIND_FACT: &str = "decision.kind";

impl Seal<'_, '_> {
    pub(super) fn outcomes(&mut self) -> Vec<OutcomeList> {
        let draft = self.draft;
        unique(
            draft.outcomes.iter().map(|list| &list.id),
            At::OutcomeList,
            self.remarks,
        );
        let lists: Vec<OutcomeList> = draft.outcomes.iter().map(|list| self.outcome_list(list)).collect();
        for (list, written) in lists.iter().zip(&draft.outcomes) {
            self.remarks.enter(At::Outcomes, &list.id);
            self.ends(list, written, &lists);
        }
        self.remarks.leave();
        lists
    }

    /// For each kind of decision some row of the household's lists always holds.
    fn ends(&mut self, list: &OutcomeList, written: &DraftList, own: &[OutcomeList]) {
        if list.scope != HOUSEHOLD {
            return;
        }
        let context = self.context;
        for kind in &list.kinds {
            let of_kind = |other: &&OutcomeList| other.scope == HOUSEHOLD && other.kinds.contains(kind);
            let lists = context
                .documents
                .iter()
                .flat_map(|document| &document.outcomes)
                .chain(own)
                .filter(of_kind);
            if !lists.flat_map(|list| &list.rows).any(|row| always(&row.when)) {
                let kind = kind.clone();
                self.error(written.id.span, Wrong::NoEnd { kind }, Fix::LastRow);
            }
        }
    }

    fn outcome_list(&mut self, list: &DraftList) -> OutcomeList {
        self.remarks.enter(At::Outcomes, &list.id.value);
        let context = self.context;
        let superior: Vec<&OutcomeList> = context
            .documents
            .iter()
            .flat_map(|d| &d.outcomes)
            .filter(|other| other.id == list.id.value)
            .collect();
        let scope = match (superior.first(), &list.scope) {
            (Some(known), None) => known.scope.clone(),
            (_, scope) => self.scope(scope.as_ref()),
        };
        if let (Some(text), false) = (&list.scope, [HOUSEHOLD, MEMBER].contains(&scope.as_str())) {
            let scope = scope.clone();
            self.error(text.span, Wrong::ListScope { scope }, Fix::HouseholdOrMember);
        }
        let kinds = match superior.first() {
            Some(known) if list.kinds.is_empty() => known.kinds.clone(),
            _ => self.kinds(list),
        };
        if let Some(known) = superior.first()
            && (known.scope != scope || known.kinds != kinds)
        {
            let id = list.id.value.clone();
            self.error(list.id.span, Wrong::ListDiffers { id }, Fix::LeaveScopeAndKinds);
        }
        let concerns = self.concerns(list, &scope, !superior.is_empty());
        let above: Vec<&str> = superior
            .iter()
            .flat_map(|list| &list.rows)
            .map(|row| row.id.as_str())
            .collect();
        let mut rows: Vec<OutcomeRow> = Vec::new();
        for row in &list.rows {
            self.remarks
                .enter(At::Outcomes, format!("{} {}", list.id.value, row.outcome.value));
            if rows.last().is_some_and(|row| always(&row.when) && row.before.is_none()) {
                self.error(row.span, Wrong::NeverReached, Fix::PutBefore);
            }
            let sealed = self.row(row, &scope, &above);
            if rows.iter().any(|other| other.id == sealed.id) {
                let id = sealed.id.clone();
                self.error(row.span, Wrong::SecondRow { id }, Fix::IdOfItsOwn);
            }
            if above.contains(&sealed.id.as_str()) && sealed.overrides.is_none() {
                let id = sealed.id.clone();
                self.error(row.span, Wrong::ReplacesRow { id }, Fix::OverrideOrRowId);
            }
            rows.push(sealed);
        }
        OutcomeList {
            id: list.id.value.clone(),
            kinds,
            scope,
            concerns,
            rows,
        }
    }

    /// Whom a list of members concerns: for the document to say that opens the list.
    fn concerns(&mut self, list: &DraftList, scope: &str, is_superiors: bool) -> Option<Expr> {
        if list.has_concerns && is_superiors {
            let id = list.id.value.clone();
            self.error(list.id.span, Wrong::ConcernsAgain { id }, Fix::LeaveConcernsOut);
        } else if list.has_concerns && scope != MEMBER {
            self.error(list.id.span, Wrong::ConcernsHousehold, Fix::LeaveConcernsOut);
        }
        let concerns = list.concerns.as_ref()?;
        Some(self.expression(Some(concerns), &Ty::Bool, scope))
    }

    /// The kinds of decision that a list runs for; by default its own id.
    fn kinds(&mut self, list: &DraftList) -> Vec<String> {
        let fact = self.symbols.facts.iter().find(|fact| fact.path == KIND_FACT);
        let known: Vec<String> = match fact.map(|fact| &fact.ty) {
            Some(Ty::Code(codes)) => codes.codes.iter().map(|(code, _)| code.clone()).collect(),
            _ => Vec::new(),
        };
        let written: &[Text] = if list.kinds.is_empty() {
            std::slice::from_ref(&list.id)
        } else {
            &list.kinds
        };
        for kind in written.iter().filter(|kind| !known.contains(&kind.value)) {
            let wrong = Wrong::NotAKind {
                kind: kind.value.clone(),
            };
            let kinds = known.join(", ");
            self.error(kind.span, wrong, Fix::KindsAmong { kinds });
        }
        written.iter().map(|kind| kind.value.clone()).collect()
    }

    fn row(&mut self, row: &DraftRow, scope: &str, above: &[&str]) -> OutcomeRow {
        self.outcome_code(&row.outcome);
        if let Some(reason) = &row.reason {
            self.reason_code(reason);
        }
        if let Some(before) = &row.before
            && !above.contains(&before.value.as_str())
        {
            let fix = match nearest(&before.value, above.iter().copied()) {
                Some(near) => Fix::write(near),
                None => Fix::BeforeNames,
            };
            let id = before.value.clone();
            self.error(before.span, Wrong::NoSuperiorRow { id }, fix);
        }
        let month = Ty::Month;
        let months = row.months.as_ref().map(|months| {
            let from = self.expression(months.from.as_ref(), &month, scope);
            let count = self.expression(months.count.as_ref(), &Ty::number(Unit::Months), scope);
            let inner = if self.symbols.scope(PAY_MONTH).is_some() {
                PAY_MONTH
            } else {
                scope
            };
            let amount = self
                .amount(months.amount.as_ref(), inner)
                .unwrap_or(Expr::Literal(Literal::Bool(true)));
            Months { from, count, amount }
        });
        if row.months.is_some() && row.amount.is_some() {
            self.error(row.span, Wrong::AmountAndMonths, Fix::KeepOneEntitlement);
        }
        self.parts_of_outcome(row);
        let then = row.then.as_ref().and_then(|then| {
            let outcome = then.outcome.as_ref()?;
            self.outcome_code(outcome);
            if let Some(reason) = &then.reason {
                self.reason_code(reason);
            }
            Some(Planned {
                outcome: outcome.value.clone(),
                from: self.expression(then.from.as_ref(), &month, scope),
                reason: then.reason.as_ref().map(|reason| reason.value.clone()),
                first: then.first.clone(),
            })
        });
        let flags = row.flags.iter().map(|flag| {
            self.reason_code(&flag.code);
            (
                flag.code.value.clone(),
                self.expression(flag.when.as_ref(), &Ty::Bool, scope),
            )
        });
        let flags = flags.collect();
        OutcomeRow {
            id: row.id.as_ref().map_or_else(|| row_id(row), |id| id.value.clone()),
            in_force: row.in_force,
            overrides: row.overrides.as_ref().map(|basis| basis.value.clone()),
            before: row.before.as_ref().map(|before| before.value.clone()),
            when: self.expression(row.when.as_ref(), &Ty::Bool, scope),
            outcome: row.outcome.value.clone(),
            reason: row.reason.as_ref().map(|reason| reason.value.clone()),
            cite: self.cite(row.cite.as_ref()).unwrap_or_default(),
            persons: self.optional(row.persons.as_ref(), &Ty::Bool, MEMBER),
            amount: self.amount(row.amount.as_ref(), scope),
            from: self.optional(row.from.as_ref(), &month, scope),
            months,
            valid: self.optional(row.valid.as_ref(), &Ty::number(Unit::Months), scope),
            then,
            shows: self.amount(row.shows.as_ref(), scope),
            first: row.first.clone(),
            refer: row.refer.clone(),
            flags,
        }
    }

    /// What the decision procedure demands of an outcome (`DECIDE.md` section 2): without it every such decision
    /// would end in E_RANGE.
    fn parts_of_outcome(&mut self, row: &DraftRow) {
        let Some(outcome) = Outcome::from_code(&row.outcome.value) else {
            return;
        };
        let pays = matches!(
            outcome,
            Outcome::Dibao | Outcome::Tekun | Outcome::SingleDibao | Outcome::Grace
        );
        let (amount, from) = (row.has_amount, row.has_from);
        if pays && row.months.is_none() && !(amount && from) {
            let outcome = row.outcome.value.clone();
            self.error(row.outcome.span, Wrong::NoAmount { outcome }, Fix::AddAmount);
        }
        if outcome == Outcome::Stop && !from {
            self.error(row.outcome.span, Wrong::StopWithoutMonth, Fix::AddKey { key: "from" });
        }
        if !pays && (amount || row.months.is_some()) {
            let outcome = row.outcome.value.clone();
            self.error(row.outcome.span, Wrong::PaysNothing { outcome }, Fix::TakeAmountAway);
        }
    }

    /// An outcome that a rule may give: the proposed and the undecided ones are the engine's.
    pub(super) fn outcome_code(&mut self, code: &Text) {
        let rules = |outcome: &&Outcome| {
            !outcome.code().starts_with("PROPOSED_")
                && !outcome.code().starts_with("NEEDS_")
                && outcome.code() != "ERROR"
        };
        let known: BTreeSet<&str> = Outcome::ALL
            .iter()
            .filter(rules)
            .map(|outcome| outcome.code())
            .collect();
        if known.contains(code.value.as_str()) {
            return;
        }
        let fix = match nearest(&code.value, known.iter().copied()) {
            Some(near) => Fix::write(near),
            None => Fix::OutcomesAre {
                codes: known.into_iter().collect::<Vec<_>>().join(", "),
            },
        };
        let wrong = Wrong::NoOutcome {
            code: code.value.clone(),
        };
        self.error(code.span, wrong, fix);
    }

    /// Reasons and flags are codes in capitals.
    pub(super) fn reason_code(&mut self, code: &Text) {
        let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if !code.value.starts_with(|c: char| c.is_ascii_uppercase()) || !code.value.chars().all(fits) {
            let wrong = Wrong::NotACode {
                code: code.value.clone(),
            };
            self.error(code.span, wrong, Fix::Capitals);
        }
    }
}

/// Whether a condition always holds.
fn always(when: &Expr) -> bool {
    *when == Expr::Literal(Literal::Bool(true))
}

fn row_id(row: &DraftRow) -> String {
    let mut id = row.outcome.value.to_lowercase();
    if let Some(reason) = &row.reason {
        id.push('_');
        id.push_str(&reason.value.to_lowercase());
    }
    id
}
