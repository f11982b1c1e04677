"""Which settings the binary under test knows, so that no deployment file names one that it refuses."""

import functools
import re

from server import run

# Settings of metrics, probes and traces, all of which a binary has or none.
TELEMETRY = {"operations_listen", "otlp_endpoint"}


@functools.cache
def known():
    """The keys of all settings."""
    flags = set(re.findall(r"^\s+--([a-z-]+)", run("serve", "--help").stdout, re.MULTILINE))
    return {flag.replace("-", "_") for flag in flags}


def unknown(names):
    """Those of these variables that are no setting; empty is good."""
    asked = {name[len("DOUDI_"):].lower() for name in names if name.startswith("DOUDI_")} - known()
    if asked and asked <= TELEMETRY and not TELEMETRY & known():
        print(f"NOT CHECKED: {', '.join(sorted(asked))}, which come with metrics, probes and traces")
        return []
    return sorted(asked)
