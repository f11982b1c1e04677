//! Outcome lists, guards, schedules and carries: merged over the layers, compiled into steps.

use super::{Builder, Layer};
use crate::rules::compile::{Code, Part, StepNode};
use crate::rules::document::{Carry, Guard, InForce, Months, OutcomeRow, Schedule, SelectedBy};
use crate::rules::expr::Expr;
use crate::rules::law::check::overlap;
use crate::rules::law::{
    CarryRule, GuardRule, MonthSteps, OutcomeList, OutcomeRule, RowTest, ScheduleRule, Step, Version, Versions,
};
use crate::rules::outcome::{Effect, Outcome};
use crate::rules::trace::PlainStep;
use crate::rules::vocabulary::{MEMBER, PAY_MONTH, ScopeIndex};

/// A row that is placed and not yet compiled: its number is known only when its list is complete.
struct Placed<'a> {
    policy: &'a str,
    row: &'a OutcomeRow,
}

/// A list while it is put together.
struct Open<'a> {
    id: &'a str,
    kinds: &'a [String],
    scope: &'a str,
    concerns: Option<&'a Expr>,
    /// The policy of its first document.
    policy: &'a str,
    rows: Vec<Vec<Placed<'a>>>,
}

pub(super) fn outcomes(layers: &[Layer<'_>], builder: &mut Builder<'_>) -> Vec<OutcomeList> {
    let mut open: Vec<Open<'_>> = Vec::new();
    for layer in layers {
        let policy = &layer.document.policy;
        for list in &layer.document.outcomes {
            let known = open.iter().position(|known| known.id == list.id);
            let at = known.unwrap_or(open.len());
            if known.is_none() {
                open.push(Open {
                    id: &list.id,
                    kinds: &list.kinds,
                    scope: &list.scope,
                    concerns: list.concerns.as_ref(),
                    policy,
                    rows: Vec::new(),
                });
            }
            let target = &mut open[at];
            if target.kinds != list.kinds || target.scope != list.scope {
                let what = format!("outcomes {}", list.id);
                builder
                    .problems
                    .add(policy, what, "a superior's list keeps its kinds and scope");
            }
            let refused = match (&list.concerns, known, &*list.scope) {
                (Some(_), Some(_), _) => Some("a superior's list keeps whom it concerns"),
                (Some(_), None, scope) if scope != MEMBER => Some("only a list of scope member says whom it concerns"),
                (Some(_) | None, _, _) => None,
            };
            if let Some(problem) = refused {
                let what = format!("outcomes {}", list.id);
                builder.problems.add(policy, what, problem);
            }
            for row in &list.rows {
                place(target, Placed { policy, row }, builder);
            }
        }
    }
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let compiled = open.iter().enumerate().map(|(at, list)| {
        let what = format!("outcomes {}", list.id);
        let scope = builder.scope(list.policy, &what, list.scope);
        let concerns = list.concerns.map(|expr| {
            let part = part(Part::CONCERNS, at, 1, 0);
            builder.step(list.policy, &format!("{what} concerns"), expr, scope, part)
        });
        let rows = list.rows.iter().enumerate().map(|(row, versions)| {
            let compile = |(version, placed): (usize, &Placed<'_>)| {
                let part = Part {
                    section: Part::OUTCOME,
                    number: number(at),
                    row: number(row),
                    version: number(version + 1),
                    part: 0,
                };
                Version {
                    in_force: placed.row.in_force,
                    by: SelectedBy::DecisionDate,
                    rule: outcome(placed, list.id, scope, part, builder),
                }
            };
            Versions {
                id: versions.first().map_or_else(String::new, |first| first.row.id.clone()),
                versions: versions.iter().enumerate().map(compile).collect(),
            }
        });
        OutcomeList {
            id: list.id.to_owned(),
            kinds: list.kinds.to_vec(),
            kind_codes: Vec::new(),
            scope,
            concerns,
            rows: rows.collect(),
            always: Vec::new(),
        }
    });
    let mut lists: Vec<OutcomeList> = compiled.collect();
    for list in &mut lists {
        let codes = &mut builder.compiler.codes;
        list.kind_codes = list.kinds.iter().filter_map(|kind| codes.intern(kind)).collect();
    }
    lists
}

fn place<'a>(list: &mut Open<'a>, placed: Placed<'a>, builder: &mut Builder<'_>) {
    let row = placed.row;
    let mut refuse = |problem: &str| {
        let what = format!("outcome {}/{}", list.id, row.id);
        builder.problems.add(placed.policy, what, problem);
    };
    let position = |id: &str| {
        list.rows
            .iter()
            .position(|versions| versions.iter().any(|v| v.row.id == id))
    };
    match (position(&row.id), &row.before) {
        (Some(same), _) => {
            let shadows = list.rows[same]
                .iter()
                .any(|earlier| overlap(earlier.row.in_force, row.in_force));
            if shadows && row.overrides.is_none() {
                refuse("it shadows an earlier row of the same id: say overrides and the basis");
            }
            list.rows[same].push(placed);
        }
        (None, Some(before)) => match position(before) {
            Some(at) => list.rows.insert(at, vec![placed]),
            None => refuse("the row it is put before does not exist"),
        },
        (None, None) => {
            if placed.policy != list.policy {
                refuse("a row added to a superior's list says before which row it stands");
            }
            list.rows.push(vec![placed]);
        }
    }
}

