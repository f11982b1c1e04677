"""The unit: systemd reads it without a word, judges it well locked in, and the program starts with what it gives."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from server import BIN, TOP, run

UNIT = TOP / "deploy" / "systemd" / "doudi.service"
PROGRAM = "/usr/local/bin/doudi"
# Of 100, by `systemd-analyze security`: what is left is that it may use the network and its addresses are the site's.
EXPOSURE_MAX = 15


class Systemd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.text = UNIT.read_text(encoding="utf-8")
        cls.unit = cls.folder / "doudi.service"
        # The program that the guide installs stands elsewhere here.
        cls.unit.write_text(cls.text.replace(PROGRAM, str(pathlib.Path(BIN).resolve())), encoding="utf-8")

    def analyze(self, *arguments):
        done = subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def test_systemd_reads_it_without_a_word_and_a_misspelt_line_not(self):
        self.assertEqual(self.analyze("verify", self.unit), (0, ""))
        spoilt = self.folder / "spoilt.service"
        spoilt.write_text(self.unit.read_text(encoding="utf-8").replace("ProtectClock", "ProtectClocks"))
        self.assertIn("ProtectClocks", self.analyze("verify", spoilt)[1])

    def test_it_is_locked_in_and_without_one_lock_it_would_be_less(self):
        code, said = self.analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX}", self.unit)
        self.assertEqual(code, 0, said)
        opened = self.folder / "opened.service"
        opened.write_text(re.sub(r"(?m)^(DynamicUser|CapabilityBoundingSet|SystemCallFilter)=.*$", "",
                                 self.unit.read_text(encoding="utf-8")))
        code, _ = self.analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX}", opened)
        self.assertNotEqual(code, 0)

    def test_the_program_takes_the_credentials_and_the_folder_of_the_unit(self):
        """The first step of its start, with what systemd would put in the place of %d and %S."""
        credentials, state = self.folder / "credentials", self.folder / "lib"
        credentials.mkdir()
        for name in re.findall(r"^LoadCredential=([\w.]+):", self.text, re.MULTILINE):
            (credentials / name).write_text("secret")
            # systemd lets the service read by an access list, which shows as the group's right.
            (credentials / name).chmod(0o440)
        config = self.folder / "doudi.toml"
        config.write_text('database = "postgres://doudi_service@localhost/doudi"\n')
        given = dict(re.findall(r"^Environment=(\w+)=(.*)$", self.text, re.MULTILINE))
        self.assertEqual(len(given), 4)
        environment = {name: value.replace("%d", str(credentials)).replace("%S", str(state)) for name, value in given.items()}
        # The certificate and its key belong together and are not this test's.
        del environment["DOUDI_TLS_KEY"]
        [line] = re.findall(r"^ExecStartPre=(.*)$", self.text, re.MULTILINE)
        arguments = line.replace("/etc/doudi/doudi.toml", str(config)).split()
        self.assertEqual(arguments[0], PROGRAM)
        done = run(*arguments[1:], env={**environment, "PATH": os.environ["PATH"]}, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        missing = credentials / "database.password"
        missing.unlink()
        done = run(*arguments[1:], env={**environment, "PATH": os.environ["PATH"]}, check=False)
        self.assertEqual(done.returncode, 2, "a start without its password")

    def test_its_paths_are_those_of_the_guide(self):
        guide = (TOP / "deploy" / "operate" / "GUIDE.md").read_text(encoding="utf-8")
        for line in ("PREFIX=/usr/local ", "SITE=/etc/doudi ", "STATE=/var/lib/doudi "):
            self.assertIn(f"\n{line}", guide)
        made = ("/doudi.keys", "/service.password", "/tls/server.key")
        self.assertEqual(re.findall(r"^LoadCredential=[\w.]+:/etc/doudi(/.*)$", self.text, re.MULTILINE),
                         [made[0], made[1], made[2]])


if __name__ == "__main__":
    unittest.main()
