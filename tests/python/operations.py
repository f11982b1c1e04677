"""The listener of operations of a running server: what it shows, and a reading of its metrics."""

import re
import shutil
import subprocess
import urllib.error
import urllib.request

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
FLAGS = ("--operations-listen", "127.0.0.1:0")


def get(server, path, accept="*/*"):
    """Status and text of a path."""
    request = urllib.request.Request(f"http://{server.operations}{path}", headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def metrics(server, accept="*/*"):
    """The page of metrics."""
    status, page = get(server, "/metrics", accept)
    assert status == 200, page
    return page


def values(page, name):
    """The samples of a name: their labels as text, and their values."""
    found = re.findall(rf"^{re.escape(name)}(?:\{{([^}}]*)\}})? ([-+.e\d]+)", page, flags=re.MULTILINE)
    return {labels: float(value) for labels, value in found}


def tool(name):
    """A program of Prometheus; the tests fail without it, because tests/run installs it."""
    path = shutil.which(name)
    if path is None:
        raise AssertionError(f"{name} is not installed: install the package prometheus, or use ./tests/run")
    return path


def lint(page):
    """What `promtool check metrics` says of a page; empty if all is well."""
    checked = subprocess.run([tool("promtool"), "check", "metrics"], input=page, capture_output=True, text=True)
    return (checked.stdout + checked.stderr) if checked.returncode or checked.stdout or checked.stderr else ""
