"""Outcome rows, guards, schedules and carries of a law, compiled (SEMANTICS.md section 9)."""

from .values import SealedError, read_date
from .vocabulary import PAY_MONTH, ROOT

MEMBER = "member"
SELECTED_BY = {
    "assessed_month": "decision.month",
    "decision_date": "decision.date",
    "application_date": "case.applied_on",
}


class InForce:
    """`{from, until}`: both optional, both days included."""

    __slots__ = ("first", "last")

    def __init__(self, declared):
        interval = declared.get("in_force", {})
        self.first = read_date(interval["from"]) if "from" in interval else None
        self.last = read_date(interval["until"]) if "until" in interval else None

    def holds(self, day):
        """Whether a day lies inside."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def limited(self):
        """Whether it has a first or a last day."""
        return self.first is not None or self.last is not None


class OutcomeList:
    """An ordered list of outcomes; a row is the list of its versions."""

    def __init__(self, number, declared):
        self.number = number
        self.id = declared["id"]
        self.kinds = declared.get("kinds", ())
        self.scope = declared["scope"]
        self.declared_concerns = declared.get("concerns")
        self.concerns = None
        self.rows = []

    def extend(self, declared, opens):
        """Puts the rows of one document in their places; `opens` is true for the document that opens the list."""
        if "concerns" in declared and (not opens or self.scope != MEMBER):
            raise SealedError("outcome list %s may not say whom it concerns here" % self.id)
        if declared["scope"] != self.scope:
            raise SealedError("outcome list %s has two scopes" % self.id)
        for row in declared.get("rows", ()):
            ids = [versions[0]["id"] for versions in self.rows]
            if row["id"] in ids:
                self.rows[ids.index(row["id"])].append(row)
            elif "before" in row:
                if row["before"] not in ids:
                    raise SealedError("row %s stands before an unknown row" % row["id"])
                self.rows.insert(ids.index(row["before"]), [row])
            else:
                self.rows.append([row])

    def compile(self, compiler):
        """Compiles whom the list concerns, and every version of every row."""
        if self.declared_concerns is not None:
            self.concerns = Concerns(self, compiler)
        self.rows = [
            [OutcomeRow(self, position, version, row, compiler) for version, row in enumerate(rows, 1)]
            for position, rows in enumerate(self.rows)
        ]


class Concerns:
    """Whom a list of members concerns."""

    def __init__(self, outcomes, compiler):
        self.place = (5, outcomes.number, 0, 1)
        self.steps = {0: compiler.expression(outcomes.declared_concerns, outcomes.scope)}


class OutcomeRow:
    """One version of a row, with its parts under the numbers of the trace."""

    def __init__(self, outcomes, position, version, declared, compiler):
        self.place = (1, outcomes.number, position, version)
        self.id = declared["id"]
        self.name = outcomes.id + "/" + self.id
        self.in_force = InForce(declared)
        self.declared = declared
        self.outcome = declared["outcome"]
        self.steps = {}
        scope = outcomes.scope
        months, then = declared.get("months"), declared.get("then")
        parts = [
            (0, declared["when"], scope),
            (1, declared.get("persons"), MEMBER),
            (2, declared.get("amount"), scope),
            (3, declared.get("from"), scope),
            (4, months and months["from"], scope),
            (5, months and months["count"], scope),
            (6, months and months["amount"], PAY_MONTH),
            (7, declared.get("valid"), scope),
            (8, then and then["from"], scope),
            (9, declared.get("shows"), scope),
        ]
        parts += [(10 + i, node, scope) for i, (_, node) in enumerate(declared.get("flags", ()))]
        for number, node, part_scope in parts:
            if node is not None:
                self.steps[number] = compiler.expression(node, part_scope)


class Guard:
    """One version of a guard."""

    def __init__(self, number, version, declared, compiler):
        self.place = (2, number, 0, version)
        self.declared = declared
        self.in_force = InForce(declared)
        self.by = declared["by"]
        self.scope = declared["scope"]
        self.steps = {0: compiler.expression(declared["require"], self.scope)}


class Schedule:
    """One version of a schedule."""

    def __init__(self, number, version, declared, compiler):
        self.place = (3, number, 0, version)
        self.declared = declared
        self.in_force = InForce(declared)
        self.by = "decision_date"
        self.steps = {part: compiler.expression(declared[key], ROOT) for part, key in ((0, "when"), (1, "value"))}


class Carry:
    """One carry."""

    def __init__(self, number, declared, compiler):
        self.place = (4, number, 0, 1)
        self.declared = declared
        self.path = declared["fact"]
        facts = [fact for fact in compiler.vocabulary.facts if fact.path == self.path]
        if len(facts) != 1:
            raise SealedError("carry of %s, which is not one fact" % self.path)
        self.scope = facts[0].scope
        self.steps = {part: compiler.expression(declared[key], self.scope) for part, key in ((0, "when"), (1, "value"))}


def versions(declared, make, compiler):
    """Compiles the versions of each id, numbered by first appearance."""
    return [
        [make(number, version, row, compiler) for version, row in enumerate(rows, 1)]
        for number, rows in enumerate(declared)
    ]
