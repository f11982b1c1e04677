"""Makes samples.json, the vectors of ../FORMAT.md section 18, without any of Doudi's code.

The vectors are fixed: running this again must change nothing (`git diff --exit-code` says so).
"""

import hashlib
import json
import math
import pathlib

HERE = pathlib.Path(__file__).parent
HOURS_72 = 72 * 60 * 60


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def seed_of(root, start, end, k, values):
    numbers = b"".join(number.to_bytes(8, "big") for number in (start, end, k))
    return sha(b"doudi/sample/v1", root, numbers, *values)


class Stream:
    def __init__(self, seed, label):
        self.key = sha(b"doudi/sample/stream/v1\0", seed, label.encode())
        self.counter = 0
        self.words = []

    def word(self):
        if not self.words:
            block = sha(self.key, self.counter.to_bytes(8, "big"))
            self.counter += 1
            self.words = [int.from_bytes(block[at : at + 8], "big") for at in range(0, 32, 8)]
        return self.words.pop(0)

    def below(self, bound):
        limit = 2**64 // bound * bound
        while True:
            word = self.word()
            if word < limit:
                return word % bound


def positions(request, stream):
    """Every index of the range in random order: a plain Fisher-Yates over the whole list."""
    order = list(range(request["from"], request["to"]))
    for at in range(len(order)):
        other = at + stream.below(len(order) - at)
        order[at], order[other] = order[other], order[at]
        yield order[at]