fn outcome(placed: &Placed<'_>, list: &str, scope: ScopeIndex, part: Part, builder: &mut Builder<'_>) -> OutcomeRule {
    let row = placed.row;
    let what = format!("outcome {list}/{}", row.id);
    let inner = |id: &str, builder: &mut Builder<'_>| {
        let needed = builder.compiler.names.schema.scope(id);
        needed.unwrap_or(scope)
    };
    let member = inner(MEMBER, builder);
    let pay_month = inner(PAY_MONTH, builder);
    let mut step = |number: u32, expr: &Expr, scope: ScopeIndex| {
        builder.step(placed.policy, &what, expr, scope, Part { part: number, ..part })
    };
    let mut months = |months: &Months| MonthSteps {
        from: step(4, &months.from, scope),
        count: step(5, &months.count, scope),
        amount: step(6, &months.amount, pay_month),
    };
    let months = row.months.as_ref().map(&mut months);
    OutcomeRule {
        when: step(0, &row.when, scope),
        persons: row.persons.as_ref().map(|e| step(1, e, member)),
        amount: row.amount.as_ref().map(|e| step(2, e, scope)),
        from: row.from.as_ref().map(|e| step(3, e, scope)),
        months,
        valid: row.valid.as_ref().map(|e| step(7, e, scope)),
        then_from: row.then.as_ref().map(|then| step(8, &then.from, scope)),
        shows: row.shows.as_ref().map(|e| step(9, e, scope)),
        flags: (Part::FLAGS..)
            .zip(&row.flags)
            .map(|(number, (_, e))| step(number, e, scope))
            .collect(),
        outcome: Outcome::from_code(&row.outcome),
        name: format!("{list}/{}", row.id),
        text: row.clone(),
    }
}

/// Puts a version among those of its id; `shadows` says whether it may stand without `overrides`.
fn version<T>(all: &mut Vec<Versions<T>>, id: &str, in_force: InForce, by: SelectedBy) -> (usize, usize, bool) {
    let at = match all.iter().position(|versions| versions.id == id) {
        Some(at) => at,
        None => {
            all.push(Versions {
                id: id.to_owned(),
                versions: Vec::new(),
            });
            all.len() - 1
        }
    };
    let versions = &all[at].versions;
    let shadows = versions
        .iter()
        .any(|earlier| earlier.by != by || overlap(earlier.in_force, in_force));
    (at, versions.len() + 1, shadows)
}

fn part(section: u8, number: usize, version: usize, part: u32) -> Part {
    Part {
        section,
        number: u32::try_from(number).unwrap_or(u32::MAX),
        row: 0,
        version: u32::try_from(version).unwrap_or(u32::MAX),
        part,
    }
}

