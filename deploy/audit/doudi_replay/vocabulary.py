"""The vocabulary: scopes and facts, as the vocabulary document declares them (SEMANTICS.md section 3)."""

from .values import SealedError, read_area, read_constant, read_date, read_fraction, read_month, read_whole

ROOT = "household"
PAY_MONTH = "pay_month"


def _number(value):
    if type(value) is list and len(value) == 3 and value[0] == "q":
        return read_fraction(value[1], value[2])
    return read_whole(value)


def _bool(value):
    if type(value) is not bool:
        raise SealedError("true or false belongs here")
    return value


def _one_of(codes):
    def read(value):
        if type(value) is not str or value not in codes:
            raise SealedError("a code of the fact's list belongs here")
        return value

    return read


READERS = {"bool": _bool, "date": read_date, "month": read_month, "area": read_area}
NUMBERS = frozenset(["fen", "fen_per_person", "ratio", "persons", "count", "months", "days", "years"])


def reader(unit, lists):
    """What reads a value of a type in a facts document; `lists` are the declared code lists."""
    if unit in READERS:
        return READERS[unit]
    if unit in NUMBERS:
        return _number
    name = unit[len("code:") :]
    if unit.startswith("code:") and name in lists:
        return _one_of(lists[name])
    raise SealedError("unknown type %s" % unit)


class Fact:
    """One fact of the vocabulary."""

    __slots__ = ("position", "path", "prefix", "field", "scope", "read", "absent")

    def __init__(self, position, declared, lists):
        self.position = position
        self.path = declared["path"]
        self.prefix, _, self.field = self.path.partition(".")
        self.scope = declared["scope"]
        self.read = reader(declared["unit"], lists)
        self.absent = read_constant(declared["absent"]) if "absent" in declared else None


class Vocabulary:
    """Scopes and facts."""

    def __init__(self, declared):
        self.parent = {}
        self.limit = {}
        self.children = {}
        for scope in declared.get("scopes", ()):
            name, parent = scope["id"], scope.get("parent")
            if (parent is None) != (name == ROOT) or parent is not None and parent not in self.parent:
                raise SealedError("scope %s stands before its parent" % name)
            self.parent[name] = parent
            self.limit[name] = scope["limit"]
            self.children.setdefault(parent, []).append(name)
        lists = {codes["id"]: frozenset(code for code, _ in codes["codes"]) for codes in declared.get("codes", ())}
        self.facts = [Fact(position, fact, lists) for position, fact in enumerate(declared.get("facts", ()))]
        self.by_place = {(fact.path, fact.scope): fact for fact in self.facts}
        self.of_scope = {scope: [fact for fact in self.facts if fact.scope == scope] for scope in self.parent}

    def ancestors(self, scope):
        """The scope, its parent, ... the household."""
        found = []
        while scope is not None:
            found.append(scope)
            scope = self.parent[scope]
        return found

    def fact(self, path, scope):
        """The fact of a path whose scope is nearest outwards from `scope`."""
        for outer in self.ancestors(scope):
            if (path, outer) in self.by_place:
                return self.by_place[path, outer]
        raise SealedError("no fact %s can be read in scope %s" % (path, scope))

    def first_fact(self, scope):
        """The first fact of a scope."""
        if not self.of_scope[scope]:
            raise SealedError("scope %s has no facts" % scope)
        return self.of_scope[scope][0]


def list_key(scope):
    """The key of the list that holds the records of a scope."""
    return "paid" if scope == "paid" else scope.rpartition("_")[2] + "s"
