"""The vectors of SEMANTICS.md section 14: written by hand from the document, run by every evaluator."""

import copy
import pathlib
import unittest

from doudi_replay import canonical, trace
from doudi_replay.evaluation import Evaluation
from doudi_replay.facts import Household
from doudi_replay.law import Law
from doudi_replay.values import Missing, RuleError, read_constant
from doudi_replay.vocabulary import ROOT

VECTORS = pathlib.Path(__file__).resolve().parents[3] / "tests" / "vectors" / "semantics"
LEAST = 60
AREA = "340321"
FACTS = {
    "decision": {"date": "2021-08-20", "month": "2021-08", "kind": "determine"},
    "case": {"area": AREA},
}


def law_of(vector, vocabulary):
    """The law of area 340321 with the layers of the vector and the clause `subject`."""
    subject = {"id": "subject", "scope": vector.get("scope", ROOT), "by": "decision_date", "expr": vector["expr"]}
    layers = vector.get("documents", []) + [{"area": AREA, "policy": "zz_subject", "clauses": [subject]}]
    calendar = {"area": "100000", "policy": "calendar", "calendar": vector.get("calendar", [])}
    return Law(AREA, layers, calendar, vocabulary)


def facts_of(vector):
    """The facts of the vector over the usual ones, key by key of the two upper levels."""
    facts = copy.deepcopy(FACTS)
    for key, value in vector.get("facts", {}).items():
        if isinstance(value, dict):
            facts.setdefault(key, {}).update(value)
        else:
            facts[key] = value
    return facts


def evaluated(vector, vocabulary):
    """The evaluation, and what `expect` must be."""
    law = law_of(vector, vocabulary)
    evaluation = Evaluation(law, Household(law.vocabulary, facts_of(vector)))
    try:
        value = evaluation.clause(law.clause_number("subject"), vector.get("instance", 0))
    except RuleError as error:
        value = error
    return evaluation, value


def shown(evaluation, value):
    """A missing value or an error, as `expect` has it."""
    if type(value) is RuleError:
        return {"error": value.code}
    facts = evaluation.law.vocabulary.facts
    found = {
        "facts": [[facts[position].path, instance] for position, instance in sorted(value.facts)],
        "rules": [
            [kind, name, str(area) if area else "", day.isoformat()]
            for kind, name, area, day in sorted(value.rules, key=trace.rule_order)
        ],
    }
    return {"missing": {key: items for key, items in found.items() if items}}


class Semantics(unittest.TestCase):
    def check(self, vector, vocabulary):
        evaluation, value = evaluated(vector, vocabulary)
        expect = vector["expect"]
        if "value" in expect:
            self.assertNotIsInstance(value, (Missing, RuleError), value)
            wanted = read_constant(expect["value"])
            self.assertEqual((type(value), value), (type(wanted), wanted))
        else:
            self.assertIsInstance(value, (Missing, RuleError))
            self.assertEqual(shown(evaluation, value), expect)
        if "trace" in vector:
            self.assertEqual(trace.to_bytes(evaluation), bytes.fromhex(vector["trace"]))

    def test_every_vector_gives_its_value_and_its_trace(self):
        vocabulary = canonical.parse((VECTORS / "vocabulary.json").read_bytes())
        count = 0
        for path in sorted(VECTORS.glob("*.json")):
            if path.name == "vocabulary.json":
                continue
            for vector in canonical.parse(path.read_bytes())["vectors"]:
                with self.subTest(file=path.name, vector=vector["name"]):
                    self.check(vector, vocabulary)
                count += 1
        self.assertGreaterEqual(count, LEAST)


if __name__ == "__main__":
    unittest.main()
