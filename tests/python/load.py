"""Determinations that are asked until they are answered: the callers of a test that breaks what is behind the server."""

import collections
import threading
import time

import calls
import grpc
import households as h
from server import CALL_SECONDS_MAX
from storm import same

# What a caller asks again, as the error texts say.
AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.ABORTED,
         grpc.StatusCode.DEADLINE_EXCEEDED)
AGAIN_SECONDS = 0.05


class Load:
    """Some callers, each with one call at a time. A call that fails is made again with the same request id."""

    def __init__(self, clients, callers=8):
        """`clients`: asked in turn."""
        self._clients = clients
        self.acknowledged, self.sent, self.refusals = {}, {}, collections.Counter()
        self.failed = []
        self._stop, self._give_up = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(at,), daemon=True) for at in range(callers)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        if kind:
            self._give_up.set()
        self.finish()

    def _run(self, at):
        try:
            while not self._stop.is_set():
                request = h.determine(h.three(90000 + at))
                self.sent[request.request_id] = request
                self._ask(at, request)
        except Exception as error:
            self.failed.append(error)
            raise

    def _ask(self, at, request):
        client = self._clients[at % len(self._clients)]
        while not self._give_up.is_set():
            try:
                answer = client.determination.Determine(request, timeout=CALL_SECONDS_MAX)
            except (grpc.RpcError, ValueError) as error:
                # A channel that was closed because its server was replaced is a ValueError.
                if isinstance(error, grpc.RpcError):
                    if error.code() not in AGAIN:
                        raise
                    self.refusals[(error.code().name, calls.Refusal(error).reason)] += 1
                time.sleep(AGAIN_SECONDS)
                continue
            self.acknowledged[request.request_id] = answer
            return

    def more(self, count, seconds=60):
        """Waits until so many further calls are acknowledged."""
        until, deadline = len(self.acknowledged) + count, time.monotonic() + seconds
        while len(self.acknowledged) < until:
            assert not self.failed, self.failed[0]
            assert time.monotonic() < deadline, f"no answers any more: {self.refusals}"
            time.sleep(0.01)

    def stop(self):
        """No new calls; ends at once."""
        self._stop.set()

    def finish(self, seconds=60):
        """No new calls; those that were made are asked until they are answered."""
        self.stop()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))
        self._give_up.set()
        assert not self.failed, self.failed[0]

    def check(self, client, others=0, retried=20):
        """Acknowledged is stored, once each, without a gap; a retry gets the first answer; every receipt verifies.

        `others`: entries of the log that are no determinations of this load.
        """
        assert self.sent.keys() == self.acknowledged.keys(), f"unanswered: {self.sent.keys() - self.acknowledged.keys()}"
        log = calls.entries(client)
        acknowledgements = [answer.acknowledgement for answer in self.acknowledged.values()]
        for acknowledgement in acknowledgements:
            assert log[acknowledgement.index].entry == acknowledgement.entry, "what was acknowledged is not there"
        indices = {acknowledgement.index for acknowledgement in acknowledgements}
        assert len(indices) == len(acknowledgements), "two requests were acknowledged with one index"
        decided = sum(b'"DETERMINATION"' in entry.entry for entry in log)
        assert decided == len(acknowledgements) + others, f"{decided} decisions for {len(acknowledgements)} requests"
        for key in list(self.acknowledged)[:: max(1, len(self.acknowledged) // retried)]:
            again = client.determination.Determine(self.sent[key], timeout=CALL_SECONDS_MAX)
            assert same(again, self.acknowledged[key]), "a retry got another answer"
        calls.verify(acknowledgements, calls.checkpoint(client).verifier_key)
