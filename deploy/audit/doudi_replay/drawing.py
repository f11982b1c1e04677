"""Draws a sample from its seed and the frames of its range (src/log/FORMAT.md section 18)."""

import hashlib
import math

from . import canonical

STRATA_MAX = 500
TRIES_MAX = 50_000_000
NEGATIVE = ("REFUSED", "STOP")


class NotDrawn(ValueError):
    """A request that no sample can be drawn for."""


def seed_of(root, request, values):
    """The seed that a root and the revealed values make, in the order of registration."""
    numbers = b"".join(request[name].to_bytes(8, "big") for name in ("from", "to", "size"))
    return hashlib.sha256(b"doudi/sample/v1" + root + numbers + b"".join(values)).digest()


class Stream:
    """The numbers of a seed under a label."""

    def __init__(self, seed, label):
        self._key = hashlib.sha256(b"doudi/sample/stream/v1\x00" + seed + label.encode("utf-8")).digest()
        self._counter = 0
        self._words = []

    def word(self):
        """The next 64 bits."""
        if not self._words:
            block = hashlib.sha256(self._key + self._counter.to_bytes(8, "big")).digest()
            self._counter += 1
            self._words = [int.from_bytes(block[at : at + 8], "big") for at in (24, 16, 8, 0)]
        return self._words.pop()

    def below(self, bound):
        """A number below a bound, none more likely than another."""
        end = (1 << 64) // bound * bound
        word = self.word()
        while word >= end:
            word = self.word()
        return word % bound


def _belongs(frame, population):
    if population == "paid":
        return frame["programme"] != ""
    return population == "decisions" or frame["outcome"] in NEGATIVE


def _stratum(request, frame):
    if frame is None:
        by_kind = request["population"] == "decisions" and request["draw"] == "simple"
        return "{}" if by_kind else None
    if not _belongs(frame, request["population"]):
        return None
    return canonical.to_bytes({field: frame[field] for field in request["strata"]}).decode("utf-8")


def _positions(request, stream):
    """The indices of the range in random order, of which only what was exchanged is kept."""
    first, count, moved = request["from"], request["to"] - request["from"], {}
    for at in range(count):
        other = at + stream.below(count - at)
        own = moved.pop(at, at)
        if other == at:
            yield first + own
        else:
            picked = moved.get(other, other)
            moved[other] = own
            yield first + picked