pub(super) fn guards(layers: &[Layer<'_>], builder: &mut Builder<'_>) -> Vec<Versions<GuardRule>> {
    let mut all: Vec<Versions<GuardRule>> = Vec::new();
    for (policy, guard) in each(layers, |document| &document.guards) {
        let what = format!("guard {}", guard.id);
        let (at, number, shadows) = version(&mut all, &guard.id, guard.in_force, guard.by);
        if shadows && guard.overrides.is_none() {
            let problem = "it shadows an earlier guard of the same id: say overrides and the basis";
            builder.problems.add(policy, &what, problem);
        }
        let scope = builder.scope(policy, &what, &guard.scope);
        builder.compiler.in_guard = true;
        let require = builder.step(policy, &what, &guard.require, scope, part(Part::GUARD, at, number, 0));
        builder.compiler.in_guard = false;
        let text: Guard = guard.clone();
        all[at].versions.push(Version {
            in_force: guard.in_force,
            by: guard.by,
            rule: GuardRule {
                outcomes: codes(&guard.outcomes, Outcome::from_code),
                effects: codes(&guard.effects, Effect::from_code),
                text,
                scope,
                require,
            },
        });
    }
    all
}

/// The values of codes; none where nothing is listed. What is no value of this kind concerns nothing.
fn codes<T>(listed: &[String], of: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    (!listed.is_empty()).then(|| listed.iter().filter_map(|code| of(code)).collect())
}

pub(super) fn schedules(layers: &[Layer<'_>], builder: &mut Builder<'_>) -> Vec<Versions<ScheduleRule>> {
    let mut all: Vec<Versions<ScheduleRule>> = Vec::new();
    for (policy, schedule) in each(layers, |document| &document.schedules) {
        let what = format!("schedule {}", schedule.id);
        let by = SelectedBy::DecisionDate;
        let (at, number, shadows) = version(&mut all, &schedule.id, schedule.in_force, by);
        if shadows {
            let problem = "it shadows an earlier schedule of the same id: end the effect of one";
            builder.problems.add(policy, &what, problem);
        }
        let mut step = |which: u32, expr: &Expr| {
            let place = part(Part::SCHEDULE, at, number, which);
            builder.step(policy, &what, expr, ScopeIndex::HOUSEHOLD, place)
        };
        let (when, value) = (step(0, &schedule.when), step(1, &schedule.value));
        let text: Schedule = schedule.clone();
        all[at].versions.push(Version {
            in_force: schedule.in_force,
            by,
            rule: ScheduleRule { text, when, value },
        });
    }
    all
}

pub(super) fn carries(layers: &[Layer<'_>], builder: &mut Builder<'_>) -> Vec<CarryRule> {
    let mut all: Vec<CarryRule> = Vec::new();
    for (policy, carry) in each(layers, |document| &document.carries) {
        let what = format!("carry {}", carry.fact);
        let Some(scope) = builder
            .compiler
            .names
            .schema
            .fact_anywhere(&carry.fact)
            .map(|fact| fact.scope)
        else {
            builder.problems.add(policy, what, "the fact is not in the vocabulary");
            continue;
        };
        if all.iter().any(|earlier| earlier.text.fact == carry.fact) {
            builder
                .problems
                .add(policy, &what, "the fact is carried already: keep one");
        }
        let number = all.len();
        let mut step =
            |which: u32, expr: &Expr| builder.step(policy, &what, expr, scope, part(Part::CARRY, number, 1, which));
        let (when, value) = (step(0, &carry.when), step(1, &carry.value));
        let text: Carry = carry.clone();
        all.push(CarryRule {
            text,
            scope,
            when,
            value,
        });
    }
    all
}

/// The rows of a list as they are walked. Called when the conditions have their diagrams.
pub(super) fn row_tests(rows: &[Versions<OutcomeRule>], code: &Code) -> Vec<Option<RowTest>> {
    let mut tests: Vec<Option<RowTest>> = Vec::with_capacity(rows.len());
    for row in rows.iter().rev() {
        let test = row.always().and_then(|rule| {
            let step = code.steps[rule.when.0 as usize];
            let (diagram, plain) = (step.diagram?, step.plain?);
            let follows = tests.last().copied().flatten();
            let alike = follows.filter(|next: &RowTest| code.begin_alike(diagram, next.diagram));
            Some(RowTest {
                plain,
                diagram,
                alike: alike.map_or(0, |next| next.alike + 1),
                step: rule.when,
            })
        });
        tests.push(test);
    }
    tests.reverse();
    tests
}

/// Everything of one kind in the order of the law, with the policy it stands in.
fn each<'a, T: 'a>(
    layers: &'a [Layer<'a>],
    of: impl Fn(&'a crate::rules::document::Document) -> &'a Vec<T>,
) -> Vec<(&'a str, &'a T)> {
    let with_policy = |layer: &'a Layer<'a>| of(layer.document).iter().map(|item| (&*layer.document.policy, item));
    layers.iter().flat_map(with_policy).collect()
}

impl Builder<'_> {
    fn step(&mut self, policy: &str, what: &str, expr: &Expr, scope: ScopeIndex, part: Part) -> Step {
        let node = self.expression(policy, what, expr, scope);
        let steps = &mut self.compiler.code.steps;
        steps.push(StepNode {
            node,
            diagram: None,
            plain: PlainStep::new(part),
            scope,
            part,
        });
        Step(u32::try_from(steps.len() - 1).unwrap_or(0))
    }
}
