"""Starts, kills and stops the real `doudi serve`, on SQLite or on PostgreSQL."""

import contextlib
import os
import pathlib
import re
import secrets
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time

import grpc
from stubs import TOP, Client

BIN = os.environ.get("DOUDI_TEST_BIN") or str(TOP / "target" / "debug" / "doudi")
POSTGRES = os.environ.get("DOUDI_TEST_POSTGRES")
POSTGRES_BIN = os.environ.get("DOUDI_TEST_POSTGRES_BIN", "")
LONG = bool(os.environ.get("DOUDI_TEST_LONG"))
START_SECONDS_MAX = 30
# Longer than any acknowledged answer may take on a busy machine, shorter than a hung test is tolerable.
CALL_SECONDS_MAX = 30


def run(*arguments, check=True, timeout=300, **options):
    """Runs a `doudi` command and gives its result."""
    result = subprocess.run([BIN, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, **options)
    if check and result.returncode != 0:
        raise AssertionError(f"doudi {arguments} ended with {result.returncode}:\n{result.stdout}\n{result.stderr}")
    return result


class Place:
    """A database, keys and logs of a test's own; removed at the end."""

    def __init__(self, kind, postgres=None, disk=None):
        """`postgres`: another PostgreSQL than the one of the whole run, as its superuser's URL; `disk`: of SQLite's file."""
        self.kind = kind
        self.postgres = postgres or POSTGRES
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"doudi-{kind}-"))
        self.keys = self.folder / "keys.json"
        self.servers = []
        if kind == "sqlite":
            self.url = f"sqlite:{pathlib.Path(disk or self.folder) / 'doudi.sqlite'}"
        else:
            if not self.postgres:
                raise RuntimeError("DOUDI_TEST_POSTGRES is not set: run ./tests/run, which starts a PostgreSQL")
            self.name = f"doudi_{secrets.token_hex(6)}"
            self.psql(self.postgres, f"CREATE DATABASE {self.name}")
            self.url = self.postgres.rsplit("/", 1)[0] + "/" + self.name
        run("keys", "create", self.keys)
        run("migrate", "--database", self.url)

    def psql(self, url, statement):
        command = [os.path.join(POSTGRES_BIN, "psql"), url, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def bytes_at_rest(self):
        """Every byte that the database keeps: SQLite's files, or a dump of PostgreSQL."""
        if self.kind == "sqlite":
            found = (path for path in self.folder.rglob("*") if path.is_file() and "doudi.sqlite" in str(path))
            return b"".join(path.read_bytes() for path in sorted(found))
        dump = [os.path.join(POSTGRES_BIN, "pg_dump"), "--inserts", self.url]
        return subprocess.run(dump, check=True, capture_output=True).stdout

    def back_up(self):
        """A copy of the database as it is now."""
        copy = self.folder / "backup"
        if self.kind == "sqlite":
            with contextlib.closing(sqlite3.connect(self.folder / "doudi.sqlite")) as source:
                with contextlib.closing(sqlite3.connect(copy)) as target:
                    source.backup(target)
        else:
            dump = [os.path.join(POSTGRES_BIN, "pg_dump"), "--format", "custom", "--file", copy, self.url]
            subprocess.run(list(map(str, dump)), check=True)

    def restore(self):
        """Puts the copy in the database's place; no server may run."""
        copy = self.folder / "backup"
        if self.kind == "sqlite":
            for left in self.folder.glob("doudi.sqlite-*"):
                left.unlink()
            shutil.copy(copy, self.folder / "doudi.sqlite")
        else:
            self.psql(self.postgres, f"DROP DATABASE {self.name} WITH (FORCE)")
            self.psql(self.postgres, f"CREATE DATABASE {self.name} TEMPLATE template0")
            restore = [os.path.join(POSTGRES_BIN, "pg_restore"), "--exit-on-error", "--dbname", self.url, copy]
            subprocess.run(list(map(str, restore)), check=True)

    def settings(self):
        """What a command needs to work on this place."""
        return "--database", self.url, "--policy", TOP / "policy", "--keys", self.keys

    def logs(self):
        """Every line that the servers of this place have written."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("server-*.log")))

    def start(self, **options):
        server = Server(self, len(self.servers), **options)
        self.servers.append(server)
        return server

    def remove(self):
        for server in self.servers:
            server.kill()
        # A PostgreSQL of a test's own goes away as a whole.
        if self.kind == "postgres" and self.postgres == POSTGRES:
            self.psql(self.postgres, f"DROP DATABASE {self.name} WITH (FORCE)")
        shutil.rmtree(self.folder)


class Server:
    """One `doudi serve` process and a client of it."""

    def __init__(self, place, number, environment=None, before=(), log_filter="info", arguments=(), credentials=None):
        """`arguments`: further flags; `credentials`: of the client, for a server that asks for a certificate."""
        self.log = place.folder / f"server-{number}.log"
        self.operations, self._operates = None, "--operations-listen" in arguments
        command = [*before, BIN, "serve", "--listen", "127.0.0.1:0", "--database", place.url,
                   "--policy", str(TOP / "policy"), "--keys", str(place.keys), "--log-filter", log_filter, *map(str, arguments)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, **(environment or {})},
                start_new_session=True)
        self.address = self._address()
        self.channel = self.connect(credentials)
        self.client = Client(self.channel)

    def connect(self, credentials=None):
        """Another channel of its own."""
        own = [("grpc.use_local_subchannel_pool", 1)]
        if credentials is None:
            return grpc.insecure_channel(self.address, options=own)
        return grpc.secure_channel(self.address, credentials, options=own)

    def _address(self):
        """The line on standard output that says where the server listens; those of the other listeners follow it."""
        address = None
        watchdog = threading.Timer(START_SECONDS_MAX, self.kill)
        watchdog.start()
        try:
            for line in self.process.stdout:
                found = re.search(r"listening on (\S+)", line)
                address = found.group(1) if found else address
                found = re.search(r"metrics and probes are at http://(\S+)", line)
                self.operations = found.group(1) if found else self.operations
                if address and (self.operations or not self._operates):
                    return address
        finally:
            watchdog.cancel()
        raise AssertionError(f"the server did not start:\n{self.log.read_text(errors='replace')[-4000:]}")

    def kill(self):
        """kill -9: no shutdown, no flush."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """SIGTERM; gives the exit code and how long it took."""
        started = time.monotonic()
        os.killpg(self.process.pid, signal.SIGTERM)
        return self.process.wait(timeout=60), time.monotonic() - started