def _deviation(prior):
    errors, reviewed = prior["errors"], prior["reviewed"]
    return math.isqrt(errors * (reviewed - errors) * 10**18 // reviewed**2)


def allocate(weights, sizes, size, floor):
    """How many units each stratum gives."""
    size = min(size, sum(sizes))
    weights, fixed = list(weights), {}
    floors = [min(floor, own) for own in sizes]
    while True:
        free = [at for at in range(len(sizes)) if at not in fixed]
        left, total = size - sum(fixed.values()), sum(weights[at] for at in free)
        if total == 0 and any(sizes[at] for at in free):
            for at in free:
                weights[at] = sizes[at]
            continue
        low = [at for at in free if left * weights[at] < floors[at] * total]
        high = [at for at in free if left * weights[at] > sizes[at] * total]
        if not low and not high:
            break
        short = sum(floors[at] * total - left * weights[at] for at in low)
        over = sum(left * weights[at] - sizes[at] * total for at in high)
        fixed.update((at, floors[at]) for at in low) if short >= over else fixed.update((at, sizes[at]) for at in high)
    given = [fixed[at] if at in fixed else left * weights[at] // total if total else 0 for at in range(len(sizes))]
    rest = left - sum(given[at] for at in free)
    for at in sorted(free, key=lambda at: (-(left * weights[at] % total) if total else 0, at))[:rest]:
        given[at] += 1
    return given


def _by_size(request, seed, members, frames):
    amounts = {index: max(frames[index]["amount_fen"], 0) for index in members}
    largest = max(amounts.values(), default=0)
    if largest == 0:
        raise NotDrawn("no unit of the population has an amount")
    if sum(amounts.values()) >= 1 << 64:
        raise NotDrawn("the amounts together pass 2^64 fen")
    bound = 1 << (largest - 1).bit_length()
    stream, units = Stream(seed, "stratum {}"), []
    for _ in range(TRIES_MAX):
        if len(units) == request["size"] + request["reserve"]:
            break
        index = request["from"] + stream.below(request["to"] - request["from"])
        if index in amounts and stream.below(bound) < amounts[index]:
            units.append(index)
    else:
        raise NotDrawn("the amounts are too uneven to be drawn by")
    return {
        "key": "{}",
        "population": len(members),
        "size_fen": sum(amounts.values()),
        "units": units[: request["size"]],
        "reserve": units[request["size"] :],
    }


def _of_stratum(request, seed, key, members, size):
    members, found = set(members), []
    wanted = min(size + request["reserve"], len(members))
    positions = _positions(request, Stream(seed, "stratum " + key))
    while len(found) < wanted:
        index = next(positions)
        if index in members:
            found.append(index)
    return {"key": key, "population": len(members), "units": found[:size], "reserve": found[size:]}


def cross_checks(seed, townships):
    """Who reviews whom."""
    if not townships:
        return []
    ring, stream = sorted(townships), Stream(seed, "townships")
    for last in range(len(ring) - 1, 0, -1):
        other = stream.below(last + 1)
        ring[last], ring[other] = ring[other], ring[last]
    pairs = sorted(zip(ring, ring[1:] + ring[:1]))
    return [{"reviewer": reviewer, "reviewed": reviewed} for reviewer, reviewed in pairs]


def _allocated(request, keys, sizes):
    """How many units each stratum gives, by the request's allocation."""
    weights = sizes
    if request["allocation"] == "neyman":
        prior = {item["key"]: item for item in request["prior"]}
        if any(key not in prior for key in keys):
            raise NotDrawn("a stratum has no earlier findings")
        weights = [size * _deviation(prior[key]) for size, key in zip(sizes, keys)]
    return allocate(weights, sizes, request["size"], request["floor"])


def draw(request, seed, frames):
    """The document `selection`. `frames` has every decision of the range, None for one that cannot be opened."""
    in_range = {index: frame for index, frame in frames.items() if request["from"] <= index < request["to"]}
    strata = {}
    for index in sorted(in_range):
        key = _stratum(request, in_range[index])
        if key is not None:
            strata.setdefault(key, []).append(index)
    if len(strata) > STRATA_MAX:
        raise NotDrawn("more than %d strata" % STRATA_MAX)
    if request["draw"] == "size_proportional":
        drawn = [_by_size(request, seed, strata.get("{}", []), in_range)]
    else:
        keys = sorted(strata)
        given = _allocated(request, keys, [len(strata[key]) for key in keys])
        drawn = [_of_stratum(request, seed, key, strata[key], size) for key, size in zip(keys, given)]
    return {
        "v": 1,
        "strata": drawn,
        "unopened": [index for index in sorted(in_range) if in_range[index] is None],
        "cross_checks": cross_checks(seed, request["townships"]),
    }


def is_within(request, strata):
    """Whether a draw for a request can have made recorded strata, as far as sizes go."""
    return len(strata) <= STRATA_MAX and all(of["population"] <= request["to"] - request["from"] for of in strata)


def may_be_drawn(request, seed, frames, lost, recorded):
    """Whether recorded strata can be those that the seed drew when the frames of `lost` could still be opened.

    An erased frame may have been of any stratum, or of none; everything else is known.
    """
    if not lost or _stratum(request, None) is not None:
        return False
    known = {}
    for index, frame in frames.items():
        if frame is not None and request["from"] <= index < request["to"]:
            key = _stratum(request, frame)
            if key is not None:
                known.setdefault(key, set()).add(index)
    if request["draw"] == "size_proportional":
        return len(recorded) == 1 and _may_be_by_size(request, frames, known.get("{}", set()), lost, recorded[0])
    keys = [stratum["key"] for stratum in recorded]
    hidden, taken = 0, set()
    for stratum in recorded:
        members = known.pop(stratum["key"], set())
        of_lost = stratum["population"] - len(members)
        hidden += of_lost
        in_order = of_lost >= 0 and _in_order(request, seed, members, of_lost, lost, taken, stratum)
        if stratum["population"] < 1 or "size_fen" in stratum or not in_order:
            return False
    accounted = hidden == len(lost) if request["population"] == "decisions" else hidden <= len(lost)
    if known or not accounted or any(before >= after for before, after in zip(keys, keys[1:])):
        return False
    given = _allocated(request, keys, [stratum["population"] for stratum in recorded])
    for stratum, size in zip(recorded, given):
        both = min(size + request["reserve"], stratum["population"])
        units = min(size, both)
        if (len(stratum["units"]), len(stratum["reserve"])) != (units, both - units):
            return False
    return True


def _in_order(request, seed, members, of_lost, lost, taken, stratum):
    """Whether units stand in the order of the stratum's stream, none of its known members passed over."""
    positions, erased = _positions(request, Stream(seed, "stratum " + stratum["key"])), 0
    for unit in stratum["units"] + stratum["reserve"]:
        for index in positions:
            if index == unit:
                break
            if index in members:
                return False
        else:
            return False
        if unit not in members:
            erased += 1
            if unit not in lost or unit in taken:
                return False
            taken.add(unit)
    return erased <= of_lost


def _may_be_by_size(request, frames, members, lost, stratum):
    """What can be said of a draw by size: an amount that is not known any more moves every later number of its stream."""
    amounts = {index: max(frames[index]["amount_fen"], 0) for index in members}
    units = stratum["units"] + stratum["reserve"]
    of_lost = stratum["population"] - len(members)
    return (
        stratum["key"] == "{}"
        and 1 <= of_lost <= len(lost)
        and stratum.get("size_fen", -1) >= sum(amounts.values())
        and len(stratum["units"]) == request["size"]
        and len(stratum["reserve"]) == request["reserve"]
        and all(unit in lost or amounts.get(unit, 0) > 0 for unit in units)
        and len({unit for unit in units if unit not in members}) <= of_lost
    )
