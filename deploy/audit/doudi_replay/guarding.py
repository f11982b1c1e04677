"""Effects and guards (DECIDE.md section 4)."""

from .rows import MEMBER
from .values import Missing, RuleError, join

STANDING_STATUS = frozenset(["dibao", "grace", "tekun"])
PAY_FROM = "decision.pay_from"


def run(deciding):
    """Sets effects, walks the guards, holds decisions back. The refusals of the call, in order."""
    refusals = []
    for decision in [deciding.main, *deciding.members]:
        if decision.open():
            decision.effect = _effect(deciding, decision)
            _walk(deciding, decision, refusals)
    return refusals


def _effect(deciding, decision):
    single = [held for held in deciding.standing if held.programme == "SINGLE_DIBAO"]
    if decision.person is None:
        held = [entitlement for entitlement in deciding.standing if entitlement.programme != "SINGLE_DIBAO"]
    else:
        held = [entitlement for entitlement in single if decision.person in entitlement.persons]
    first = decision.first_month
    at_start = [entitlement for entitlement in held if first is not None and entitlement.covers(first)]
    at_decision = [entitlement for entitlement in held if entitlement.covers(deciding.decision_month)]
    was = sum(entitlement.amount for entitlement in at_start or at_decision)
    status = deciding.evaluation.has("history.status") if decision.person is None else None
    stands = bool(at_start or at_decision) or status in STANDING_STATUS
    if decision.grants:
        now = min(grant.amount for grant in decision.grants)
        if not stands:
            return "ENTRY"
        return "INCREASE" if now > was else "DECREASE" if now < was else "SAME"
    if decision.outcome == "STOP":
        return "STOP" if stands else "SAME"
    return None


def _applies(guard, decision):
    outcomes, effects = guard.declared.get("outcomes"), guard.declared.get("effects")
    return (not outcomes or decision.outcome in outcomes) and (not effects or decision.effect in effects)


def _walk(deciding, decision, refusals):
    deciding.evaluation.put(PAY_FROM, decision.first_month)
    failed, missing = [], []
    for versions in deciding.law.guards:
        guard = _in_force(deciding, versions)
        if type(guard) is Missing:
            missing.append(guard)
            continue
        if guard is None or not _applies(guard, decision):
            continue
        values = []
        for instance in _instances(deciding, decision, guard):
            value = deciding.evaluation.step(guard, 0, instance)
            if type(value) is Missing:
                missing.append(value)
            elif type(value) is not bool:
                decision.fails(value.code if type(value) is RuleError else "E_TYPE")
                return
            values.append(value)
        if False in values:
            failed.append(guard)
    if missing:
        decision.needs(join(missing))
    else:
        _hold_back(decision, failed, refusals)


def _in_force(deciding, versions):
    """The version that counts, None, or the first date that is missing to tell."""
    found = None
    for guard in versions:
        day = deciding.evaluation.date(guard.by) if guard.in_force.limited() else None
        if type(day) is Missing:
            return day
        if day is None or guard.in_force.holds(day):
            found = guard
    return found


def _instances(deciding, decision, guard):
    if guard.scope != MEMBER:
        return [0]
    if decision.person is not None:
        return [decision.instance]
    return [instance for instance, person in enumerate(deciding.persons) if person in decision.persons]


def _hold_back(decision, failed, refusals):
    for guard in failed:
        reason, cite = guard.declared["reason"], guard.declared["cite"]
        if guard.declared["on_failure"] == "refuse":
            if (reason, cite) not in refusals:
                refusals.append((reason, cite))
            continue
        decision.required_steps.append({"code": reason, "cite": cite, "blocks": True})
        if decision.proposes is None:
            decision.proposes = decision.outcome
            decision.outcome = "PROPOSED_" + (decision.effect or "SAME")
