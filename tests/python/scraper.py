"""A real Prometheus that scrapes a running server every second, with the rules of deploy/observe."""

import json
import pathlib
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from operations import tool
from ports import free_port
from server import TOP
from waiting import wait

RULES = TOP / "deploy" / "observe" / "prometheus"
START_SECONDS_MAX = 30


class Prometheus:
    """Runs until it is stopped; its data lie in a folder of the test."""

    def __init__(self, folder, targets, rules=(), seconds=1):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        config = self.folder / "prometheus.json"
        # JSON is YAML.
        config.write_text(json.dumps({
            "global": {"scrape_interval": f"{seconds}s", "evaluation_interval": f"{seconds}s"},
            "rule_files": [str(path) for path in rules],
            "scrape_configs": [{"job_name": "doudi", "static_configs": [{"targets": list(targets)}]}],
        }))
        self.log = (self.folder / "prometheus.log").open("wb")
        self.process = subprocess.Popen(
            [tool("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={self.folder / 'tsdb'}",
             f"--web.listen-address=127.0.0.1:{self.port}", "--enable-feature=exemplar-storage",
             "--log.level=warn"], stdout=self.log, stderr=self.log)
        self._ready()

    def _ready(self):
        until = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise AssertionError((self.folder / "prometheus.log").read_text(errors="replace"))

    def api(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}", timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{parameters}: {refused.read().decode()}") from refused

    def query(self, expression):
        """The samples that an expression has now: labels and value."""
        result = self.api("query", query=expression)["result"]
        return [(sample["metric"], float(sample["value"][1])) for sample in result]

    def exemplars(self, expression, seconds=600):
        now = time.time()
        found = self.api("query_exemplars", query=expression, start=now - seconds, end=now)
        return [exemplar for series in found for exemplar in series["exemplars"]]

    def wait(self, expression, seconds=60):
        """Waits until an expression has a sample, and gives them."""
        return wait(lambda: self.query(expression), f"no data for {expression}", seconds, pause=0.5)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()
