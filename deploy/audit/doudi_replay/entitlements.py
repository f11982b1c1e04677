"""The calendar of entitlements: what is held, what a new grant supersedes, what then differs (DECIDE.md 1, 4, 5)."""

from .facts import FactsError
from .values import SealedError, read_month

PROGRAMMES = frozenset(["DIBAO", "GRACE", "SINGLE_DIBAO", "TEKUN"])


class Entitlement:
    """One programme for some persons over a span of months, the same amount each month."""

    def __init__(self, programme, persons, first, last, amount, record=None):
        self.programme = programme
        self.persons = persons
        self.first = first
        self.last = last
        self.amount = amount
        self.record = record

    def covers(self, month):
        """Whether a month is paid under it."""
        return self.first <= month and self.reaches(month)

    def reaches(self, month):
        """Whether it holds in a month or later."""
        return self.last is None or month <= self.last

    def shares(self, persons):
        """Whether it covers any of these persons."""
        return any(person in persons for person in self.persons)

    def replaces(self, held):
        """Whether it takes the place of what is held: a household has one programme, whoever is counted."""
        of_household = "SINGLE_DIBAO" not in (self.programme, held.programme)
        return of_household or held.shares(self.persons)

    def ended_before(self, month):
        """What remains once everything from a month on is taken away, or None."""
        if not self.reaches(month):
            return self
        if self.first >= month:
            return None
        return Entitlement(self.programme, self.persons, self.first, type(month)(month - 1), self.amount, self.record)

    def to_json(self, standing):
        """As the determination lists it, with the records that it supersedes."""
        records = {
            held.record
            for held in standing
            if held.record is not None and held.reaches(self.first) and self.replaces(held)
        }
        out = {
            "programme": self.programme,
            "persons": self.persons,
            "from": str(self.first),
            "amount_fen": self.amount,
            "supersedes": sorted(records, key=lambda record: record.encode("utf-8")),
        }
        if self.last is not None:
            out["to"] = str(self.last)
        return out


def read_standing(items):
    """The entitlements in effect, as the facts document lists them."""
    if type(items) is not list:
        raise FactsError("standing is a list")
    try:
        return [_read(item) for item in items]
    except (KeyError, TypeError, SealedError) as wrong:
        raise FactsError("standing is not a list of entitlements") from wrong


def _read(item):
    if item["programme"] not in PROGRAMMES or type(item["amount_fen"]) is not int:
        raise FactsError("standing has an unknown programme or no amount")
    return Entitlement(
        item["programme"],
        list(item["persons"]),
        read_month(item["from"]),
        read_month(item["to"]) if "to" in item else None,
        item["amount_fen"],
        item.get("record"),
    )


def paid_in(calendar, month):
    """The sum of all entitlements that cover a month."""
    return sum(held.amount for held in calendar if held.covers(month))


def after(standing, granted, endings):
    """The calendar after. `endings` are (test of a held entitlement, first month without pay)."""
    calendar = []
    for held in standing:
        months = [new.first for new in granted if new.replaces(held)]
        months += [month for ends, month in endings if ends(held)]
        left = held.ended_before(min(months)) if months else held
        if left is not None:
            calendar.append(left)
    return calendar + granted


def difference(was, now, first, last):
    """The months in which two calendars pay different sums."""
    months = [type(first)(number) for number in range(first, last + 1)]
    sums = [(month, paid_in(was, month), paid_in(now, month)) for month in months]
    return [{"month": str(month), "was_fen": a, "now_fen": b} for month, a, b in sums if a != b]
