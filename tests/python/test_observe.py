"""Dashboards and rules against the real thing: a Prometheus that scrapes a server under load has data for every query."""

import importlib.util
import json
import pathlib
import subprocess
import threading
import time
import unittest

import calls
import grpc
import households as h
import operations
from operations import tool
from scraper import RULES, Prometheus
from server import CALL_SECONDS_MAX, TOP, Place, run
from stubs import Client, pb

OBSERVE = TOP / "deploy" / "observe"
LOAD_SECONDS = 20
# What Grafana puts in the place of its own variables.
VARIABLES = {"$__rate_interval": "15s", "$area": ".*"}


def module(path):
    """A script of deploy/ as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def panels():
    """Every panel of every dashboard, with the name of its file."""
    for path in sorted((OBSERVE / "grafana").glob("*.json")):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            yield path.name, panel


def filled(expression):
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    return expression


class Written(unittest.TestCase):
    """What needs no server."""

    def promtool(self, *arguments):
        done = subprocess.run([tool("promtool"), *map(str, arguments)], capture_output=True, text=True, cwd=RULES)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_files_are_what_their_scripts_write(self):
        dashboards = module(OBSERVE / "dashboards.py")
        for name in dashboards.DASHBOARDS:
            kept = (OBSERVE / "grafana" / f"{name}.json").read_text(encoding="utf-8")
            self.assertEqual(kept, dashboards.write(name), f"run deploy/observe/dashboards.py: {name}")
        self.assertEqual((RULES / "rules.yaml").read_text(encoding="utf-8"), module(RULES / "rules.py").write(),
                         "run deploy/observe/prometheus/rules.py")

    def test_promtool_takes_the_rules_and_their_alerts_fire_as_written(self):
        self.promtool("check", "rules", "rules.yaml")
        self.promtool("test", "rules", "rules_test.yaml")

    def test_every_alert_is_explained_to_who_is_woken(self):
        guide = (OBSERVE / "README.md").read_text(encoding="utf-8")
        for rule in module(RULES / "rules.py").write().splitlines():
            if "- alert:" in rule:
                name = json.loads(rule.split("alert:")[1])
                self.assertIn(f"### {name}\n", guide)

    def test_every_metric_that_is_asked_for_is_one_that_is_told(self):
        table = (TOP / "deploy" / "operate" / "METRICS.md").read_text(encoding="utf-8")
        told = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
        asked = json.dumps([panel for _, panel in panels()]) + (RULES / "rules.yaml").read_text(encoding="utf-8")
        for name in told:
            asked = asked.replace(name, "")
        self.assertNotRegex(asked, r"\b(doudi|rpc_server)_[a-z_]+(_total|_seconds|_info|\{)", "no such metric")

    def test_dashboards_have_the_shape_that_grafana_loads(self):
        seen = set()
        for name, panel in panels():
            self.assertNotIn((name, panel["id"]), seen)
            seen.add((name, panel["id"]))
            self.assertLessEqual({"id", "title", "type", "gridPos", "datasource", "targets"}, panel.keys())
            self.assertEqual(len({target["refId"] for target in panel["targets"]}), len(panel["targets"]))
        self.assertEqual({name for name, _ in seen}, {"service.json", "decisions.json", "log.json", "trace.json"})

    def test_panels_of_a_trace_have_their_shape_and_say_that_no_test_runs_them(self):
        found = [panel for _, panel in panels() if panel["datasource"]["type"] == "tempo"]
        self.assertEqual(len(found), 3)
        for panel in found:
            self.assertIn("checked for its shape alone", panel["description"])
            for target in panel["targets"]:
                self.assertEqual((target["queryType"], target["datasource"]["type"]), ("traceql", "tempo"))
                query = target["query"]
                self.assertTrue(query == "$trace_id" or query.startswith("{") and query.endswith("}"), query)


class UnderLoad(unittest.TestCase):
    """A server with everything that can be measured, and one Prometheus for all queries."""

    @classmethod
    def setUpClass(cls):
        cls.place = Place("sqlite")
        cls.addClassCleanup(cls.place.remove)
        folder = cls.place.folder
        key = run("witness", "key", folder / "witness.key", "--name", "witness.example/w1").stdout.strip().splitlines()[-1]
        policy = folder / "witnesses.policy"
        # Nobody answers there: the witnesses lag.
        policy.write_text(f"witness w1 {key} http://127.0.0.1:9\nquorum w1\n")
        cls.server = cls.place.start(arguments=[
            *operations.FLAGS, "--witness-policy", policy, "--calls-per-second", "1", "--calls-dry-run", "true"])
        calls.publish(cls.server.client)
        cls.prometheus = Prometheus(folder, [cls.server.operations], [RULES / "rules.yaml"])
        cls.addClassCleanup(cls.prometheus.stop)
        cls.load()

    @classmethod
    def load(cls):
        """Decisions on four channels for a while, and a denied call now and then."""
        until = time.monotonic() + LOAD_SECONDS

        def work():
            client = Client(cls.server.connect())
            while time.monotonic() < until:
                try:
                    client.determination.Determine(h.determine(h.three(90000)), timeout=CALL_SECONDS_MAX)
                except grpc.RpcError as error:
                    # A busy machine may be told to come back later; that is load, too.
                    if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED):
                        raise
                calls.refused(client.audit.OpenDocuments, pb.OpenDocumentsRequest(
                    request_id=h.request_id(), area=h.AREA, indices=[0], include_identity=True,
                    purpose=pb.OPENING_PURPOSE_AUDIT, reference="1"))
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # Reviews and exits are what a panel of decisions asks for as well.
        answer = cls.server.client.determination.Determine(h.determine(h.three(90000)), timeout=CALL_SECONDS_MAX)
        cls.server.client.review.Review(pb.ReviewRequest(
            request_id=h.request_id(), case=answer.determination.case, cause=pb.CAUSE_REVIEW,
            input=h.decision(h.three(80000), h.day(2021, 9, 20), h.month(2021, 9))), timeout=CALL_SECONDS_MAX)
        cls.prometheus.wait("doudi_cases_overdue")

    def test_every_query_of_every_panel_has_data(self):
        asked = 0
        for name, panel in panels():
            for target in panel["targets"]:
                if target["datasource"]["type"] != "prometheus":
                    continue
                found = self.prometheus.query(filled(target["expr"]))
                self.assertTrue(found, f"{name}: {panel['title']}: {target['expr']}")
                self.assertTrue(any(value == value for _, value in found),
                                f"{name}: {panel['title']}: only NaN: {target['expr']}")
                asked += 1
        self.assertGreater(asked, 30)

    def test_every_recording_rule_has_data_and_no_rule_fails(self):
        groups = self.prometheus.api("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        self.assertEqual([rule["name"] for rule in rules if rule["health"] != "ok"], [])
        recorded = [rule["name"] for rule in rules if rule["type"] == "recording"]
        self.assertGreater(len(recorded), 20)
        for name in recorded:
            self.assertTrue(self.prometheus.query(name), name)

    def test_the_area_variable_finds_the_county(self):
        found = self.prometheus.query("doudi_log_entries")
        self.assertEqual({labels["area"] for labels, _ in found}, {h.AREA})


if __name__ == "__main__":
    unittest.main()
