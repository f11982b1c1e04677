"""The operator's guide as commands to type: its shell blocks, and a desk to type them at."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from server import BIN, POSTGRES_BIN, START_SECONDS_MAX, TOP

GUIDES = ("GUIDE.md", "GUIDE.zh-CN.md")
FOLDER = TOP / "deploy" / "operate"
COMMAND_SECONDS_MAX = 120
# Who types a block. `serve` stays in the foreground, the operator is `refused` or `denied` or `found` something, `machine` needs systemd.
TYPISTS = {"set", "operator", "postgres", "caller", "serve", "refused", "denied", "found", "machine"}
# How those blocks end: what was to be checked does not hold; the server refused the call; fsck misses lost entries.
EXIT_CODES = {"refused": 1, "denied": 3, "found": 18}


def blocks(name):
    """The shell blocks of a guide as (who types it, commands)."""
    return re.findall(r"```sh (\w+)\n(.*?)```", (FOLDER / name).read_text(encoding="utf-8"), re.DOTALL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class Desk:
    """A machine of its own as far as a folder can be one: everything that the guide names lies in it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="doudi-guide-"))
        # The user of the database works below it.
        self.folder.chmod(0o755)
        self.process = None
        self.is_root = os.getuid() == 0
        self.user = "postgres" if self.is_root else os.environ.get("USER", "")
        self.tools = self._tools()
        home = self.folder / "database"
        home.mkdir()
        if self.is_root:
            shutil.chown(home, self.user)
        self.values = {
            "RELEASE": self.folder / "doudi-0.1.0", "NEW": self.folder / "doudi-0.1.1", "PREFIX": self.folder / "usr",
            "SITE": self.folder / "etc", "STATE": self.folder / "state", "PGDATA": home / "doudi", "SOCKETS": home,
            "BACKUP": self.folder / "backup", "KEY_BACKUP": self.folder / "safe", "DATABASE_USER": self.user,
            "DATABASE_PORT": free_port(), "DATABASE_MEMORY": "128MB", "PORT": free_port(),
            "OPERATIONS_PORT": free_port()}
        self.caller = self.folder / "caller"

    def _tools(self):
        """What a machine has on its path beside the system's own: nothing of the checkout."""
        tools = self.folder / "tools"
        tools.mkdir()
        # A virtual environment's python is found by its own path, not through a link to it.
        self._tool(tools / "python3", f'exec "{sys.executable}" "$@"')
        if not self.is_root:
            # Without root there is one user for everything.
            self._tool(tools / "runuser", 'shift 3; exec "$@"')
            self._tool(tools / "chown", "exit 0")
        return tools

    @staticmethod
    def _tool(path, line):
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)

    def script(self, commands):
        """The commands behind the names of the guide, with this desk's values in place of the examples."""
        [names] = [body for who, body in blocks(GUIDES[0]) if who == "set"]
        lines = []
        for line in names.splitlines():
            name = line.split("=", 1)[0]
            lines.append(f"{name}='{self.values[name]}'" if name in self.values else line)
        return "\n".join([*lines, commands])

    def shell(self, who, commands):
        """The command line with which somebody types a block."""
        line = ["sh", "-eu", "-c", self.script(commands)]
        return ["runuser", "-u", self.user, "--", *line] if who == "postgres" and self.is_root else line

    def environment(self):
        """A fresh login's: no variable of the test run reaches the commands."""
        path = ":".join(map(str, (self.values["PREFIX"] / "bin", self.tools, POSTGRES_BIN, os.environ["PATH"])))
        return {"PATH": path, "HOME": str(self.folder), "LANG": "C.UTF-8"}

    def type(self, who, commands, expected=0, given=None):
        """Types a block to its end, with `given` on its standard input, and gives what it said."""
        where = self.caller if who == "caller" else pathlib.Path("/")
        done = subprocess.run(self.shell(who, commands), cwd=where, env=self.environment(), text=True, input=given,
                              capture_output=True, timeout=COMMAND_SECONDS_MAX)
        if done.returncode != expected:
            raise AssertionError(f"{who}: {done.returncode}, not {expected}\n{commands}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def serve(self, commands):
        """Starts the foreground command and waits until it listens."""
        log = self.folder / "serve.log"
        with log.open("ab") as lines:
            self.process = subprocess.Popen(self.shell("operator", f"exec {commands}"), env=self.environment(), cwd="/",
                                            stdout=subprocess.PIPE, stderr=lines, text=True)
        deadline = time.monotonic() + START_SECONDS_MAX
        line = self.process.stdout.readline()
        if "listening on" not in line or time.monotonic() > deadline:
            raise AssertionError(f"the server did not start: {line}\n{log.read_text()[-4000:]}")

    def stop(self):
        """What systemd does: SIGTERM; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process = None
        return code

    def remove(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
        with contextlib.suppress(AssertionError):
            self.type("postgres", 'pg_ctl --pgdata "$PGDATA" --mode immediate stop')
        shutil.rmtree(self.folder)


def pack(folder, binary=BIN):
    """Fills a folder as a release is filled, whatever state the tree is in."""
    folder.mkdir()
    subprocess.run([TOP / "deploy" / "pack", binary, folder], check=True, capture_output=True, timeout=COMMAND_SECONDS_MAX)
