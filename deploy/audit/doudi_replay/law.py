"""A law: the sealed documents of one area, resolved and compiled (SEMANTICS.md sections 7, 8, 9)."""

import datetime

from .civil import WorkingDays
from .expressions import Compiler
from .rows import SELECTED_BY, Carry, Guard, InForce, OutcomeList, Schedule, versions
from .values import Area, Missing, RuleError, SealedError, chain, read_area, read_constant, read_date
from .vocabulary import ROOT, Vocabulary

SEMANTICS = "doudi-rules/1"
NODES_MAX = 10_000
CLAUSES_MAX = 1_000


class Row:
    """One dated value of a parameter."""

    __slots__ = ("number", "id", "area", "keys", "in_force", "value", "sealed", "cite", "sample")

    def __init__(self, number, declared, area):
        self.number = number
        self.id = declared["id"]
        self.area = read_area(declared.get("area", area))
        self.keys = [None if key == "*" else read_constant(key) for key in declared.get("keys", ())]
        self.in_force = InForce(declared)
        self.sealed = declared["value"]
        self.value = read_constant(self.sealed)
        self.cite = declared.get("cite")
        self.sample = declared.get("sample", False)


class Parameter:
    """A parameter with its rows over the whole law."""

    def __init__(self, number, name):
        self.number = number
        self.id = name
        self.declaration = None
        self.rows = []
        self.bounds = []
        self.known = {}

    def declare(self, declaration):
        """Takes the one declaration."""
        if self.declaration is not None:
            raise SealedError("parameter %s is declared twice" % self.id)
        self.declaration = declaration
        keys = declaration.get("keys", ())
        self.key_count = len(keys)
        self.by_area = bool(keys) and keys[0] == "area"
        self.sealed_otherwise = declaration.get("otherwise")
        self.otherwise = read_constant(self.sealed_otherwise) if "otherwise" in declaration else None

    def look_up(self, values, law_area):
        """(row number, value) or Missing, for the values of the keys and then the date."""
        if values not in self.known:
            self.known[values] = self._look_up(values[:-1], values[-1], law_area)
        return self.known[values]

    def _look_up(self, keys, day, law_area):
        asked = keys[0] if self.by_area else law_area
        if type(asked) is not Area or type(day) is not datetime.date:
            raise RuleError("E_TYPE")
        others = keys[1:] if self.by_area else keys
        areas = chain(asked)
        live = [row for row in self.rows if row.area in areas and row.in_force.holds(day)]
        for area in areas:
            found = [row for row in live if row.area == area and _equal_keys(row.keys, others)]
            if found:
                best = max(found, key=lambda row: (row.in_force.first or datetime.date.min, row.number))
                return best.number, best.value
        if live and self.otherwise is not None:
            return 0, self.otherwise
        return Missing(rules=((1, self.id, int(asked), day),))


def _equal_keys(wanted, asked):
    return len(wanted) == len(asked) and all(
        key is None or (type(key) is type(value) and key == value) for key, value in zip(wanted, asked)
    )


class Clause:
    """All versions of one clause."""

    def __init__(self, number, declared):
        self.number = number
        self.id = declared[0]["id"]
        self.scope = declared[0]["scope"]
        self.declared = declared
        self.versions = []

    def compile(self, compiler):
        """Compiles every version: (in force, selected by, expression, lapse)."""
        for declared in self.declared:
            if declared["scope"] != self.scope:
                raise SealedError("the versions of clause %s have different scopes" % self.id)
            lapse = declared.get("on_lapse")
            self.versions.append(
                (
                    InForce(declared),
                    declared["by"],
                    compiler.expression(declared["expr"], self.scope),
                    (compiler.expression(lapse["when"], self.scope), read_constant(lapse["otherwise"]))
                    if lapse
                    else None,
                )
            )


