"""The image: no tool finds fault with it, nothing is assumed about its parts, and it does not run as root."""

import pathlib
import re
import subprocess
import sys
import unittest

from server import TOP

FILE = TOP / "deploy" / "container" / "Containerfile"


class Container(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = FILE.read_text(encoding="utf-8")

    def test_hadolint_finds_nothing_and_would_find_something(self):
        tool = pathlib.Path(sys.executable).parent / "hadolint"
        lint = lambda text: subprocess.run([tool, "--no-color", "-"], input=text, capture_output=True, text=True, timeout=60)
        done = lint(self.text)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("DL3002", lint(self.text.replace("USER 65532:65532", "USER root")).stdout)

    def test_every_foreign_image_is_a_required_argument_whose_digest_is_checked(self):
        stages = set(re.findall(r"^FROM \S+ AS (\w+)$", self.text, re.MULTILINE))
        foreign = [name for name in re.findall(r"^FROM (\S+)", self.text, re.MULTILINE) if name not in stages]
        self.assertEqual(foreign, ["${RUST_IMAGE}", "${RUNTIME_IMAGE}"])
        self.assertNotRegex(self.text, r"(?m)^ARG \w+=", "an argument with a default could be forgotten")
        self.assertNotRegex(self.text, r"sha256:[0-9a-f]{64}", "nobody here can vouch for a digest")

    def test_the_check_of_the_arguments_refuses_a_tag_and_no_commit(self):
        body = re.search(r"^RUN (for image.*?exit 1; \})$", self.text, re.MULTILINE | re.DOTALL).group(1)
        digest, commit = "name@sha256:" + "a" * 64, "b" * 40
        cases = [((digest, digest, commit), 0), (("name:1.95", digest, commit), 1), ((digest, "name", commit), 1),
                 ((digest, digest, ""), 1), ((digest, digest, commit + "-dirty"), 1)]
        for (rust, runtime, given), expected in cases:
            environment = {"PATH": "/usr/bin:/bin", "RUST_IMAGE": rust, "RUNTIME_IMAGE": runtime, "COMMIT": given}
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", body.replace("\\\n", "")], env=environment,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, expected, f"{rust} {runtime} {given}: {done.stderr}")

    def test_the_process_is_not_root_and_owns_nothing_of_the_image_but_its_marks(self):
        last = self.text.rsplit("\nFROM ", 1)[1]
        self.assertEqual(re.findall(r"^USER (\S+)", last, re.MULTILINE), ["65532:65532"])
        owned = [line for line in re.findall(r"^COPY .*", last, re.MULTILINE) if "--chown=0:0" not in line]
        self.assertEqual([line.split()[-1] for line in owned], ["/var/lib/doudi"])

    def test_what_it_copies_from_the_checkout_is_there(self):
        self.assertTrue((TOP / "policy").is_dir())
        self.assertIn("/build/policy", self.text)


if __name__ == "__main__":
    unittest.main()
