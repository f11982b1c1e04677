"""The soak: at 80 % of capacity servers and PostgreSQL are killed at random; acknowledged is stored, once each.

One minute in every run, ten with `--long`, which also holds the p99 of an acknowledged Determine outside the times of
kills. `DOUDI_TEST_SEED` repeats the kills of an earlier run.
"""

import hashlib
import os
import random
import time
import unittest

import calls
from cluster import Cluster
from faulty import Faulty
from load import Load
from server import LONG, Place

SECONDS = 600 if LONG else 60
CAPACITY_SECONDS = 10 if LONG else 5
LOAD_PERCENT = 80
CALLERS = 16
# From a kill until two quiet seconds after the first answer behind it: what waited meanwhile is answered then.
SETTLE_SECONDS = 2
# Between two kills: enough quiet time to measure, and kills enough.
QUIET_SECONDS = (8, 16)
P99_MS_MAX = 50
# Receipts that are verified, one in so many; all entries are compared with the log.
VERIFIED_ONE_IN = 100 if LONG else 10
REPLAYED_ONE_IN = 200 if LONG else 20


class Soak(Faulty):
    def setUp(self):
        seed = int(os.environ.get("DOUDI_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"\nsoak: DOUDI_TEST_SEED={seed}", flush=True)
        self.random = random.Random(seed)
        self.cluster = Cluster()
        self.addCleanup(self.cluster.remove)
        self.at(Place("postgres", postgres=self.cluster.url))
        self.server = self.serve(log_filter="warn")
        self.windows = []

    def clients(self):
        return [self.server.client]

    def capacity(self):
        """Calls a second that the machine sustains, client included; what it decided."""
        with Counted(self.clients, callers=CALLERS) as load:
            load.more(100)
            before, began = len(load.acknowledged), time.monotonic()
            time.sleep(CAPACITY_SECONDS)
            rate = (len(load.acknowledged) - before) / (time.monotonic() - began)
        return rate, load

    def kill(self, load):
        """Kills the server or PostgreSQL and starts it again; notes the time until calls are answered as before."""
        began = time.monotonic()
        what = self.random.choice(("server", "PostgreSQL"))
        if what == "server":
            self.server.kill()
            self.server = self.serve(log_filter="warn")
        else:
            self.cluster.kill()
            self.cluster.start()
        load.more(CALLERS)
        self.windows.append((began, time.monotonic() + SETTLE_SECONDS))
        return what

    def test_acknowledged_is_stored_once_while_server_and_database_are_killed(self):
        rate, measured = self.capacity()
        kills = []
        began = time.monotonic()
        with Counted(self.clients, callers=CALLERS, per_second=rate * LOAD_PERCENT / 100) as load:
            ends = began + SECONDS
            while (pause := self.random.uniform(*QUIET_SECONDS)) < ends - time.monotonic() or not kills:
                time.sleep(pause)
                kills.append(self.kill(load))
            time.sleep(max(0.0, ends - time.monotonic()))
            load.stop()
            seconds = time.monotonic() - began
        p50, p99 = self.outside(load)
        print(f"soak: capacity {rate:.0f}/s, {len(load.acknowledged)} acknowledged in {seconds:.0f} s, kills of {kills}, "
              f"outside of them p50 {p50:.1f} ms, p99 {p99:.1f} ms; asked again {dict(load.refusals)}", flush=True)
        self.stored(load, measured)
        self.sound("--replay", REPLAYED_ONE_IN, seconds=1800)
        if LONG:
            self.assertLess(p99, P99_MS_MAX)

    def outside(self, load):
        """p50 and p99 in ms of the calls that no kill touched."""
        touched = lambda at, taken: any(at < end and at + taken > began for began, end in self.windows)
        quiet = sorted(taken for at, taken in load.taken if not touched(at, taken))
        self.assertGreater(len(quiet), 100, "no quiet time was measured")
        return tuple(quiet[len(quiet) * percent // 100] * 1000 for percent in (50, 99))

    def stored(self, *loads):
        """Each acknowledged decision stands where its receipt says, and nothing else does: none lost, none doubled."""
        acknowledged = {}
        for load in loads:
            self.assertEqual(load.sent.keys(), load.acknowledged.keys())
            for index, digest in load.acknowledged.values():
                self.assertNotIn(index, acknowledged, "two requests have one index")
                acknowledged[index] = digest
        for entry in calls.each_entry(self.server.client):
            if b'"DETERMINATION"' in entry.entry:
                self.assertEqual(acknowledged.pop(entry.index, None), digest_of(entry.entry), "stored is acknowledged")
        self.assertEqual(acknowledged, {}, "acknowledged is stored")
        key = calls.checkpoint(self.server.client).verifier_key
        calls.verify([acknowledgement for load in loads for acknowledgement in load.some], key)


class Counted(Load):
    """Keeps of an answer what it takes to find it again: ten minutes of whole answers would fill the memory."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.some = []

    def note(self, request):
        self.sent[request.request_id] = None

    def keep(self, request, answer):
        acknowledgement = answer.acknowledgement
        self.acknowledged[request.request_id] = (acknowledgement.index, digest_of(acknowledgement.entry))
        if acknowledgement.index % VERIFIED_ONE_IN == 0:
            self.some.append(acknowledgement)


def digest_of(entry):
    return hashlib.sha256(entry).digest()


if __name__ == "__main__":
    unittest.main()
