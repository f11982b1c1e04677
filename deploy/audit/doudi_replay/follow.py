"""What follows from the decisions, and the determination document (DECIDE.md sections 5, 6, 7)."""

import datetime
from fractions import Fraction

from . import canonical, entitlements
from .trace import rule_order
from .values import Missing, Month, RuleError
from .vocabulary import ROOT

VERSION = 1
PARAMETER_RULE = 1


def grant(programme, persons, first, last, amount):
    """A granted entitlement; it has no record of its own yet."""
    return entitlements.Entitlement(programme, list(persons), first, last, amount)


def document(deciding):
    """The determination document."""
    evaluation, main, members = deciding.evaluation, deciding.main, deciding.members
    decisions = [main, *members]
    missing = [decision.missing for decision in decisions if decision.missing is not None]
    due, carried, difference = [], [], []
    held_back = main.proposes is not None
    granted = [grant for one in decisions if one.proposes is None and not held_back for grant in one.grants]
    proposed = [grant for one in decisions if one.proposes is not None or held_back for grant in one.grants]
    if main.open():
        due = _due(deciding, missing)
        if not held_back:
            carried = _carried(deciding)
            difference = _difference(deciding, decisions, granted)
    parameters, samples = _parameters(evaluation)
    return {
        "v": VERSION,
        "area": str(deciding.law.area),
        "kind": deciding.kind,
        "cause": deciding.cause,
        "decision_date": deciding.date.isoformat(),
        "month": str(deciding.month),
        "household": _decided(main),
        "persons": main.persons,
        "members": [{"member": one.person, "decided": _decided(one)} for one in members],
        "entitlements": [grant.to_json(deciding.standing) for grant in granted],
        "proposed": [grant.to_json(deciding.standing) for grant in proposed],
        "difference": difference,
        "due": due,
        "carried": carried,
        "parameters": parameters,
        "choices": _choices(evaluation),
        "missing_facts": _missing_facts(deciding, missing),
        "missing_rules": _missing_rules(missing),
        "samples": samples,
        "trace": evaluation.trace_digest(),
    }


def _decided(decision):
    out = {
        "outcome": decision.outcome,
        "required_steps": [
            {key: value for key, value in step.items() if value is not None} for step in decision.required_steps
        ],
        "refer": [],
        "flags": decision.flags,
    }
    row = decision.row
    optional = {
        "proposes": decision.proposes,
        "effect": decision.effect,
        "row": row.name if row else None,
        "amount_fen": decision.amount,
        "from": _text(decision.first_month),
        "valid_until": _text(decision.valid_until),
        "shows_fen": decision.shows,
        "planned": decision.planned,
        "error": decision.error,
    }
    if decision.open():
        optional["reason"], optional["cite"] = row.declared.get("reason"), row.declared.get("cite")
        out["refer"] = row.declared.get("refer", [])
    out.update((key, value) for key, value in optional.items() if value is not None)
    return out


def _text(month):
    return None if month is None else str(month)


def _due(deciding, missing):
    due = []
    for versions in deciding.law.schedules:
        schedule = deciding.in_force(versions)
        if schedule is None:
            continue
        value = deciding.evaluation.step(schedule, 0)
        if value is True:
            value = deciding.evaluation.step(schedule, 1)
        if type(value) is Missing:
            missing.append(value)
        elif type(value) is datetime.date:
            declared = schedule.declared
            due.append({"id": declared["id"], "date": value.isoformat(), "cite": declared["cite"]})
    return due


def _carried(deciding):
    carried = []
    for carry in deciding.law.carries:
        places = [(0, None)] if carry.scope == ROOT else list(enumerate(deciding.persons))
        for instance, person in places:
            if deciding.evaluation.step(carry, 0, instance) is not True:
                continue
            value = deciding.evaluation.step(carry, 1, instance)
            if type(value) not in (Missing, RuleError):
                item = {"fact": carry.path, "value": fact_json(value)}
                if person is not None:
                    item["member"] = person
                carried.append(item)
    return carried


def fact_json(value):
    """A value as it stands in a facts document."""
    if type(value) is int:
        return canonical.integer(value)
    if type(value) is Fraction:
        return ["q", canonical.integer(value.numerator), canonical.integer(value.denominator)]
    if type(value) is datetime.date:
        return value.isoformat()
    return str(value) if type(value) is not bool else value


def _difference(deciding, decisions, granted):
    endings = []
    for one in decisions:
        if one.outcome == "STOP":
            endings.append((_ends(one.person), one.first_month))
    months = [grant.first for grant in granted] + [month for _, month in endings]
    if not months:
        return []
    now = entitlements.after(deciding.standing, granted, endings)
    return entitlements.difference(deciding.standing, now, Month(min(months)), deciding.decision_month)


def _ends(person):
    def ends(held):
        single = held.programme == "SINGLE_DIBAO"
        return not single if person is None else single and person in held.persons

    return ends


def _parameters(evaluation):
    law = evaluation.law
    by_number = {parameter.number: parameter for parameter in law.parameters.values()}
    parameters = [_row_read(law, by_number[number], at) for number, at in sorted(evaluation.rows_read)]
    samples = [read["row"] for read in parameters if read["sample"]]
    return parameters, samples + ["calendar %d" % year for year in sorted(evaluation.years_walked & law.sample_years)]


def _row_read(law, parameter, at):
    if at == 0:
        read = {"id": parameter.id, "row": "otherwise", "area": str(law.area), "sample": False}
        read["value"] = parameter.sealed_otherwise
        return _with_cite(read, parameter.declaration.get("cite"))
    row = parameter.rows[at - 1]
    read = {"id": parameter.id, "row": row.id, "area": str(row.area), "value": row.sealed, "sample": row.sample}
    return _with_cite(read, row.cite)


def _with_cite(read, cite):
    if cite is not None:
        read["cite"] = cite
    return read


def _choices(evaluation):
    choices = []
    for number, version in sorted(evaluation.choices_read):
        setting = evaluation.law.choices[number][version - 1][1]
        read = {"id": setting["id"], "option": setting["option"]}
        if "cite" in setting:
            read["cite"] = setting["cite"]
        choices.append(read)
    return choices


def _missing_facts(deciding, missing):
    facts = sorted(frozenset().union(*[part.facts for part in missing]))
    out = []
    for position, instance in facts:
        fact = deciding.law.vocabulary.facts[position]
        item = {"fact": fact.path}
        place = deciding.household.place(fact.scope, instance)
        if place is not None:
            item["at"] = place
        out.append(item)
    return out


def _missing_rules(missing):
    out = []
    for kind, name, area, day in sorted(frozenset().union(*[part.rules for part in missing]), key=rule_order):
        item = {"rule": name, "date": day.isoformat()}
        if kind == PARAMETER_RULE and area:
            item["area"] = str(area)
        out.append(item)
    return out
