"""What the tests of faults share: a service on a PostgreSQL behind a proxy, and how it is looked at while it suffers."""

import json
import unittest

import calls
import fault_table
import grpc
import households as h
import operations
from cluster import Cluster
from proxy import Proxy
from server import CALL_SECONDS_MAX, Place, run
from waiting import wait

# How soon a service knows that its database is gone or back: a read may wait for half a minute, machines are busy.
BACK_SECONDS_MAX = 60


class Faulty(unittest.TestCase):
    """A test of one row of the table of faults."""

    def behind_proxy(self, **settings):
        """A PostgreSQL of this test's own, a proxy before it, and a place whose servers know the proxy alone."""
        self.cluster = Cluster(**settings)
        self.addCleanup(self.cluster.remove)
        self.proxy = Proxy(self.cluster.port)
        self.addCleanup(self.proxy.close)
        return self.at(Place("postgres", postgres=self.cluster.url_at(self.proxy.port)))

    def at(self, place):
        self.place = place
        self.addCleanup(place.remove)
        return place

    def serve(self, **options):
        """A server of the place that has the law."""
        arguments = [*operations.FLAGS, *options.pop("arguments", ())]
        server = self.place.start(arguments=arguments, **options)
        self.addCleanup(server.kill)
        if len(self.place.servers) == 1:
            calls.publish(server.client)
        return server

    def decide(self, server, request=None):
        request = request or h.determine(h.three(100000))
        return server.client.determination.Determine(request, timeout=CALL_SECONDS_MAX)

    def refusal(self, server):
        """The refusal of a decision; nothing if it was made."""
        try:
            self.decide(server)
        except grpc.RpcError as error:
            self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
            return calls.Refusal(error)
        return None

    def wait(self, check, what, seconds=BACK_SECONDS_MAX):
        """Waits until a check gives something."""
        return wait(check, what, seconds, pause=0.05)

    def probe(self, server, ready, text=""):
        """Waits until readiness says so, and gives its words."""
        def look():
            status, told = operations.get(server, "/readyz")
            return told if (status == 200) == ready and text in told else None
        return self.wait(look, lambda: f"readiness never said {ready} {text!r}: {operations.get(server, '/readyz')}")

    def says(self, key, extra=""):
        """The server has said what the table of faults promises, in its log or in the given words."""
        for promised in fault_table.row(key).says:
            self.wait(lambda: promised in self.place.logs().decode() + extra,
                      lambda: f"never said: {promised}\n{self.place.logs().decode()[-3000:]}{extra}")

    def sound(self, *more, seconds=300):
        """`doudi fsck` finds nothing on any level, replay included."""
        checked = run("--json", "fsck", *self.place.settings(), *more, check=False, timeout=seconds)
        assert checked.returncode == 0, checked.stdout[-3000:] + checked.stderr[-2000:]

    def log_status(self):
        """Exit code and documents of `doudi log status`."""
        told = run("--json", "log", "status", *self.place.settings(), check=False)
        return told.returncode, [json.loads(line) for line in told.stdout.splitlines()]
