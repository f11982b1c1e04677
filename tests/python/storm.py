"""A stream of determinations against servers that die, and what must hold afterwards."""

import random
import threading
import time

import calls
import grpc
import households as h
from server import CALL_SECONDS_MAX
from stubs import pb


# Unanswered requests at one time: enough for full batches, few enough to be answered soon after the last one is sent.
WAITING_COUNT_MAX = 100


class Storm:
    """Sends determinations on a stream until told to stop; keeps what was sent and what was acknowledged."""

    def __init__(self):
        self.sent = {}
        self.acknowledged = {}
        self._lost = 0
        self._stop = threading.Event()

    def _items(self, resend):
        yield from resend
        while not self._stop.is_set():
            if len(self.sent) - len(self.acknowledged) - self._lost >= WAITING_COUNT_MAX:
                time.sleep(0.001)
                continue
            request = h.determine(h.three(random.randrange(0, 300000)))
            self.sent[request.request_id] = request
            yield pb.BatchDetermineRequest(correlation_id=request.request_id, determine=request)

    def run(self, client, resend=()):
        """Until the stream ends or breaks. Every acknowledged answer is kept by its request id."""
        try:
            for answer in client.determination.BatchDetermine(self._items(resend)):
                self.keep(answer)
        except grpc.RpcError as error:
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                raise

    def keep(self, answer):
        if answer.status.code == 0:
            earlier = self.acknowledged.setdefault(answer.correlation_id, answer.determined)
            assert same(earlier, answer.determined), "a retry got another answer"

    def during(self, client, seconds):
        """Streams in the background for a while after the first answer; gives the thread, to be joined after a kill."""
        self._stop.clear()
        before, deadline = len(self.acknowledged), time.monotonic() + CALL_SECONDS_MAX
        thread = threading.Thread(target=self.run, args=(client,), daemon=True)
        thread.start()
        while len(self.acknowledged) == before:
            assert time.monotonic() < deadline, "the stream got no answer"
            time.sleep(0.01)
        time.sleep(seconds)
        return thread

    def end(self, thread):
        self._stop.set()
        thread.join(timeout=CALL_SECONDS_MAX)
        assert not thread.is_alive(), "the stream hangs"
        # What a kill left unanswered is asked again by `resume`.
        self._lost = len(self.sent) - len(self.acknowledged)

    def resume(self, client):
        """Sends every request again with its first request id. All must be acknowledged now."""
        self._stop.set()
        again = [pb.BatchDetermineRequest(correlation_id=key, determine=request) for key, request in self.sent.items()]
        self.run(client, again)
        missing = self.sent.keys() - self.acknowledged.keys()
        assert not missing, f"{len(missing)} of {len(self.sent)} requests got no answer"

    def check(self, client, policies):
        """Every acknowledged receipt verifies, nothing is lost or doubled, and the log has no gap."""
        log = calls.entries(client)
        assert len(log) == policies + len(self.sent), f"{len(log)} entries for {len(self.sent)} requests"
        for answer in self.acknowledged.values():
            ack = answer.acknowledgement
            assert log[ack.index].entry == ack.entry, f"entry {ack.index} is not what was acknowledged"
        indices = [answer.acknowledgement.index for answer in self.acknowledged.values()]
        assert len(set(indices)) == len(indices), "two requests were acknowledged with one index"
        key = calls.checkpoint(client).verifier_key
        calls.verify([answer.acknowledgement for answer in self.acknowledged.values()], key)


def same(left, right):
    return left.SerializeToString(deterministic=True) == right.SerializeToString(deterministic=True)
