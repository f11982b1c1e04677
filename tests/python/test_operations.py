"""The listener of operations: probes that tell the truth, metrics that count what happened, and a real Prometheus."""

import signal
import unittest

import calls
import grpc
import households as h
import operations
from scraper import Prometheus
from server import CALL_SECONDS_MAX, Place
from stubs import pb
from test_trace import METHOD, context
from waiting import wait

CALLS = 'rpc_server_call_duration_seconds_count'


class Watched:
    kind = None

    def setUp(self):
        self.place = Place(self.kind)
        self.addCleanup(self.place.remove)
        self.server = self.place.start(arguments=operations.FLAGS)

    def work(self):
        """Some decisions, one refused call, one denied call."""
        client = self.server.client
        calls.publish(client)
        for income_fen in (90000, 91000, 210000):
            client.determination.Determine(h.determine(h.three(income_fen)), timeout=CALL_SECONDS_MAX)
        again = h.determine(h.three(90000))
        client.determination.Determine(again, timeout=CALL_SECONDS_MAX)
        client.determination.Determine(again, timeout=CALL_SECONDS_MAX)
        calls.refused(client.determination.Determine, pb.DetermineRequest())
        calls.refused(client.audit.OpenDocuments, pb.OpenDocumentsRequest(
            request_id=h.request_id(), area=h.AREA, indices=[0], include_identity=True,
            purpose=pb.OPENING_PURPOSE_AUDIT, reference="1"))

    def test_metrics_count_what_happened_and_promtool_finds_nothing_wrong(self):
        self.work()
        page = wait(lambda: (page := operations.metrics(self.server)) and "doudi_log_entries{" in page and page)
        self.assertEqual(operations.lint(page), "")
        by_status = operations.values(page, CALLS)
        label = f'rpc_system_name="grpc",rpc_method="{METHOD}",rpc_response_status_code='
        self.assertEqual(by_status[label + '"OK"'], 5)
        self.assertEqual(by_status[label + '"INVALID_ARGUMENT"'], 1)
        denied = operations.values(page, "doudi_calls_denied_total")
        self.assertEqual(denied, {'reason="scope"': 1, 'reason="role"': 0, 'reason="credentials"': 0})
        outcomes = operations.values(page, "doudi_determinations_total")
        self.assertEqual(sum(outcomes.values()), 4, "a retry is no determination")
        self.assertEqual(outcomes['kind="determine",outcome="DIBAO"'], 3)
        entries = len(calls.entries(self.server.client))
        logged = wait(lambda: operations.values(operations.metrics(self.server), "doudi_log_entries")
                      == {f'area="{h.AREA}"': entries})
        self.assertTrue(logged)
        page = operations.metrics(self.server)
        batches = operations.values(page, "doudi_sequencer_batch_items_sum")[""]
        self.assertGreaterEqual(batches, entries - 3, "all but the EPOCH and the key's entry came through it")
        self.assertEqual(operations.values(page, "doudi_sequencer_queue_items"), {"": 0})
        self.assertEqual(operations.values(page, "doudi_calls_in_flight"), {"": 0})
        self.assertEqual(operations.values(page, "doudi_ready"), {"": 1})
        self.assertEqual(operations.values(page, "doudi_log_read_only"), {f'area="{h.AREA}"': 0})
        self.assertLess(operations.values(page, "doudi_log_checkpoint_age_seconds")[f'area="{h.AREA}"'], 120)
        self.assertIn('doudi_build_info{version="', page)
        pools = operations.values(page, "doudi_store_connections")
        self.assertGreater(sum(pools.values()), 0)
        # Decisions of 2021: their reviews are long overdue today.
        overdue = wait(lambda: operations.values(
            operations.metrics(self.server), "doudi_cases_overdue").get(f'area="{h.AREA}",clock="review"'))
        self.assertGreaterEqual(overdue, 1)

    def test_probes_say_when_the_server_is_ready_and_when_it_drains(self):
        wait(lambda: operations.get(self.server, "/readyz")[0] == 200)
        self.assertEqual(operations.get(self.server, "/startupz"), (200, "ok\n"))
        self.assertEqual(operations.get(self.server, "/livez"), (200, "ok\n"))
        self.assertEqual(operations.get(self.server, "/nothing")[0], 404)
        self.server.process.send_signal(signal.SIGTERM)
        told = wait(lambda: (told := operations.get(self.server, "/readyz"))[0] == 503 and told, seconds=3)
        self.assertIn("draining", told[1])
        self.assertEqual(operations.get(self.server, "/livez")[0], 200, "it must not be killed while it drains")
        # Not ready comes first: calls are answered while balancers learn of it.
        answer = self.server.client.policy.ListPolicies
        with self.assertRaises(grpc.RpcError) as refused:
            answer(pb.ListPoliciesRequest(area=h.AREA), timeout=CALL_SECONDS_MAX)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.NOT_FOUND)
        self.assertEqual(self.server.process.wait(timeout=60), 0)

    def test_a_real_prometheus_reads_everything_with_exemplars(self):
        calls.publish(self.server.client)
        trace_id, _, metadata = context()
        self.server.client.determination.Determine(
            h.determine(h.three(90000)), timeout=CALL_SECONDS_MAX, metadata=metadata)
        prometheus = Prometheus(self.place.folder, [self.server.operations])
        self.addCleanup(prometheus.stop)
        prometheus.wait('up{job="doudi"} == 1')
        found = prometheus.wait(f'{CALLS}{{rpc_method="{METHOD}",rpc_response_status_code="OK"}}')
        self.assertEqual([value for _, value in found], [1])
        exemplars = wait(lambda: prometheus.exemplars("rpc_server_call_duration_seconds_bucket"))
        self.assertIn(trace_id, {exemplar["labels"]["trace_id"] for exemplar in exemplars})


class OnSqlite(Watched, unittest.TestCase):
    kind = "sqlite"


class OnPostgres(Watched, unittest.TestCase):
    kind = "postgres"


if __name__ == "__main__":
    unittest.main()