def deviation(prior):
    k, n = prior["errors"], prior["reviewed"]
    return math.isqrt(k * (n - k) * 10**18 // n**2)


def allocate(weights, sizes, size, floor):
    weights = list(weights)
    floors = [min(own, floor) for own in sizes]
    fixed = {}
    while True:
        open_ = [at for at in range(len(sizes)) if at not in fixed]
        left = size - sum(fixed.values())
        total = sum(weights[at] for at in open_)
        if total == 0 and any(sizes[at] for at in open_):
            for at in open_:
                weights[at] = sizes[at]
            continue
        below = [at for at in open_ if left * weights[at] < floors[at] * total]
        above = [at for at in open_ if left * weights[at] > sizes[at] * total]
        if not below and not above:
            break
        short = sum(floors[at] * total - left * weights[at] for at in below)
        excess = sum(left * weights[at] - sizes[at] * total for at in above)
        if short >= excess:
            fixed.update({at: floors[at] for at in below})
        else:
            fixed.update({at: sizes[at] for at in above})
    found = [fixed.get(at, 0) for at in range(len(sizes))]
    for at in open_:
        found[at] = left * weights[at] // total if total else 0
    given = sum(found[at] for at in open_)
    by_remainder = sorted(open_, key=lambda at: (-(left * weights[at] % total if total else 0), at))
    for at in by_remainder[: left - given]:
        found[at] += 1
    return found


def belongs(frame, population):
    if population == "paid":
        return frame["programme"] != ""
    if population == "negative":
        return frame["outcome"] in ("REFUSED", "STOP")
    return True


def stratum_key(request, frame):
    if frame is None:
        simple = request["population"] == "decisions" and request["draw"] == "simple"
        return "{}" if simple else None
    if not belongs(frame, request["population"]):
        return None
    return canonical({field: frame[field] for field in request["strata"]})


def cross_checks(seed, townships):
    ring = sorted(townships)
    stream = Stream(seed, "townships")
    for last in range(len(ring) - 1, 0, -1):
        other = stream.below(last + 1)
        ring[last], ring[other] = ring[other], ring[last]
    pairs = zip(ring, ring[1:] + ring[:1])
    return sorted(({"reviewer": a, "reviewed": b} for a, b in pairs), key=lambda check: check["reviewer"])


def draw(request, seed, frames):
    strata = {}
    for index, frame in sorted(frames.items()):
        key = stratum_key(request, frame)
        if request["from"] <= index < request["to"] and key is not None:
            strata.setdefault(key, []).append(index)
    keys = sorted(strata)
    found = []
    if request["draw"] == "size_proportional":
        members = strata.get("{}", [])
        amounts = {index: max(frames[index]["amount_fen"], 0) for index in members}
        bound = 1
        while bound < max(amounts.values()):
            bound *= 2
        stream = Stream(seed, "stratum {}")
        units = []
        while len(units) < request["size"] + request["reserve"]:
            index = request["from"] + stream.below(request["to"] - request["from"])
            if index in amounts and stream.below(bound) < amounts[index]:
                units.append(index)
        found.append(
            {
                "key": "{}",
                "population": len(members),
                "size_fen": sum(amounts.values()),
                "units": units[: request["size"]],
                "reserve": units[request["size"] :],
            }
        )
    else:
        sizes = [len(strata[key]) for key in keys]
        weights = sizes
        if request["allocation"] == "neyman":
            prior = {item["key"]: item for item in request["prior"]}
            weights = [size * deviation(prior[key]) for size, key in zip(sizes, keys)]
        for key, size in zip(keys, allocate(weights, sizes, request["size"], request["floor"])):
            members = set(strata[key])
            order = [index for index in positions(request, Stream(seed, f"stratum {key}")) if index in members]
            found.append(
                {
                    "key": key,
                    "population": len(members),
                    "units": order[:size],
                    "reserve": order[size : size + request["reserve"]],
                }
            )
    unopened = [index for index, frame in sorted(frames.items()) if frame is None]
    return {
        "v": 1,
        "strata": found,
        "unopened": [index for index in unopened if request["from"] <= index < request["to"]],
        "cross_checks": cross_checks(seed, request["townships"]) if request["townships"] else [],
    }


ROOT = sha(b"root")
VALUES = [bytes([number] * 32) for number in (1, 2, 3)]


def request(**given):
    return {
        "v": 1,
        "method": "commit-reveal/1",
        "period": "2026-Q3",
        "party": "audit-firm",
        "checkpoint": {"root": ROOT.hex(), "size": 200},
        "from": 10,
        "to": 200,
        "population": "decisions",
        "draw": "simple",
        "strata": [],
        "allocation": "proportional",
        "floor": 0,
        "size": 12,
        "reserve": 3,
        "prior": [],
        "values": 2,
        "townships": [],
    } | given


def frame(number):
    outcome = ["DIBAO", "DIBAO", "TEKUN", "REFUSED", "STOP"][number % 5]
    pays = outcome in ("DIBAO", "TEKUN")
    return {
        "township": f"34032110{1 + number % 3}",
        "programme": outcome if pays else "",
        "outcome": outcome,
        "residence_kind": "rural" if number % 4 else "urban",
        "continuing": number % 2 == 0,
        "source": "live",
        "decider": f"n{number % 7}",
        "amount_fen": 10_000 + number * number * 37 % 90_000 if pays else 0,
        "household_size": 1 + number % 6,
    }


def frames():
    """Decisions at most indices of a log of 210; entries of other kinds between them, two without a frame."""
    found = {index: frame(index) for index in range(210) if index % 9 != 4}
    found[60] = found[121] = None
    return found


def draws():
    townships = [f"34032110{number}" for number in range(1, 8)]
    strata = ["programme", "township"]
    prior = [
        {"key": canonical({"programme": programme, "township": f"34032110{town}"}), "errors": town, "reviewed": 40}
        for programme in ("", "DIBAO", "TEKUN")
        for town in (1, 2, 3)
    ]
    requests = [
        request(),
        request(townships=townships),
        request(population="negative", size=20),
        request(population="paid", draw="size_proportional", size=25, reserve=5),
        request(draw="stratified", strata=strata, size=40, reserve=2),
        request(draw="stratified", strata=strata, size=60, floor=4, allocation="neyman", prior=prior),
        request(**{"from": 0}, to=30, size=25, reserve=25),
    ]
    rows = []
    for number, asked in enumerate(requests):
        values = VALUES[: 2 + number % 2]
        seed = seed_of(ROOT, asked["from"], asked["to"], asked["size"], values)
        rows.append({"request": asked, "seed": seed.hex(), "selection": draw(asked, seed, frames())})
    listed = [[index, found] for index, found in sorted(frames().items()) if found is not None]
    absent = [index for index, found in sorted(frames().items()) if found is None]
    return {"frames": listed, "unopened": absent, "draws": rows}


def seeds():
    rows = []
    for start, end, k, values in [(0, 1, 1, VALUES[:2]), (10, 200, 12, VALUES), (2**40, 2**41, 2**33, VALUES[1:])]:
        rows.append(
            {
                "root": ROOT.hex(),
                "from": start,
                "to": end,
                "k": k,
                "values": [value.hex() for value in values],
                "commitments": [sha(value).hex() for value in values],
                "seed": seed_of(ROOT, start, end, k, values).hex(),
            }
        )
    return rows


def streams():
    seed = sha(b"seed")
    bounds = [1, 2, 10, 1000, 3 * 2**62, 2**63, 2**64 - 1]
    rows = []
    for label in ["stratum {}", "townships", 'stratum {"township":"340321101"}']:
        stream = Stream(seed, label)
        words = [str(stream.word()) for _ in range(9)]
        stream = Stream(seed, label)
        below = [[str(bound), str(stream.below(bound))] for bound in bounds for _ in range(5)]
        rows.append({"seed": seed.hex(), "label": label, "words": words, "below": below})
    return rows


def allocations():
    worked = [(600, 3, 60), (4800, 12, 240), (900, 1, 90), (300, 6, 60)]
    rows = []

    def row(why, rule, strata, size, floor):
        sizes = [stratum[0] for stratum in strata]
        priors = [{"errors": stratum[1], "reviewed": stratum[2]} for stratum in strata]
        weights = sizes
        if rule == "neyman":
            weights = [own * deviation(prior) for own, prior in zip(sizes, priors)]
        rows.append(
            {
                "why": why,
                "rule": rule,
                "sizes": sizes,
                "prior": priors,
                "size": size,
                "floor": floor,
                "allocated": allocate(weights, sizes, size, floor),
            }
        )

    row("the worked figures, in proportion", "proportional", worked, 450, 0)
    row("the worked figures, Neyman with a floor of 30", "neyman", worked, 450, 30)
    row("a stratum smaller than its share", "neyman", [(5, 1, 2), (1000, 1, 100), (1000, 2, 100)], 300, 10)
    row("a stratum without deviation", "neyman", [(100, 0, 50), (100, 5, 50)], 150, 20)
    row("more than the strata with deviation have", "neyman", [(100, 0, 50), (10, 5, 50)], 60, 0)
    row("everything", "proportional", worked, 6600, 30)
    row("equal remainders", "proportional", [(10, 0, 1)] * 4, 6, 0)
    return rows


def rounds():
    """Entries of a round as (index, logged, kind, document), and what follows from them."""
    start = 1_790_000_000

    def document(**members):
        return {"v": 1, "method": "commit-reveal/1", "period": "2026-Q3"} | members

    def commit(index, party, role, value, **members):
        body = document(party=party, role=role, commitment=sha(value).hex(), **members)
        return [index, start + index, "SAMPLE_COMMIT", body]

    def reveal(index, after, party, **members):
        return [index, start + after, "SAMPLE_REVEAL", document(party=party, **members)]

    parties = [
        commit(3, "audit-firm", "auditor", VALUES[0]),
        commit(5, "operator", "operator", VALUES[1]),
        commit(7, "province", "third", VALUES[2]),
    ]
    asked = [201, start + 300, "SAMPLE_REQUEST", request()]
    first, second, third = [{"value": value.hex()} for value in VALUES]
    last = 300 + HOURS_72
    seeds = {
        "both": seed_of(ROOT, 10, 200, 12, VALUES[:2]).hex(),
        "substitute": seed_of(ROOT, 10, 200, 12, [VALUES[0], VALUES[2]]).hex(),
    }
    auditor = reveal(203, 400, "audit-firm", **first)
    rows = [
        ("all reveal at the last second", [auditor, reveal(204, last, "operator", **second)], "ready", seeds["both"]),
        ("one second late", [auditor, reveal(204, last + 1, "operator", **second)], "revealing", None),
        (
            "order of reveals does not matter",
            [reveal(203, 400, "operator", **second), reveal(204, 401, "audit-firm", **first)],
            "ready",
            seeds["both"],
        ),
        (
            "a refusal calls on the substitute",
            [
                auditor,
                reveal(204, 500, "operator", missing="refused", by="operator"),
                reveal(205, 500 + HOURS_72, "province", **third),
            ],
            "ready",
            seeds["substitute"],
        ),
        (
            "silence calls on the substitute, whose 72 hours begin then",
            [
                auditor,
                reveal(204, last + 1, "operator", missing="silent", by="audit-firm"),
                reveal(205, last + 2 + HOURS_72, "province", **third),
            ],
            "revealing",
            None,
        ),
        ("silence before its time", [auditor, reveal(204, last, "operator", missing="silent", by="audit-firm")], "revealing", None),
        ("a refusal by another", [auditor, reveal(204, 500, "operator", missing="refused", by="audit-firm")], "revealing", None),
        (
            "nobody left",
            [
                reveal(203, 400, "audit-firm", missing="refused", by="audit-firm"),
                reveal(204, 500, "operator", missing="refused", by="operator"),
            ],
            "void",
            None,
        ),
        ("another value", [auditor, reveal(204, 500, "operator", **third)], "revealing", None),
        ("a substitute that is not called on", [auditor, reveal(204, 500, "province", **third)], "revealing", None),
    ]
    # Rounds from their first entry: who has to be called on, and who cannot be replaced.
    auditor, operator, province = parties
    first_two = [commit(1, "operator", "operator", VALUES[1]), commit(2, "province", "third", VALUES[2])]
    late = first_two + [auditor]
    two_auditors = [auditor, commit(4, "second-firm", "auditor", bytes([4] * 32)), operator]
    three = [201, start + 300, "SAMPLE_REQUEST", request(values=3)]
    refused = reveal(203, 400, "audit-firm", missing="refused", by="audit-firm")
    whole = [
        ("the asking party's value would not be in the seed", late + [asked], "registering", None),
        ("asked for one value more, it is", late + [three], "revealing", None),
        ("two auditors would make the seed alone", two_auditors + [asked], "registering", None),
        ("with one value more they do not", two_auditors + [three], "revealing", None),
        ("nobody stands in for the asking party", parties + [asked, refused], "void", None),
        (
            "an auditor does not stand in for the only other side",
            [auditor, operator, commit(6, "second-firm", "auditor", bytes([4] * 32)), asked]
            + [reveal(203, 400, "operator", missing="refused", by="operator")],
            "void",
            None,
        ),
        (
            "a third party called on, and the operator in its place",
            [auditor, commit(4, "province", "third", VALUES[2]), operator, asked]
            + [reveal(203, 400, "province", missing="refused", by="province")]
            + [reveal(204, 401, "audit-firm", **first), reveal(205, 402, "operator", **second)],
            "ready",
            seeds["both"],
        ),
    ]
    judged = [{"why": why, "entries": entries, "stage": stage, "seed": seed or ""} for why, entries, stage, seed in whole]
    return {
        "before": parties + [asked],
        "whole": judged,
        "rounds": [{"why": why, "entries": entries, "stage": stage, "seed": seed or ""} for why, entries, stage, seed in rows],
    }


VECTORS = {
    "seeds": seeds(),
    "streams": streams(),
    "allocations": allocations(),
    "rounds": rounds(),
} | draws()
(HERE / "samples.json").write_text(json.dumps(VECTORS, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
