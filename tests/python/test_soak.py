"""The soak: at 80 % of capacity servers and PostgreSQL are killed at random; acknowledged is stored, once each.

One minute in every run, ten with `--long`, which also holds the p99 of an acknowledged Determine outside the times of
kills, and that the load was carried there. `DOUDI_TEST_SEED` repeats the kills of an earlier run. The callers are a
program of their own (tests/load).
"""

import hashlib
import os
import random
import time
import unittest

import calls
from cluster import Cluster, shipped_settings
from faulty import Faulty
from loader import Loader
from server import LONG, Place

SECONDS = 600 if LONG else 60
CAPACITY_SECONDS = 10 if LONG else 5
LOAD_PERCENT = 80
# Of the load, outside of the kills: a pace is kept within some per cent.
CARRIED_PERCENT_MIN = 90
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
        self.cluster = Cluster(settings=shipped_settings())
        self.addCleanup(self.cluster.remove)
        self.at(Place("postgres", postgres=self.cluster.url))
        self.server = self.serve(log_filter="warn")
        self.windows = []

    def load(self, **options):
        return Loader([self.server], callers=CALLERS, keep_one_in=VERIFIED_ONE_IN, **options)

    def capacity(self):
        """Calls a second that the machine sustains, client included; what it decided."""
        with self.load() as load:
            load.more(100)
            began = time.time()
            time.sleep(CAPACITY_SECONDS)
            ended = time.time()
        return sum(began <= answered < ended for _, _, answered in load.times) / (ended - began), load

    def kill(self, load):
        """Kills the server or PostgreSQL and starts it again; notes the time until calls are answered as before."""
        began = time.time()
        what = self.random.choice(("server", "PostgreSQL"))
        if what == "server":
            self.server.kill()
            self.server = self.serve(log_filter="warn")
            load.at([self.server])
        else:
            self.cluster.kill()
            self.cluster.start()
        load.more(CALLERS)
        self.windows.append((began, time.time() + SETTLE_SECONDS))
        return what

    def test_acknowledged_is_stored_once_while_server_and_database_are_killed(self):
        rate, measured = self.capacity()
        kills = []
        began = time.monotonic()
        per_second = int(rate * LOAD_PERCENT / 100)
        with self.load(per_second=per_second) as load:
            ends = began + SECONDS
            while (pause := self.random.uniform(*QUIET_SECONDS)) < ends - time.monotonic() or not kills:
                time.sleep(pause)
                kills.append(self.kill(load))
            time.sleep(max(0.0, ends - time.monotonic()))
            load.stop()
            seconds = time.monotonic() - began
        p50, p99 = self.outside((began, answered) for _, began, answered in load.times)
        # Waiting for a free caller counts here: what a caller behind its schedule feels.
        due_p50, due_p99 = self.outside((due, answered) for due, _, answered in load.times)
        print(f"soak: capacity {rate:.0f}/s, {len(load.acknowledged)} acknowledged in {seconds:.0f} s, kills of {kills}; "
              f"outside of them p50 {p50:.1f} ms, p99 {p99:.1f} ms, since they were due p50 {due_p50:.1f} ms, "
              f"p99 {due_p99:.1f} ms; skipped {load.summary['skipped']}, asked again {dict(load.refusals)}", flush=True)
        self.stored(load, measured)
        self.sound("--replay", REPLAYED_ONE_IN, seconds=1800)
        if LONG:
            self.carried(load, per_second)
            self.assertLess(p99, P99_MS_MAX)

    def outside(self, calls_made):
        """p50 and p99 in ms of the calls that no kill touched; each is its beginning and its end."""
        touched = lambda at, until: any(at < end and until > began for began, end in self.windows)
        quiet = sorted(until - at for at, until in calls_made if not touched(at, until))
        self.assertGreater(len(quiet), 100, "no quiet time was measured")
        return tuple(quiet[len(quiet) * percent // 100] * 1000 for percent in (50, 99))

    def carried(self, load, per_second):
        """The load was carried outside of the kills: what is skipped would make the others look fast."""
        answered = sorted(answered for _, _, answered in load.times)
        began, ended = answered[0], answered[-1]
        quiet_seconds = (ended - began) - sum(min(until, ended) - at for at, until in self.windows)
        count = sum(not any(at <= time < until for at, until in self.windows) for time in answered)
        self.assertGreater(count / quiet_seconds, per_second * CARRIED_PERCENT_MIN / 100, "the load was not carried")

    def stored(self, *loads):
        """Each acknowledged decision stands where its receipt says, and nothing else does: none lost, none doubled."""
        acknowledged = {}
        for load in loads:
            self.assertEqual(load.summary["sent"], len(load.acknowledged))
            for index, digest in load.acknowledged.values():
                self.assertNotIn(index, acknowledged, "two requests have one index")
                acknowledged[index] = digest
        for entry in calls.each_entry(self.server.client):
            if b'"DETERMINATION"' in entry.entry:
                self.assertEqual(acknowledged.pop(entry.index, None), digest_of(entry.entry), "stored is acknowledged")
        self.assertEqual(acknowledged, {}, "acknowledged is stored")
        key = calls.checkpoint(self.server.client).verifier_key
        calls.verify([acknowledgement for load in loads for acknowledgement in load.some], key)


def digest_of(entry):
    return hashlib.sha256(entry).digest()


if __name__ == "__main__":
    unittest.main()
