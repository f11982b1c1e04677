"""Sealed expressions as Python closures `run(evaluation, instance)` (SEMANTICS.md sections 4, 5, 6).

A law is compiled once; each expression is then a tree of closures over positions, without names to look up.
An error is raised, everything else is returned.
"""

import datetime

from . import aggregates, civil
from .operators import STRICT, rounding
from .values import Missing, RuleError, SealedError, join, read_constant
from .vocabulary import ROOT

DEPTH_MAX = 64
CONSTANTS = frozenset(["lit", "q", "code", "date", "month", "area"])


class Compiler:
    """Compiles the expressions of one law. `law` resolves clauses, parameters and choices to numbers."""

    def __init__(self, law):
        self.law = law
        self.vocabulary = law.vocabulary
        self.nodes = 0
        self.reads = set()

    def expression(self, node, scope, depth=1):
        """The closure of a node that is evaluated in `scope`."""
        self.nodes += 1
        if depth > DEPTH_MAX:
            raise SealedError("an expression is deeper than %d" % DEPTH_MAX)
        if type(node) is bool or type(node) is list and node and node[0] in CONSTANTS:
            return constant(read_constant(node))
        if type(node) is not list or not node or type(node[0]) is not str:
            raise SealedError("an expression belongs here")
        name, rest = node[0], node[1:]
        if name in STRICT:
            function, fewest, most = STRICT[name]
            if not fewest <= len(rest) <= most:
                raise SealedError("%s takes %d to %d arguments" % (name, fewest, most))
            return strict(function, [self.expression(item, scope, depth + 1) for item in rest])
        form = getattr(self, "_" + name, None) or aggregates.FORMS.get(name)
        if form is None:
            raise SealedError("%s is no operator of these semantics" % name)
        try:
            if name in aggregates.FORMS:
                return form(self, scope, depth, *rest)
            return form(scope, depth, *rest)
        except TypeError as wrong:
            raise SealedError("%s does not take these arguments" % name) from wrong

    # Not strict.

    def _and(self, scope, depth, *rest):
        return kleene([self.expression(item, scope, depth + 1) for item in rest], False)

    def _or(self, scope, depth, *rest):
        return kleene([self.expression(item, scope, depth + 1) for item in rest], True)

    def _if(self, scope, depth, condition, yes, no):
        run_condition, run_yes, run_no = [self.expression(item, scope, depth + 1) for item in (condition, yes, no)]

        def run(evaluation, instance):
            value = run_condition(evaluation, instance)
            if value is True:
                evaluation.branches.append(1)
                return run_yes(evaluation, instance)
            if value is False:
                evaluation.branches.append(0)
                return run_no(evaluation, instance)
            if type(value) is Missing:
                evaluation.branches.append(2)
                return value
            raise RuleError("E_TYPE")

        return run

    def _match(self, scope, depth, subject, arms):
        run_subject = self.expression(subject, scope, depth + 1)
        compiled = {}
        for position, (code, value) in enumerate(arms):
            compiled.setdefault(code, (position, self.expression(value, scope, depth + 1)))
        count = len(arms)

        def run(evaluation, instance):
            value = run_subject(evaluation, instance)
            if type(value) is str:
                arm = compiled.get(value)
                if arm is None:
                    raise RuleError("E_RANGE")
                evaluation.branches.append(arm[0])
                return arm[1](evaluation, instance)
            if type(value) is Missing:
                evaluation.branches.append(count)
                return value
            raise RuleError("E_TYPE")

        return run

    def _in(self, scope, depth, subject, codes):
        wanted = frozenset(codes)

        def test(value):
            if type(value) is not str:
                raise RuleError("E_TYPE")
            return value in wanted

        return strict(test, [self.expression(subject, scope, depth + 1)])

    def _round(self, scope, depth, value, quantum, mode):
        if quantum not in (1, 10, 100) or mode not in ("half_up", "up", "down"):
            raise SealedError("a rounding names 1, 10 or 100 fen and its mode")
        return strict(rounding(quantum, mode), [self.expression(value, scope, depth + 1)])

    def _add_working_days(self, scope, depth, date, count):
        run_date, run_count = self.expression(date, scope, depth + 1), self.expression(count, scope, depth + 1)

        def run(evaluation, instance):
            day, days = run_date(evaluation, instance), run_count(evaluation, instance)
            if type(day) is Missing or type(days) is Missing:
                return join((day, days))
            if type(day) is not datetime.date:
                raise RuleError("E_TYPE")
            if not 0 <= civil.whole(days) <= civil.WORKING_DAYS_MAX:
                raise RuleError("E_RANGE")
            return evaluation.add_working_days(day, days)

        return run

    # Reading.

    def _fact(self, scope, depth, path):
        fact = self.vocabulary.fact(path, scope)
        position, absent = fact.position, fact.absent
        up = self.ascend(scope, fact.scope)

        def run(evaluation, instance):
            at = up(evaluation, instance)
            value = evaluation.columns[position][at]
            if value is not None:
                return value
            return absent if absent is not None else Missing(((position, at),))

        def here(evaluation, instance):
            value = evaluation.columns[position][instance]
            if value is not None:
                return value
            return absent if absent is not None else Missing(((position, instance),))

        return here if scope == fact.scope else run

    def _known(self, scope, depth, path):
        fact = self.vocabulary.fact(path, scope)
        position, up = fact.position, self.ascend(scope, fact.scope)
        return lambda evaluation, instance: evaluation.columns[position][up(evaluation, instance)] is not None

    def _clause(self, scope, depth, name):
        number = self.law.clause_number(name)
        self.reads.add(number)
        up = self.ascend(scope, self.law.clauses[number].scope)
        return lambda evaluation, instance: evaluation.clause(number, up(evaluation, instance))

    def _choice(self, scope, depth, name):
        number = self.law.choice_number(name)
        return lambda evaluation, instance: evaluation.choice(number)

    def _lookup(self, scope, depth, name, keys, date):
        parameter = self.law.parameter(name)
        if len(keys) != parameter.key_count:
            raise SealedError("%s takes %d keys" % (name, parameter.key_count))
        parts = [self.expression(item, scope, depth + 1) for item in keys + [date]]

        def run(evaluation, instance):
            values = [part(evaluation, instance) for part in parts]
            for value in values:
                if type(value) is Missing:
                    return join(values)
            return evaluation.lookup(parameter, tuple(values))

        return run

    def _in_bounds(self, scope, depth, value, name):
        parameter = self.law.parameter(name)
        if not parameter.bounds:
            raise SealedError("%s has no bounds" % name)
        bounds = [(read_constant(low), read_constant(high)) for low, high in parameter.bounds]
        within = STRICT["within"][0]
        # All bounds are tested, so that a wrong kind is found whichever fails first.
        return strict(
            lambda x: all([within(x, low, high) for low, high in bounds]), [self.expression(value, scope, depth + 1)]
        )

    def ascend(self, scope, outer):
        """The closure that finds the enclosing instance of `outer`, an ancestor of `scope`."""
        if outer == scope:
            return lambda evaluation, instance: instance
        steps = self.vocabulary.ancestors(scope)
        if outer not in steps:
            raise SealedError("scope %s does not enclose scope %s" % (outer, scope))
        if outer == ROOT:
            return lambda evaluation, instance: 0
        steps = steps[: steps.index(outer)]
        if len(steps) == 1:
            return lambda evaluation, instance: evaluation.parents[scope][instance]

        def run(evaluation, instance):
            for step in steps:
                instance = evaluation.parents[step][instance]
            return instance

        return run


def constant(value):
    """The closure of a constant."""
    return lambda evaluation, instance: value


def strict(function, arguments):
    """All arguments from left to right; missing if any is missing, otherwise the function of them."""
    if len(arguments) == 1:
        (only,) = arguments

        def one(evaluation, instance):
            value = only(evaluation, instance)
            return value if type(value) is Missing else function(value)

        return one
    if len(arguments) == 2:
        left, right = arguments

        def two(evaluation, instance):
            a, b = left(evaluation, instance), right(evaluation, instance)
            if type(a) is Missing or type(b) is Missing:
                return join((a, b))
            return function(a, b)

        return two

    def many(evaluation, instance):
        values = [argument(evaluation, instance) for argument in arguments]
        for value in values:
            if type(value) is Missing:
                return join(values)
        return function(*values)

    return many


def kleene(operands, deciding):
    """`and` (deciding: false) and `or` (deciding: true): the table of section 5."""

    def run(evaluation, instance):
        missing = None
        for operand in operands:
            value = operand(evaluation, instance)
            if type(value) is bool:
                if value is deciding:
                    return value
            elif type(value) is Missing:
                missing = value if missing is None else join((missing, value))
            else:
                raise RuleError("E_TYPE")
        return not deciding if missing is None else missing

    return run
