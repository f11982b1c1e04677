"""One evaluation: clauses on demand, each once an instance, and everything the trace needs (SEMANTICS.md 8, 9, 11)."""

from . import civil, trace
from .rows import SELECTED_BY
from .values import Missing, RuleError
from .vocabulary import ROOT


class Evaluation:
    """A law applied to a household."""

    def __init__(self, law, household):
        self.law = law
        self.household = household
        self.columns = household.columns
        self.parents = household.parents
        self.branches = []
        self.records = {}
        self.steps = []
        self.rows_read = set()
        self.choices_read = set()
        self.years_walked = set()
        self._values = [{} for _ in law.clauses]
        self._selected = [None] * len(law.clauses)
        self._options = {}
        self._dates = law.date_positions()

    def date(self, by):
        """The date of a selection word, or the missing fact."""
        position = self._dates[by]
        value = self.columns[position][0] if position is not None else None
        if value is None:
            return Missing(((position, 0),))
        return civil.month_start(value) if SELECTED_BY[by] == "decision.month" else value

    # Clauses.

    def clause(self, number, instance):
        """The value of a clause in an instance."""
        values = self._values[number]
        if instance in values:
            value = values[instance]
            if type(value) is RuleError:
                raise RuleError(value.code)
            return value
        outer, self.branches = self.branches, []
        version = 0
        try:
            version, run = self._version(number)
            value = run(self, instance)
        except RuleError as error:
            value = error
        self.records[number, instance] = (version, value, self.branches)
        self.branches = outer
        values[instance] = value
        if type(value) is RuleError:
            raise RuleError(value.code)
        return value

    def _version(self, number):
        """(version number, closure): the version in force, its lapse, or what is missing to tell."""
        if self._selected[number] is None:
            self._selected[number] = self._select(self.law.clauses[number])
        return self._selected[number]

    def _select(self, clause):
        versions = clause.versions
        if not any(in_force.limited() for in_force, _, _, _ in versions):
            return len(versions), versions[-1][2]
        dates, unknown = {}, []
        for in_force, by, _, _ in versions:
            if in_force.limited():
                dates[by] = self.date(by)
                if type(dates[by]) is Missing:
                    unknown += dates[by].facts
        if unknown:
            missing = Missing(unknown)
            return 0, lambda evaluation, instance: missing
        for at in range(len(versions), 0, -1):
            in_force, by, run, _ = versions[at - 1]
            if not in_force.limited() or in_force.holds(dates[by]):
                return at, run
        for _, by, _, lapse in reversed(versions):
            if lapse is not None:
                return 0, _lapsed(lapse, Missing(rules=((2, clause.id, 0, dates[by]),)))
        missing = Missing(rules=((2, clause.id, 0, dates[versions[-1][1]]),))
        return 0, lambda evaluation, instance: missing

    # Parameters, choices, the calendar.

    def lookup(self, parameter, values):
        """The value of a parameter for its keys and the date."""
        found = parameter.look_up(values, self.law.area)
        if type(found) is Missing:
            return found
        self.rows_read.add((parameter.number, found[0]))
        return found[1]

    def choice(self, number):
        """The option of a choice in force on the decision date."""
        if number not in self._options:
            self._options[number] = self._choose(number)
        version, option = self._options[number]
        if version:
            self.choices_read.add((number, version))
        return option

    def _choose(self, number):
        settings = self.law.choices[number]
        day = self.date("decision_date")
        if type(day) is Missing:
            return 0, day
        for version in range(len(settings), 0, -1):
            in_force, setting = settings[version - 1]
            if in_force.holds(day):
                return version, setting["option"]
        return 0, Missing(rules=((3, settings[0][1]["id"], 0, day),))

    def add_working_days(self, day, count):
        """The count-th working day after a day."""
        found, years = self.law.working_days.add(day, count)
        if type(found) is int:
            return Missing(rules=((4, "calendar", 0, civil.new_year(found)),))
        self.years_walked |= years
        return found

    # Steps.

    def step(self, row, part, instance=0):
        """Demands one part of a row, guard, schedule or carry: its value, missing, or RuleError as a value."""
        self.branches = []
        try:
            value = row.steps[part](self, instance)
        except RuleError as error:
            value = error
        self.steps.append((row.place + (part,), instance, value, self.branches))
        return value

    def trace_digest(self):
        """SHA-256 of the canonical trace, in hex."""
        return trace.digest(self)

    def has(self, path):
        """A household fact that the procedure reads, or None."""
        position = self.law.household_position(path)
        return None if position is None else self.columns[position][0]

    def put(self, path, value):
        """Sets a household fact that the procedure makes (`decision.pay_from`)."""
        position = self.law.vocabulary.by_place[path, ROOT].position
        self.columns[position][0] = value


def _lapsed(lapse, missing):
    when, otherwise = lapse

    def run(evaluation, instance):
        value = when(evaluation, instance)
        if value is True:
            evaluation.branches.append(1)
            return missing
        if value is False:
            evaluation.branches.append(0)
            return otherwise
        if type(value) is Missing:
            evaluation.branches.append(2)
            return value
        raise RuleError("E_TYPE")

    return run