class Law:
    """The documents of one area, resolved."""

    def __init__(self, area, layers, calendar, vocabulary):
        self.area = read_area(area)
        for document in [*layers, calendar, vocabulary]:
            if document.get("semantics", SEMANTICS) != SEMANTICS:
                raise SealedError("a document of other semantics than %s" % SEMANTICS)
        self.vocabulary = Vocabulary(vocabulary.get("vocabulary", {}))
        above = chain(self.area)
        for document in layers:
            if document["area"] not in above:
                raise SealedError("a layer of area %s is none of area %s" % (document["area"], area))
        self.layers = sorted(
            layers, key=lambda document: (-above.index(document["area"]), document["policy"].encode("utf-8"))
        )
        self._parameters()
        self._choices()
        self._calendar([calendar, *self.layers])
        self.clauses = [Clause(number, rows) for number, rows in enumerate(self._by_id("clauses"))]
        self._clause_numbers = {clause.id: clause.number for clause in self.clauses}
        self._compile()

    def _all(self, key):
        return [item for document in self.layers for item in document.get(key, ())]

    def _by_id(self, key):
        found = {}
        for item in self._all(key):
            found.setdefault(item["id"], []).append(item)
        return list(found.values())

    def _parameters(self):
        self.parameters = {}
        for document in self.layers:
            for declared in document.get("parameters", ()):
                name = declared["id"]
                parameter = self.parameters.setdefault(name, Parameter(len(self.parameters), name))
                if "declaration" in declared:
                    parameter.declare(declared["declaration"])
                if "bounds" in declared:
                    parameter.bounds.append((declared["bounds"]["min"], declared["bounds"]["max"]))
                for value in declared.get("values", ()):
                    parameter.rows.append(Row(len(parameter.rows) + 1, value, document["area"]))
        for parameter in self.parameters.values():
            if parameter.declaration is None:
                raise SealedError("parameter %s is declared nowhere" % parameter.id)
            for row in parameter.rows:
                row.cite = row.cite or parameter.declaration.get("cite")

    def _choices(self):
        self.choices = []
        for settings in self._by_id("choices"):
            self.choices.append([(InForce(setting), setting) for setting in settings])
        self._choice_numbers = {settings[0][1]["id"]: number for number, settings in enumerate(self.choices)}

    def _calendar(self, documents):
        rows = [row for document in documents for row in document.get("calendar", ())]
        self.working_days = WorkingDays(
            (row["year"], map(read_date, row.get("off", ())), map(read_date, row.get("work", ()))) for row in rows
        )
        self.sample_years = {row["year"] for row in rows if row.get("sample", False)}

    def _compile(self):
        compiler = Compiler(self)
        reads = []
        for clause in self.clauses:
            compiler.reads = set()
            clause.compile(compiler)
            reads.append(compiler.reads)
        _refuse_cycles(self.clauses, reads)
        self.lists = []
        for document in self.layers:
            for declared in document.get("outcomes", ()):
                self._outcomes(declared)
        for outcomes in self.lists:
            outcomes.compile(compiler)
        self.guards = versions(self._by_id("guards"), Guard, compiler)
        self.schedules = versions(self._by_id("schedules"), Schedule, compiler)
        self.carries = [Carry(number, row, compiler) for number, row in enumerate(self._all("carries"))]
        if compiler.nodes > NODES_MAX or len(self.clauses) > CLAUSES_MAX:
            raise SealedError("the law has more than %d nodes or %d clauses" % (NODES_MAX, CLAUSES_MAX))

    def _outcomes(self, declared):
        for outcomes in self.lists:
            if outcomes.id == declared["id"]:
                outcomes.extend(declared, opens=False)
                return
        self.lists.append(OutcomeList(len(self.lists), declared))
        self.lists[-1].extend(declared, opens=True)

    def clause_number(self, name):
        """The number of a clause by its id."""
        return _declared(self._clause_numbers, name, "clause")

    def choice_number(self, name):
        """The number of a choice by its id."""
        return _declared(self._choice_numbers, name, "choice")

    def parameter(self, name):
        """A parameter by its id."""
        return _declared(self.parameters, name, "parameter")

    def household_position(self, path):
        """The position of a household fact that the procedure itself reads, or None if it is not declared."""
        fact = self.vocabulary.by_place.get((path, ROOT))
        return fact.position if fact else None

    def date_positions(self):
        """Selected-by word -> position of the fact whose date selects."""
        return {by: self.household_position(path) for by, path in SELECTED_BY.items()}


def _declared(known, name, what):
    if name not in known:
        raise SealedError("%s %s is used and not declared" % (what, name))
    return known[name]


def _refuse_cycles(clauses, reads):
    settled, open_now = set(), []

    def visit(number):
        if number in settled:
            return
        if number in open_now:
            raise SealedError("clause %s reads itself" % clauses[number].id)
        open_now.append(number)
        for read in sorted(reads[number]):
            visit(read)
        open_now.pop()
        settled.add(number)

    for clause in clauses:
        visit(clause.number)


def from_manifest(manifest, held):
    """The law of a manifest, from sealed documents by digest. Raises SealedError where one is not there."""

    def document(entry):
        if entry["digest"] not in held:
            raise SealedError("document %s of the manifest is not in the record" % entry["digest"])
        return held[entry["digest"]]

    if manifest["semantics"] != SEMANTICS:
        raise SealedError("the manifest names other semantics than %s" % SEMANTICS)
    layers = [document(entry) for entry in manifest["documents"]]
    law = Law(manifest["area"], layers, document(manifest["calendar"]), document(manifest["vocabulary"]))
    if law.layers != layers:
        raise SealedError("the documents of the manifest do not stand from nation to county")
    return law
