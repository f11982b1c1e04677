"""A facts document as columns: one list a fact, one value an instance (SEMANTICS.md section 3)."""

from .values import MONTH_LAST, Month, SealedError
from .vocabulary import PAY_MONTH, ROOT, list_key

JOBS_AND_INCOMES_MAX = 256
RECEIPTS_MAX = 2048
BESIDE_THE_FACTS = frozenset(["id", "key", "source"])


class FactsError(SealedError):
    """A facts document that the vocabulary does not allow."""


class Household:
    """The recorded facts of one household."""

    def __init__(self, vocabulary, document):
        self.vocabulary = vocabulary
        self.columns = [[] for _ in vocabulary.facts]
        self.parents = {scope: [] for scope in vocabulary.parent}
        self.ids = {scope: [] for scope in vocabulary.parent}
        self.spans = {}
        if type(document) is not dict:
            raise FactsError("a facts document is an object")
        self._root(document)
        self._limits()

    def _root(self, document):
        vocabulary = self.vocabulary
        self.parents[ROOT].append(0)
        self.ids[ROOT].append(None)
        known = {}
        for fact in vocabulary.of_scope[ROOT]:
            known.setdefault(fact.prefix, set()).add(fact.field)
            group = document.get(fact.prefix, {})
            if type(group) is not dict:
                raise FactsError("%s is an object" % fact.prefix)
            self.columns[fact.position].append(self._value(fact, group))
        for prefix, fields in known.items():
            for key in document.get(prefix, {}):
                if key not in fields:
                    raise FactsError("%s.%s is no fact of the vocabulary" % (prefix, key))
        self._lists(ROOT, document, 0)

    def _lists(self, scope, record, instance):
        for child in self.vocabulary.children.get(scope, ()):
            key = list_key(child)
            if child == PAY_MONTH or key not in record:
                continue
            if type(record[key]) is not list:
                raise FactsError("%s is a list" % key)
            for item in record[key]:
                self._record(child, item, instance)

    def _record(self, scope, record, parent):
        if type(record) is not dict:
            raise FactsError("a record of %s is an object" % scope)
        known = set(BESIDE_THE_FACTS) | {list_key(child) for child in self.vocabulary.children.get(scope, ())}
        instance = len(self.parents[scope])
        self.parents[scope].append(parent)
        name = record.get("id")
        if name is not None and type(name) is not str:
            raise FactsError("an id is a string")
        self.ids[scope].append(name)
        for fact in self.vocabulary.of_scope[scope]:
            known.add(fact.field)
            self.columns[fact.position].append(self._value(fact, record))
        for key in record:
            if key not in known:
                raise FactsError("%s is no fact of scope %s" % (key, scope))
        self._lists(scope, record, instance)

    @staticmethod
    def _value(fact, record):
        if fact.field not in record:
            return None
        try:
            return fact.read(record[fact.field])
        except SealedError as wrong:
            raise FactsError("%s: %s" % (fact.path, wrong)) from None

    def _limits(self):
        count = self.count
        for scope, limit in self.vocabulary.limit.items():
            if count(scope) > limit:
                raise FactsError("more than %d records of %s" % (limit, scope))
        if count("job") + count("income") > JOBS_AND_INCOMES_MAX:
            raise FactsError("more than %d jobs and incomes" % JOBS_AND_INCOMES_MAX)
        if count("job_receipt") + count("income_receipt") > RECEIPTS_MAX:
            raise FactsError("more than %d receipts" % RECEIPTS_MAX)

    def count(self, scope):
        """How many instances a scope has."""
        return len(self.parents.get(scope, ()))

    def span(self, scope, outer, instance):
        """The instances of `scope` that lie under an instance of its ancestor `outer`; they are neighbours."""
        if outer == ROOT:
            return range(self.count(scope))
        spans = self.spans.get((scope, outer))
        if spans is None:
            spans = self.spans[scope, outer] = self._spans(scope, outer)
        return spans[instance]

    def _spans(self, scope, outer):
        first, last = [0] * self.count(outer), [0] * self.count(outer)
        for instance in range(self.count(scope)):
            above = self.enclosing(scope, instance, outer)
            if last[above] == 0:
                first[above] = instance
            last[above] = instance + 1
        return [range(start, end) for start, end in zip(first, last)]

    def enclosing(self, scope, instance, outer):
        """The instance of an ancestor scope that encloses an instance."""
        while scope != outer:
            instance = self.parents[scope][instance]
            scope = self.vocabulary.parent[scope]
        return instance

    def add_months(self, first, count):
        """Appends a calendar to the instances of `pay_month`; None beyond the scope's limit or the last month."""
        before = self.count(PAY_MONTH)
        if before + count > self.vocabulary.limit[PAY_MONTH] or first + max(count, 1) - 1 > MONTH_LAST:
            return None
        for index in range(count):
            self.parents[PAY_MONTH].append(0)
            self.ids[PAY_MONTH].append(None)
            for fact in self.vocabulary.of_scope[PAY_MONTH]:
                value = {"month": Month(first + index), "index": index + 1}.get(fact.field)
                self.columns[fact.position].append(value)
        return range(before, before + count)

    def place(self, scope, instance):
        """The ids of the records that enclose a fact, `<member id>/<job id>`; None for the household."""
        names = []
        while scope != ROOT:
            if instance >= self.count(scope):
                # A record that is not there (`first` over none): the place is that of its parent.
                instance -= self.count(scope)
                scope = self.vocabulary.parent[scope]
                continue
            name = self.ids[scope][instance]
            if name is None:
                before = self.parents[scope].index(self.parents[scope][instance])
                name = str(instance - before)
            names.append(name)
            instance = self.parents[scope][instance]
            scope = self.vocabulary.parent[scope]
        return "/".join(reversed(names)) if names else None
