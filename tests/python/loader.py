"""The load of the soak: the program of tests/load, whose callers take little of the machine that they measure."""

import base64
import collections
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

import households as h
from server import BIN
from stubs import pb

PROGRAM = pathlib.Path(os.environ.get("DOUDI_TEST_LOAD") or pathlib.Path(BIN).with_name("doudi-load"))
BUILD = "cargo build --release --bin doudi --bin doudi-load"
# It asks for a minute what is not answered yet, and then sorts its numbers.
FINISH_SECONDS_MAX = 90


class Loader:
    """Some callers, each with one call at a time. A call that fails is made again with the same request id.

    All times are those of `time.time()`. What was acknowledged can be read when the load is over.
    """

    def __init__(self, servers, callers=8, per_second=0, keep_one_in=0):
        """`keep_one_in`: the acknowledgements of entries whose index this divides are kept whole; 0: none."""
        if not PROGRAM.exists():
            raise RuntimeError(f"{PROGRAM} is missing: {BUILD}")
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="doudi-load-"))
        self._servers = self._folder / "servers"
        self.at(servers)
        requests = []
        for at in range(callers):
            requests += ["--request", self._folder / f"request-{at}"]
            requests[-1].write_bytes(h.determine(h.three(90000 + at)).SerializeToString())
        self._command = [PROGRAM, "--servers-file", self._servers, *requests, "--out", self._folder / "answers",
                         "--callers", callers, "--per-second", per_second, "--keep-one-in", keep_one_in]
        self._told, self._change = (0.0, 0), threading.Condition()
        # By request id: index and SHA-256 of the entry. Of each call: when it was due, when its last attempt began, and
        # when that was answered.
        self.acknowledged, self.times, self.some = {}, [], []
        self.summary, self.refusals = None, collections.Counter()

    def at(self, servers):
        """Where the servers are from now on."""
        written = self._servers.with_suffix(".new")
        written.write_text("".join(f"http://{server.address}\n" for server in servers))
        written.replace(self._servers)

    def __enter__(self):
        with (self._folder / "errors").open("wb") as errors:
            self._process = subprocess.Popen(
                list(map(str, self._command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, kind, *_):
        try:
            if kind:
                self._process.kill()
            else:
                self.finish()
        finally:
            self._process.wait()
            self._reader.join()
            self.stop()
            self._process.stdout.close()
            shutil.rmtree(self._folder)

    def _read(self):
        for line in self._process.stdout:
            told = json.loads(line)
            self.summary = told.get("summary")
            if not self.summary:
                with self._change:
                    self._told = (told["at_us"] / 1e6, told["acknowledged"])
                    self._change.notify_all()
        with self._change:
            self._change.notify_all()

    def _wait(self, check, deadline):
        """Waits until what was told last passes, and gives its count."""
        with self._change:
            while not check(*self._told):
                if not self._reader.is_alive() or self._process.poll() is not None:
                    raise AssertionError(f"the load has ended: {self._errors()}")
                assert time.monotonic() < deadline, f"no answers any more: {self._told[1]} are acknowledged"
                self._change.wait(timeout=0.1)
            return self._told[1]

    def _errors(self):
        return (self._folder / "errors").read_text(errors="replace")[-4000:]

    def more(self, count, seconds=60):
        """Waits until so many further calls are acknowledged."""
        deadline, now = time.monotonic() + seconds, time.time()
        until = self._wait(lambda at, _: at >= now, deadline) + count
        self._wait(lambda _, acknowledged: acknowledged >= until, deadline)

    def stop(self):
        """No new calls; ends at once."""
        if not self._process.stdin.closed:
            self._process.stdin.close()

    def finish(self):
        """No new calls; those that were made are asked until they are answered. Reads what came of them."""
        self.stop()
        code = self._process.wait(timeout=FINISH_SECONDS_MAX)
        self._reader.join()
        assert code == 0 and self.summary, f"the load has failed with {code}: {self._errors()}"
        for refusal in self.summary["refusals"]:
            self.refusals[(refusal["code"], refusal["reason"])] += refusal["count"]
        with (self._folder / "answers").open() as lines:
            for line in lines:
                self._keep(json.loads(line))
        assert len(self.acknowledged) == len(self.times) == self.summary["sent"], f"lost or doubled: {self.summary}"

    def _keep(self, answer):
        self.acknowledged[answer["request_id"]] = (answer["index"], bytes.fromhex(answer["entry_sha256"]))
        began = answer["began_us"] / 1e6
        self.times.append((answer["due_us"] / 1e6, began, began + answer["took_us"] / 1e6))
        if "acknowledgement" in answer:
            self.some.append(pb.Acknowledgement.FromString(base64.b64decode(answer["acknowledgement"])))
