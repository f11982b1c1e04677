"""A clock a few seconds before New Year, for servers and for a PostgreSQL of a test's own, by libfaketime."""

import datetime
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import zoneinfo

from server import POSTGRES_BIN, START_SECONDS_MAX


class NewYear:
    """A clock that is ahead by one fixed shift, so that it runs through midnight and never back over restarts."""

    def __init__(self, zone, seconds_before):
        self.zone = zoneinfo.ZoneInfo(zone)
        midnight = datetime.datetime(2027, 1, 1, tzinfo=self.zone)
        now = datetime.datetime.now(datetime.UTC)
        self.shift_seconds = int((midnight - now).total_seconds()) - seconds_before
        self.midnight = midnight
        _forget_the_killed()
        self.before = ("env", f"LD_PRELOAD={_library()}", f"FAKETIME=+{self.shift_seconds}")
        # Timeouts must not jump with the calendar.
        self.environment = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": zone}

    def seconds_until_past(self):
        """How long until the clock shows a second after midnight; 0 once it does."""
        now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self.shift_seconds)
        return max(0.0, (self.midnight - now).total_seconds() + 1)

    def is_past(self):
        return self.seconds_until_past() == 0

    def years(self, entries):
        """The years in which entries were logged, in the zone; fails if the log's clock went back."""
        logged = [entry.create_time.ToDatetime(datetime.UTC).astimezone(self.zone) for entry in entries]
        assert logged == sorted(logged), "the log's clock went back"
        return {moment.year for moment in logged}


def _forget_the_killed():
    """Removes what killed processes left: libfaketime names it by process id, and a later process of that id stumbles."""
    shared = pathlib.Path("/dev/shm")
    for left in [*shared.glob("sem.faketime_sem_*"), *shared.glob("faketime_shm_*")]:
        if not pathlib.Path("/proc", left.name.rpartition("_")[2]).exists():
            left.unlink(missing_ok=True)


def _library():
    """Where Debian's package puts libfaketime on this architecture."""
    found = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    assert found, "libfaketime is not installed"
    return found[0]


class Postgres:
    """A PostgreSQL that lives by the given clock: the sequencer refuses a database whose clock is not its own."""

    def __init__(self, clock):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="doudi-postgres-"))
        self._data = self.folder / "data"
        password = secrets.token_hex(16)
        (self.folder / "password").write_text(password)
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
            shutil.chown(self.folder / "password", "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._run("initdb", "--username", "postgres", "--pwfile", self.folder / "password",
                  "--auth-local", "trust", "--auth-host", "scram-sha-256", "--encoding", "UTF8")
        self.url = f"postgres://postgres:{password}@127.0.0.1:{port}/postgres"
        # Not by pg_ctl: it watches the clock itself and waits for ever under another one.
        clocked = ["env", *(f"{name}={value}" for name, value in clock.environment.items()), *clock.before]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*_as_postgres(), *clocked, os.path.join(POSTGRES_BIN, "postgres"), "-D", self._data, "-p", str(port),
                 "-k", self.folder, "-c", "listen_addresses=127.0.0.1"],
                cwd="/", stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS_MAX
        while subprocess.run([os.path.join(POSTGRES_BIN, "pg_isready"), "-q", "-d", self.url]).returncode != 0:
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.1)

    def _run(self, program, *arguments):
        command = [*_as_postgres(), os.path.join(POSTGRES_BIN, program), "--pgdata", self._data, *arguments]
        subprocess.run(list(map(str, command)), check=True, cwd="/", stdout=subprocess.DEVNULL)

    def remove(self):
        self._run("pg_ctl", "--mode", "immediate", "stop")
        self._process.wait(timeout=START_SECONDS_MAX)
        shutil.rmtree(self.folder)


def _as_postgres():
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
