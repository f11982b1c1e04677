"""Waiting for what comes about by itself."""

import time


def wait(check, what="it did not come about", seconds=30, pause=0.1):
    """Waits until a check gives something, and gives it; `what` (a text, or what makes one) is said if it never does."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(pause)
