"""The decision procedure (DECIDE.md): from a law and a facts document to the determination document."""

from . import civil, follow, guarding
from .entitlements import read_standing
from .evaluation import Evaluation
from .facts import FactsError, Household
from .rows import MEMBER
from .values import MONTH_LAST, Missing, Month, RuleError, join, read_month
from .vocabulary import ROOT

AMOUNT_FEN_MAX = 10**12
MONTHS_MAX = 120
COUNT_MAX = 2**32 - 1
PROGRAMMES = frozenset(["DIBAO", "TEKUN", "SINGLE_DIBAO", "GRACE"])
CAUSES = frozenset(["initial", "review", "event", "correction", "remedy", "court"])
BACKDATING_CAUSES = frozenset(["correction", "remedy", "court"])
WHEN, PERSONS, AMOUNT, FROM, MONTHS_FROM, MONTHS_COUNT, MONTHS_AMOUNT, VALID, THEN_FROM, SHOWS, FLAGS = range(11)


class Decision:
    """What was decided for the household, or for one member (`instance`, `person`)."""

    def __init__(self, instance=0, person=None):
        self.instance = instance
        self.person = person
        self.outcome = None
        self.row = None
        self.effect = None
        self.proposes = None
        self.error = None
        self.missing = None
        self.persons = []
        self.amount = None
        self.first_month = None
        self.valid_until = None
        self.shows = None
        self.planned = None
        self.required_steps = []
        self.flags = []
        self.grants = []

    def needs(self, missing):
        """The decision cannot be made for want of facts or rules."""
        row = self.row
        self.__init__(self.instance, self.person)
        self.row, self.missing = row, missing
        self.outcome = "NEEDS_RULE" if missing.rules else "NEEDS_FACTS"

    def fails(self, code):
        """The decision cannot be computed."""
        row = self.row
        self.__init__(self.instance, self.person)
        self.row, self.error, self.outcome = row, code, "ERROR"

    def open(self):
        """Whether it is neither NEEDS nor ERROR."""
        return self.missing is None and self.error is None


class Deciding:
    """One run of the procedure."""

    def __init__(self, law, document):
        self.law = law
        self.document = document
        self.household = Household(law.vocabulary, document)
        self.evaluation = evaluation = Evaluation(law, self.household)
        self.date, self.month = evaluation.has("decision.date"), evaluation.has("decision.month")
        self.kind = evaluation.has("decision.kind")
        if None in (self.date, self.month, self.kind) or evaluation.has("case.area") != law.area:
            raise FactsError("decision.date, month and kind are recorded, and case.area is the law's area")
        self.decision_month = civil.month_of(self.date)
        self.cause = document.get("cause", "initial")
        if self.cause not in CAUSES:
            raise FactsError("cause is none of the causes")
        self.effective_from = None
        if "effective_from" in document:
            self.effective_from = read_month(document["effective_from"])
        self.standing = read_standing(document.get("standing", []))
        ids = self.household.ids[MEMBER]
        self.persons = [str(instance) if name is None else name for instance, name in enumerate(ids)]
        self.refusals = []

    def run(self):
        """The determination document."""
        self.main = Decision()
        self._walk(self.main, ROOT)
        self.members = []
        if self.main.open():
            self._walk_members()
            self.refusals = guarding.run(self)
        if not self.main.open():
            # What is dropped refuses nothing.
            self.members, self.refusals = [], []
        return follow.document(self)

    def _walk_members(self):
        decided = set()
        for outcomes in self._lists(MEMBER):
            for instance, person in enumerate(self.persons):
                if instance in decided:
                    continue
                decision = Decision(instance, person)
                if self._walk(decision, MEMBER, [outcomes]):
                    decided.add(instance)
                    self.members.append(decision)

    def _lists(self, scope):
        return [outcomes for outcomes in self.law.lists if outcomes.scope == scope and self.kind in outcomes.kinds]

    def in_force(self, versions):
        """The version of a row or schedule that counts on the decision date, or None."""
        for version in reversed(versions):
            if version.in_force.holds(self.date):
                return version
        return None

    def _walk(self, decision, scope, lists=None):
        """Decides by the first row that is true; False where no row of a member's list is."""
        for outcomes in self._lists(scope) if lists is None else lists:
            if outcomes.concerns is not None:
                concerned = self.evaluation.step(outcomes.concerns, WHEN, decision.instance)
                if concerned is False:
                    continue
                if concerned is not True:
                    if type(concerned) is Missing:
                        decision.needs(concerned)
                    else:
                        decision.fails(_error_of(concerned))
                    return True
            for versions in outcomes.rows:
                row = self.in_force(versions)
                if row is None:
                    continue
                when = self.evaluation.step(row, WHEN, decision.instance)
                if when is False:
                    continue
                decision.row = row
                if when is True:
                    self._parts(decision)
                elif type(when) is Missing:
                    decision.needs(when)
                else:
                    decision.fails(_error_of(when))
                return True
        if decision.person is None:
            decision.fails("E_NO_ROW")
        return False

    def _parts(self, decision):
        try:
            values = Demanded(self, decision)
            if values.missing:
                decision.needs(join(values.missing))
                return
            self._settle(decision, values)
        except RuleError as error:
            decision.fails(error.code)

    def _settle(self, decision, values):
        row, declared = decision.row, decision.row.declared
        moved = self.effective_from if self.cause in BACKDATING_CAUSES else None
        decision.persons = values.persons if decision.person is None else [decision.person]
        decision.first_month = values.months_from if MONTHS_FROM in row.steps else values.start
        if decision.first_month is not None and moved is not None:
            decision.first_month = moved
        self._grants(decision, values)
        decision.amount = values.amount
        if values.month_amounts is not None:
            decision.amount = values.month_amounts[0] if values.month_amounts else None
        if values.valid is not None:
            start = self.decision_month + 1 if decision.first_month is None else decision.first_month
            last = start + values.valid - 1
            decision.valid_until = Month(last) if last <= MONTH_LAST else None
        decision.shows = values.shows
        decision.outcome = row.outcome
        decision.required_steps = [
            {"code": code, "cite": declared["cite"], "blocks": False} for code in declared.get("first", ())
        ]
        if values.then_from is not None:
            then = declared["then"]
            first_month = str(values.then_from)
            decision.planned = {"outcome": then["outcome"], "from": first_month, "first": then.get("first", [])}
            if "reason" in then:
                decision.planned["reason"] = then["reason"]
        decision.flags = values.flags

    @staticmethod
    def _grants(decision, values):
        start, outcome = decision.first_month, decision.row.outcome
        if outcome == "STOP" and start is None:
            raise RuleError("E_RANGE")
        if outcome not in PROGRAMMES:
            return
        if values.month_amounts is not None:
            if not values.month_amounts:
                raise RuleError("E_RANGE")
            decision.grants = _runs(outcome, decision.persons, start, values.month_amounts)
        elif start is None or values.amount is None:
            raise RuleError("E_RANGE")
        else:
            decision.grants = [follow.grant(outcome, decision.persons, start, None, values.amount)]


