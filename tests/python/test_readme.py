"""What a newcomer copies from the README works as written, in both languages."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from ports import free_port
from server import BIN, START_SECONDS_MAX, TOP

READMES = ("README.md", "README.zh-CN.md")
PORT = "50051"
# Run by ./tests/run itself before this test.
NOT_RUN = ("./tests/run", "python3 -m pip install")


def blocks(name, language):
    return re.findall(rf"```{language}\n(.*?)```", (TOP / name).read_text(encoding="utf-8"), re.DOTALL)


def commands(name):
    """The shell commands of a README, without their remarks."""
    lines = "".join(blocks(name, "sh")).splitlines()
    return [command for command in (re.sub(r"\s{2,}#.*", "", line).strip() for line in lines) if command]


class Readme(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="doudi-readme-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.port = str(free_port())
        for part in ("policy", "proto", "deploy"):
            shutil.copytree(TOP / part, self.folder / part)
        tools = self.folder / "tools"
        tools.mkdir()
        (tools / "doudi").symlink_to(pathlib.Path(BIN).resolve())
        # A virtual environment's python is found by its own path, not through a link to it.
        (tools / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (tools / "python3").chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}

    def test_both_languages_show_the_same_commands_and_code(self):
        english, chinese = ((commands(name), blocks(name, "python")) for name in READMES)
        self.assertEqual(english, chinese)

    def test_every_link_leads_to_a_file(self):
        for name in READMES:
            for target in re.findall(r"\]\(([^)#]+)\)", (TOP / name).read_text(encoding="utf-8")):
                self.assertTrue((TOP / target).exists(), f"{name} links to {target}")

    def test_the_commands_run_in_their_order(self):
        """In a folder of their own, on a free port; `cargo run` stands for the binary under test."""
        snippet = blocks(READMES[0], "python")[0].replace(PORT, self.port)
        (self.folder / "determine.py").write_text(snippet, encoding="utf-8")
        outputs = {}
        for command in commands(READMES[0]):
            if command.startswith(NOT_RUN):
                continue
            command = command.replace("cargo run --release --", "doudi").replace(PORT, self.port)
            if "policy publish" in command:
                command += f" --server http://127.0.0.1:{self.port}"
            outputs[command] = self.serve(command) if " serve " in command else self.run_one(command)
        self.assertGreater(len(outputs), 11)
        self.assertIn("OUTCOME_DIBAO", outputs["python3 determine.py"])

    def run_one(self, command):
        result = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=self.environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=10 * START_SECONDS_MAX)
        self.assertEqual(result.returncode, 0, f"{command}\n{result.stdout}")
        return result.stdout

    def serve(self, command):
        """Runs until the test ends."""
        with open(self.folder / "serve.log", "w") as log:
            process = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=self.folder, env=self.environment,
                                       stdout=subprocess.PIPE, stderr=log, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        line = process.stdout.readline()
        self.assertIn("listening on", line, (self.folder / "serve.log").read_text())
        return line


if __name__ == "__main__":
    unittest.main()
