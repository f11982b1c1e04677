"""libfaketime: where it is, what killed processes leave of it, and a clock that a test moves while a server runs."""

import pathlib


def forget_the_killed():
    """Removes what killed processes left: libfaketime names it by process id, and a later process of that id stumbles."""
    shared = pathlib.Path("/dev/shm")
    for left in [*shared.glob("sem.faketime_sem_*"), *shared.glob("faketime_shm_*")]:
        if not pathlib.Path("/proc", left.name.rpartition("_")[2]).exists():
            left.unlink(missing_ok=True)


def library():
    """Where Debian's package puts libfaketime on this architecture."""
    found = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    assert found, "libfaketime is not installed"
    return found[0]


class MovableClock:
    """A clock of a process that jumps when the test says so; it starts right."""

    def __init__(self, folder):
        self._file = pathlib.Path(folder) / "clock"
        self.move("+0")
        forget_the_killed()
        self.before = ("env", f"LD_PRELOAD={library()}", f"FAKETIME_TIMESTAMP_FILE={self._file}")
        # The file is read with every look at the clock; timeouts must not jump with the calendar.
        self.environment = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}

    def move(self, shift):
        """From now on the clock is off by this much: `+2d`, `-1h`, `+0`."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(shift + "\n")
        fresh.replace(self._file)