def _runs(programme, persons, start, amounts):
    """One entitlement for each run of equal monthly amounts."""
    grants, first = [], 0
    for at in range(1, len(amounts) + 1):
        if at == len(amounts) or amounts[at] != amounts[first]:
            last = civil.add_months(start, at - 1)
            grants.append(follow.grant(programme, persons, civil.add_months(start, first), last, amounts[first]))
            first = at
    return grants


def _error_of(value):
    return value.code if type(value) is RuleError else "E_TYPE"


class Demanded:
    """The parts of a deciding row, demanded in their order. The first error is raised; what is missing is collected."""

    def __init__(self, deciding, decision):
        self.deciding, self.row, self.instance = deciding, decision.row, decision.instance
        self.missing = []
        self.month_amounts = None
        self.persons = self._persons(decision)
        self.amount = self._whole(AMOUNT, 0, AMOUNT_FEN_MAX)
        self.start = self._month(FROM)
        self.months_from = self._month(MONTHS_FROM)
        self.months_count = self._whole(MONTHS_COUNT, 0, COUNT_MAX)
        if self.months_from is not None and self.months_count is not None:
            self._months()
        self.valid = self._whole(VALID, 1, MONTHS_MAX)
        self.then_from = self._month(THEN_FROM)
        self.shows = self._whole(SHOWS, 0, AMOUNT_FEN_MAX)
        flags = decision.row.declared.get("flags", ())
        self.flags = [code for i, (code, _) in enumerate(flags) if self._bool(FLAGS + i, self.instance)]

    def _demand(self, part, instance):
        if part not in self.row.steps:
            return None
        value = self.deciding.evaluation.step(self.row, part, instance)
        if type(value) is RuleError:
            raise value
        if type(value) is Missing:
            self.missing.append(value)
            return None
        return value

    def _bool(self, part, instance):
        value = self._demand(part, instance)
        if value is not None and type(value) is not bool:
            raise RuleError("E_TYPE")
        return value

    def _whole(self, part, least, most):
        return in_range(self._demand(part, self.instance), least, most)

    def _month(self, part):
        value = self._demand(part, self.instance)
        if value is not None and type(value) is not Month:
            raise RuleError("E_TYPE")
        return value

    def _persons(self, decision):
        persons = self.deciding.persons
        if decision.person is not None or PERSONS not in self.row.steps:
            return list(persons)
        return [person for instance, person in enumerate(persons) if self._bool(PERSONS, instance)]

    def _months(self):
        deciding, self.month_amounts = self.deciding, []
        start = self.months_from
        if deciding.cause in BACKDATING_CAUSES and deciding.effective_from is not None:
            start = deciding.effective_from
        instances = deciding.household.add_months(start, self.months_count)
        if instances is None:
            raise RuleError("E_RANGE")
        for instance in instances:
            amount = in_range(self._demand(MONTHS_AMOUNT, instance), 0, AMOUNT_FEN_MAX)
            self.month_amounts.append(amount)


def in_range(value, least, most):
    """A whole number between two limits, else E_RANGE."""
    if value is None:
        return None
    if type(value) is not int or not least <= value <= most:
        raise RuleError("E_RANGE")
    return value
