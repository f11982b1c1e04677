"""The aggregates (SEMANTICS.md section 6): `[op, scope, filter, ...]` over the instances under an enclosing one."""

from .operators import add, greatest, least, lt
from .values import KIND, ORDERED, Missing, RuleError, SealedError, join


def _instances(compiler, scope, over):
    """The closure of the instances of `over` that belong to an instance of `scope`."""
    vocabulary = compiler.vocabulary
    outer = vocabulary.parent.get(over)
    if outer is None:
        raise SealedError("%s is no scope with instances to go over" % over)
    enclosing = vocabulary.ancestors(scope)
    while outer not in enclosing:
        outer = vocabulary.parent[outer]
    up = compiler.ascend(scope, outer)
    return lambda evaluation, instance: evaluation.household.span(over, outer, up(evaluation, instance))


def _passing(compiler, scope, depth, over, condition):
    """The closure of (instances that pass the filter one by one, or the missing set of the filter)."""
    instances = _instances(compiler, scope, over)
    if condition is True:
        compiler.expression(condition, over, depth + 1)
        return lambda evaluation, instance: ((at, None) for at in instances(evaluation, instance))
    test = compiler.expression(condition, over, depth + 1)

    def run(evaluation, instance):
        for at in instances(evaluation, instance):
            passes = test(evaluation, at)
            if passes is True:
                yield at, None
            elif type(passes) is Missing:
                yield at, passes
            elif passes is not False:
                raise RuleError("E_TYPE")

    return run


def _values(passing, value):
    """The closure of ([(value, instance)], [missing]) over the instances that pass; an error ends at once."""

    def run(evaluation, instance):
        values, missing = [], []
        for at, unknown in passing(evaluation, instance):
            found = unknown if unknown is not None else value(evaluation, at)
            if type(found) is Missing:
                missing.append(found)
            else:
                values.append((found, at))
        return values, missing

    return run


def _sum(compiler, scope, depth, over, condition, value):
    collect = _values(_passing(compiler, scope, depth, over, condition), compiler.expression(value, over, depth + 1))

    def run(evaluation, instance):
        values, missing = collect(evaluation, instance)
        if missing:
            return join(missing)
        return add(0, *[found for found, _ in values])

    return run


def _count(compiler, scope, depth, over, condition):
    collect = _values(_passing(compiler, scope, depth, over, condition), lambda evaluation, at: True)

    def run(evaluation, instance):
        values, missing = collect(evaluation, instance)
        return join(missing) if missing else len(values)

    return run


def _extreme(choose):
    def form(compiler, scope, depth, over, condition, value, default):
        passing = _passing(compiler, scope, depth, over, condition)
        collect = _values(passing, compiler.expression(value, over, depth + 1))
        otherwise = compiler.expression(default, scope, depth + 1)

        def run(evaluation, instance):
            values, missing = collect(evaluation, instance)
            if missing:
                return join(missing)
            if not values:
                return otherwise(evaluation, instance)
            return choose(*[found for found, _ in values])

        return run

    return form


def _first(compiler, scope, depth, over, condition, key, value, *default):
    if len(default) > 1:
        raise SealedError("first takes one default")
    vocabulary = compiler.vocabulary
    passing = _passing(compiler, scope, depth, over, condition)
    collect = _values(passing, compiler.expression(key, over, depth + 1))
    take = compiler.expression(value, over, depth + 1)
    otherwise = compiler.expression(default[0], scope, depth + 1) if default else None
    parent = vocabulary.parent[over]
    up = compiler.ascend(scope, parent) if parent in vocabulary.ancestors(scope) else None

    def run(evaluation, instance):
        keys, missing = collect(evaluation, instance)
        if missing:
            return join(missing)
        if keys:
            best = keys[0]
            if KIND[type(best[0])] not in ORDERED:
                raise RuleError("E_TYPE")
            for candidate in keys[1:]:
                if lt(candidate[0], best[0]):
                    best = candidate
            return take(evaluation, best[1])
        if otherwise is not None:
            return otherwise(evaluation, instance)
        # No such record: its first fact is missing, in a place beyond the recorded ones that tells the parent.
        position = vocabulary.first_fact(over).position
        above = up(evaluation, instance) if up else 0
        return Missing(((position, evaluation.household.count(over) + above),))

    return run


def _quantifier(deciding):
    """`any` is `or` over `and(f, v)`, `all` is `and` over `or(not f, v)`: both stop at the deciding value."""

    def form(compiler, scope, depth, over, condition, value):
        instances = _instances(compiler, scope, over)
        test = compiler.expression(condition, over, depth + 1)
        inner = compiler.expression(value, over, depth + 1)

        def run(evaluation, instance):
            remembered = []
            for at in instances(evaluation, instance):
                passes = test(evaluation, at)
                if passes is False:
                    continue
                if passes is not True and type(passes) is not Missing:
                    raise RuleError("E_TYPE")
                found = inner(evaluation, at)
                if found is deciding:
                    if passes is True:
                        return deciding
                    remembered.append(passes)
                elif type(found) is Missing:
                    remembered.append(found if passes is True else join((passes, found)))
                elif type(found) is not bool:
                    raise RuleError("E_TYPE")
                # Otherwise the instance does not decide, whatever the filter would have said.
            return join(remembered) if remembered else not deciding

        return run

    return form


FORMS = {
    "sum": _sum,
    "count": _count,
    "least": _extreme(least),
    "greatest": _extreme(greatest),
    "first": _first,
    "any": _quantifier(True),
    "all": _quantifier(False),
}
