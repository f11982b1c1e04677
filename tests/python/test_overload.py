"""More load than the server can carry: it refuses at once, says when to come back, and keeps what it acknowledged."""

import pathlib
import threading
import time
import unittest

import calls
import grpc
import households as h
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from server import CALL_SECONDS_MAX, LONG, Place
from stubs import Client, pb

SECONDS = 60 if LONG else 6
# Places of the server, and ten times as many calls in flight.
PLACE_COUNT = 64
CHANNEL_COUNT = 4
WAITING_PER_CHANNEL_COUNT = 160
# What a debug build may grow by between a warm server under load and the end of the load.
GROWTH_MAX_MIB = 64


def resident_mib(pid):
    """Resident memory of a process."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


class Flood:
    """Keeps a number of Determine calls in flight on a channel until told to stop."""

    def __init__(self, channel):
        self.client = Client(channel)
        self.acknowledged, self.refused, self.unexpected = {}, [], []
        self._places = threading.Semaphore(WAITING_PER_CHANNEL_COUNT)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            self._places.acquire()
            request = h.determine(h.three(90000))
            call = self.client.determination.Determine.future(request, timeout=CALL_SECONDS_MAX)
            call.add_done_callback(lambda call, key=request.request_id: self._done(key, call))

    def _done(self, request_id, call):
        error = call.exception()
        if error is None:
            self.acknowledged[request_id] = call.result()
        elif error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED:
            self.refused.append(error)
            # A client that only spins would measure itself.
            time.sleep(0.002)
        else:
            self.unexpected.append(error)
        self._places.release()

    def stop(self):
        """No new calls; ends at once."""
        self._stop.set()

    def finish(self):
        """Waits for what is in flight."""
        self._thread.join()
        for _ in range(WAITING_PER_CHANNEL_COUNT):
            self._places.acquire()


class Overload(unittest.TestCase):
    def setUp(self):
        self.place = Place("sqlite")
        self.addCleanup(self.place.remove)

    def test_ten_times_the_load_is_refused_and_nothing_acknowledged_is_lost(self):
        server = self.place.start(log_filter="warn", arguments=["--calls-at-once", PLACE_COUNT])
        calls.publish(server.client)
        floods = [Flood(server.connect()) for _ in range(CHANNEL_COUNT)]
        for flood in floods:
            flood.start()
        time.sleep(SECONDS / 2)
        warm = resident_mib(server.process.pid)
        time.sleep(SECONDS / 2)
        grown = resident_mib(server.process.pid) - warm
        for flood in floods:
            flood.stop()
        for flood in floods:
            flood.finish()
        acknowledged = {key: answer for flood in floods for key, answer in flood.acknowledged.items()}
        refused = [error for flood in floods for error in flood.refused]
        unexpected = [error for flood in floods for error in flood.unexpected]
        self.assertEqual(unexpected, [])
        self.assertGreater(len(acknowledged), 0)
        # How many are refused for each that is acknowledged is a matter of who is faster, server or clients.
        self.assertGreater(len(refused), CHANNEL_COUNT * WAITING_PER_CHANNEL_COUNT - PLACE_COUNT)
        self.assertLess(grown, GROWTH_MAX_MIB)
        for error in refused[:100]:
            details = rpc_status.from_call(error).details
            retry, info = error_details_pb2.RetryInfo(), error_details_pb2.ErrorInfo()
            self.assertTrue(any(detail.Unpack(retry) for detail in details))
            self.assertGreater(retry.retry_delay.ToTimedelta().total_seconds(), 0)
            self.assertTrue(any(detail.Unpack(info) for detail in details))
            self.assertEqual(info.reason, "OVERLOADED")
        stored = {bytes(entry.entry) for entry in calls.entries(server.client)}
        lost = [key for key, answer in acknowledged.items() if answer.acknowledgement.entry not in stored]
        self.assertEqual(lost, [])
        decided = [entry for entry in stored if b'"DETERMINATION"' in entry]
        self.assertEqual(len(decided), len(acknowledged), "what was refused is not there either")

    def burst(self, *flags):
        """Twenty quick calls on a server with these flags: how many were let through, and the refusals."""
        server = self.place.start(arguments=flags)
        through, refused = 0, []
        for _ in range(20):
            try:
                server.client.policy.ListPolicies(pb.ListPoliciesRequest(area=h.AREA), timeout=CALL_SECONDS_MAX)
                through += 1
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED:
                    refused.append(calls.Refusal(error))
                else:
                    self.assertEqual(error.code(), grpc.StatusCode.NOT_FOUND)
                    through += 1
        server.stop()
        return through, refused

    def test_a_caller_over_its_rate_is_refused_and_in_a_dry_run_only_counted(self):
        through, refused = self.burst("--calls-per-second", "1", "--calls-burst", "5")
        self.assertIn(through, range(5, 10))
        self.assertEqual({refusal.reason for refusal in refused}, {"RATE_LIMITED"})
        self.assertEqual(through + len(refused), 20)
        self.assertEqual(self.burst("--calls-per-second", "1", "--calls-burst", "5", "--calls-dry-run", "true"),
                         (20, []))


if __name__ == "__main__":
    unittest.main()
