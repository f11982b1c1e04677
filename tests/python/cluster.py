"""PostgreSQL servers of a test's own: killed, started again, followed by a standby, under another clock if need be."""

import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import tempfile
import time

from ports import free_port
from server import POSTGRES_BIN, START_SECONDS_MAX


# The settings that operators are given, and the memory of the compose file: the default holds a log of minutes.
SHIPPED = pathlib.Path(__file__).parents[2] / "deploy" / "postgres" / "settings.conf"
MEMORY = "shared_buffers=512MB"


def shipped_settings():
    """The settings of an installation by the guide, as `Cluster` takes them."""
    lines = (line.split("#")[0].strip() for line in SHIPPED.read_text().splitlines())
    pairs = (line.split("=", 1) for line in lines if line)
    return [MEMORY, *(f"{name.strip()}={value.strip().strip(chr(39))}" for name, value in pairs)]


class Cluster:
    """One data directory and the server on it, on a free port of the loopback address."""

    def __init__(self, settings=(), before=(), environment=None, standby_of=None):
        """`settings`: `name=value`; `before` and `environment`: of a shifted clock; `standby_of`: copied and followed."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="doudi-postgres-"))
        self.data = self.folder / "data"
        self.port = free_port()
        self._settings, self._before, self._environment = tuple(settings), tuple(before), environment or {}
        self._process = None
        self.password = standby_of.password if standby_of else secrets.token_hex(16)
        (self.folder / "password").write_text(self.password)
        for path in (self.folder, self.folder / "password"):
            self.give(path)
        if standby_of:
            # The copy knows whom to follow; a socket needs no password.
            self._run("pg_basebackup", "--pgdata", self.data, "--host", standby_of.folder, "--port", standby_of.port,
                      "--username", "postgres", "--write-recovery-conf", "--checkpoint", "fast", "--no-sync")
        else:
            self._run("initdb", "--pgdata", self.data, "--username", "postgres", "--pwfile", self.folder / "password",
                      "--auth-local", "trust", "--auth-host", "scram-sha-256", "--encoding", "UTF8", "--no-sync")
        self.url = self.url_at(self.port)
        self.start()

    def give(self, path):
        """Makes the user of PostgreSQL own a path: it refuses to run as root."""
        if os.getuid() == 0:
            shutil.chown(path, "postgres", "postgres")

    def url_at(self, port):
        """The superuser's URL of this server, reached at another port."""
        return f"postgres://postgres:{self.password}@127.0.0.1:{port}/postgres"

    def _run(self, program, *arguments):
        command = [*_as_postgres(), os.path.join(POSTGRES_BIN, program), *map(str, arguments)]
        subprocess.run(command, check=True, cwd="/", capture_output=True)

    def start(self):
        """Starts and waits until it answers. What a killed one left may keep it away for a moment."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._started(deadline):
            assert time.monotonic() < deadline, (self.folder / "log").read_text(errors="replace")[-4000:]
            time.sleep(0.1)

    def _started(self, deadline):
        # Not by pg_ctl: it watches the clock itself and waits for ever under another one.
        clocked = ["env", *(f"{name}={value}" for name, value in self._environment.items()), *self._before]
        settings = [part for setting in self._settings for part in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_as_postgres(), *clocked, os.path.join(POSTGRES_BIN, "postgres"), "-D", str(self.data),
                 "-p", str(self.port), "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1", *settings],
                cwd="/", stdout=log, stderr=log, start_new_session=True)
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._is_ready():
                return True
            time.sleep(0.05)
        return False

    def _is_ready(self):
        return subprocess.run([os.path.join(POSTGRES_BIN, "pg_isready"), "-q", "-d", self.url]).returncode == 0

    def sql(self, statement, database="postgres"):
        """Runs a statement as superuser and gives its rows as text."""
        url = self.url.rsplit("/", 1)[0] + "/" + database
        command = [os.path.join(POSTGRES_BIN, "psql"), url, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()

    def kill(self):
        """kill -9 of the server and of every process of it: no checkpoint, no goodbye."""
        try:
            main = int((self.data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return
        children = pathlib.Path(f"/proc/{main}/task/{main}/children")
        doomed = [main, *map(int, children.read_text().split())] if children.exists() else []
        for process in doomed:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._process.wait(timeout=START_SECONDS_MAX)
        while any(_runs(process) for process in doomed):
            time.sleep(0.01)

    def stop(self):
        """An orderly stop."""
        self._run("pg_ctl", "--pgdata", self.data, "--mode", "fast", "stop")
        self._process.wait(timeout=START_SECONDS_MAX)

    def promote(self):
        """Makes a standby a primary; done when it writes."""
        assert self.sql("SELECT pg_promote()") == "t"

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder)


def _runs(process):
    """Whether a process still runs; one that is dead and not yet reaped does not."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _as_postgres():
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
