"""The command line: what replays, what differs, and why it says so."""

import contextlib
import copy
import io
import json
import pathlib
import tempfile
import unittest

from doudi_replay import canonical, cli
from doudi_replay.compare import Laws
from doudi_replay.decide import Deciding

AREA = "340321"
STANDARD = ["lookup", "standard", [], ["fact", "decision.date"]]


def fact(path, scope, unit, **more):
    return dict(path=path, scope=scope, unit=unit, **more)


def document(area, policy, **members):
    return dict(semantics="doudi-rules/1", area=area, policy=policy, title=policy, **members)


def row(name, when, outcome, **parts):
    return dict(id=name, when=when, outcome=outcome, cite="law#1", **parts)


VOCABULARY = document("100000", "vocabulary", vocabulary={
    "scopes": [
        {"id": "household", "limit": 1},
        {"id": "member", "parent": "household", "limit": 64},
        {"id": "pay_month", "parent": "household", "limit": 12},
    ],
    "codes": [{"id": "kind", "codes": [["determine", "x"]]}],
    "facts": [
        fact("decision.date", "household", "date"),
        fact("decision.month", "household", "month"),
        fact("decision.kind", "household", "code:kind"),
        fact("decision.pay_from", "household", "month"),
        fact("case.area", "household", "area"),
        fact("member.income", "member", "fen"),
    ],
})
CALENDAR = document("100000", "calendar", calendar=[{"year": 2021, "sample": True}])
NATION = document(
    "100000",
    "nation",
    parameters=[{
        "id": "standard",
        "declaration": {"name": "x", "unit": "fen", "by": "decision_date"},
        "values": [{"id": "first", "value": ["lit", 65000, "fen"], "sample": True}],
    }],
    clauses=[{
        "id": "income", "name": "x", "scope": "household", "unit": "fen", "by": "decision_date",
        "expr": ["sum", "member", True, ["fact", "member.income"]],
    }],
    outcomes=[{
        "id": "main", "kinds": ["determine"], "scope": "household",
        "rows": [
            row("below", ["lt", ["clause", "income"], STANDARD], "DIBAO",
                amount=["sub", STANDARD, ["clause", "income"]], **{"from": ["next_month", ["fact", "decision.date"]]}),
            row("above", True, "REFUSED", reason="INCOME"),
        ],
    }],
)


def entry(sealed, index):
    return {"digest": canonical.digest(sealed), "published": {"index": index, "origin": "doudi.example/340321/1"}}


MANIFEST = {
    "area": AREA, "semantics": "doudi-rules/1", "documents": [entry(NATION, 3)],
    "calendar": entry(CALENDAR, 2), "vocabulary": entry(VOCABULARY, 1),
}
LAW = {"documents": [VOCABULARY, CALENDAR, NATION], "manifest": MANIFEST}


def facts(*incomes):
    members = [{"id": "p%d" % number} for number in range(len(incomes))]
    for member, income in zip(members, incomes):
        if income is not None:
            member["income"] = income
    decision = {"date": "2021-08-20", "month": "2021-08", "kind": "determine"}
    return {"decision": decision, "case": {"area": AREA}, "members": members}


def decided(document):
    laws = Laws()
    for sealed in LAW["documents"]:
        laws.add_document(sealed)
    return Deciding(laws.law(laws.add_manifest(MANIFEST)), document).run()


class CommandLine(unittest.TestCase):
    def run_on(self, *items, arguments=()):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "records.jsonl"
            path.write_text("\n".join(json.dumps(item) for item in items), encoding="utf-8")
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = cli.main([*arguments, str(path)])
        return code, out.getvalue(), err.getvalue()

    def test_a_household_just_below_the_standard_replays(self):
        household = facts(64_999, 0)
        determination = decided(household)
        self.assertEqual(determination["household"]["amount_fen"], 1)
        self.assertEqual(determination["entitlements"][0]["from"], "2021-09")
        self.assertEqual(determination["samples"], ["first"])
        code, out, err = self.run_on(LAW, {"facts": household, "determination": determination})
        self.assertEqual((code, out), (0, ""))
        self.assertIn("1 records replayed to the same bytes, 0 did not", err)

    def test_income_at_the_standard_is_not_below_it(self):
        self.assertEqual(decided(facts(65_000))["household"]["outcome"], "REFUSED")

    def test_a_missing_income_never_becomes_a_refusal(self):
        determination = decided(facts(65_000, None))
        self.assertEqual(determination["household"]["outcome"], "NEEDS_FACTS")
        self.assertEqual(determination["missing_facts"], [{"fact": "member.income", "at": "p1"}])

    def test_another_amount_is_the_engine_s_difference_with_its_place(self):
        household = facts(0)
        determination = decided(household)
        determination["household"]["amount_fen"] = 1
        code, out, _ = self.run_on(LAW, {"name": "case 1", "facts": household, "determination": determination})
        self.assertEqual(code, 1)
        self.assertEqual(out, "case 1: engine at household.amount_fen: recorded 1, replayed 65000\n")

    def test_another_document_of_law_is_the_policy_s_difference(self):
        household = facts(0)
        other = copy.deepcopy(LAW)
        other["documents"][2]["parameters"][0]["values"][0]["value"][1] = 70_000
        record = {"facts": household, "determination": decided(household)}
        code, out, _ = self.run_on(other, record, arguments=["--json"])
        self.assertEqual((code, json.loads(out)["cause"]), (1, "policy"))

    def test_facts_outside_the_vocabulary_are_the_facts_difference(self):
        household = facts(0)
        determination = decided(household)
        for spoil in ({"wealth": 1}, {"income": "much"}):
            spoiled = copy.deepcopy(household)
            spoiled["members"][0].update(spoil)
            code, out, _ = self.run_on(LAW, {"facts": spoiled, "determination": determination}, arguments=["--json"])
            self.assertEqual((code, json.loads(out)["cause"]), (1, "facts"))

    def test_what_cannot_be_read_is_no_verdict(self):
        code, _, err = self.run_on({"facts": 1})
        self.assertEqual(code, 2)
        self.assertIn("cannot read the records", err)

    def test_nothing_replayed_is_not_success(self):
        self.assertEqual(self.run_on(LAW)[0], 1)


if __name__ == "__main__":
    unittest.main()
